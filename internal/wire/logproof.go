package wire

// FeatureLog is the feature level of a hello from which a node hears
// FrameCheckpoint, keeps the newest checkpoint and wants the next one to extend it.
const FeatureLog = 5

// LogProof is a signed checkpoint of the national log (C2SP tlog-checkpoint), with
// the proof that its log begins with the one of the size that the node named.
type LogProof struct {
	Note  []byte   `cbor:"1,keyasint"`
	Proof []Digest `cbor:"2,keyasint,omitempty"`
}

// DecodeLogProof reads the payload of a checkpoint frame. Errors: those of
// Unmarshal.
func DecodeLogProof(raw []byte) (LogProof, error) {
	var p LogProof
	err := Unmarshal(raw, FrameCheckpoint.Limit(), &p)
	return p, err
}
