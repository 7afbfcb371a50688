package checkpoint

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// SubmissionPath is where a witness takes checkpoints (C2SP tlog-witness).
const SubmissionPath = "/add-checkpoint"

// SizeType is the media type in which a witness that holds another size says so.
const SizeType = "text/x.tlog.size"

// maxProof is how many hashes a consistency proof has at most (C2SP tlog-witness).
const maxProof = 63

// Witness is somebody outside who cosigns checkpoints of a log that only grows.
type Witness struct {
	verifier *torchwood.CosignatureVerifier
}

// ParseWitness reads a witness's key line, "name+id+key" (C2SP signed-note, of the
// type of tlog-cosignature). Errors: Invalid.
func ParseWitness(line string) (Witness, error) {
	v, err := torchwood.NewCosignatureVerifier(strings.TrimSpace(line))
	if err != nil {
		return Witness{}, fault.New(fault.Invalid, "checkpoint: parse witness", "", err)
	}
	return Witness{v}, nil
}

// Name is how the witness calls itself.
func (w Witness) Name() string { return w.verifier.Name() }

// Witnessed opens a checkpoint as Open does and says when the witness cosigned it.
// Errors: as Open's, and Corrupt when the witness did not.
func Witnessed(raw []byte, origin string, w Witness, keys ...seal.VerifyKey) (Checkpoint, time.Time, error) {
	const op = "checkpoint: open witnessed"
	c, err := Open(raw, origin, keys...)
	if err != nil {
		return c, time.Time{}, err
	}
	n, err := note.Open(raw, note.VerifierList(w.verifier))
	if err != nil {
		return c, time.Time{}, fault.New(fault.Corrupt, op, w.Name(), err)
	}
	seconds, err := torchwood.CosignatureTimestamp(n.Sigs[0])
	if err != nil {
		return c, time.Time{}, fault.New(fault.Corrupt, op, w.Name(), err)
	}
	return c, time.Unix(seconds, 0).UTC(), nil
}

// Submission asks a witness to cosign a checkpoint: the proof says that its log
// begins with the one of the size that the witness holds.
type Submission struct {
	Old   uint64
	Proof []wire.Digest
	Note  []byte
}

// Bytes gives the body of the request.
func (s Submission) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString("old " + strconv.FormatUint(s.Old, 10) + "\n")
	for _, hash := range s.Proof {
		b.WriteString(base64.StdEncoding.EncodeToString(hash[:]) + "\n")
	}
	b.WriteByte('\n')
	b.Write(s.Note)
	return b.Bytes()
}

// ParseSubmission reads the body of a request. Errors: Invalid, TooLarge.
func ParseSubmission(raw []byte) (s Submission, err error) {
	const op = "checkpoint: parse submission"
	bad := func(what string) (Submission, error) {
		return Submission{}, fault.New(fault.Invalid, op, what, nil)
	}
	if len(raw) > 2*MaxBytes {
		return s, fault.New(fault.TooLarge, op, "", nil)
	}
	head, signed, found := bytes.Cut(raw, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	size, isOld := strings.CutPrefix(lines[0], "old ")
	if !found || !isOld || len(signed) == 0 {
		return bad("lines")
	}
	s.Old, err = strconv.ParseUint(size, 10, 63)
	if err != nil || strconv.FormatUint(s.Old, 10) != size {
		return bad("old size")
	}
	if len(lines)-1 > maxProof {
		return bad("proof")
	}
	for _, line := range lines[1:] {
		hash, ok := parseHash(line)
		if !ok {
			return bad("proof")
		}
		s.Proof = append(s.Proof, hash)
	}
	s.Note = signed
	return s, nil
}

// Cosigner is a witness's private half.
type Cosigner struct{ signer *torchwood.CosignatureSigner }

// NewCosigner takes a witness's name, such as "example.org/witness", and its Ed25519
// key. Errors: Invalid.
func NewCosigner(name string, key crypto.Signer) (Cosigner, error) {
	s, err := torchwood.NewCosignatureSigner(name, key)
	if err != nil {
		return Cosigner{}, fault.New(fault.Invalid, "checkpoint: name witness", name, err)
	}
	return Cosigner{s}, nil
}

// Line is the key line that logs and readers are given.
func (c Cosigner) Line() string { return c.signer.Verifier().String() }

// Cosign gives the line of signature that goes beneath a checkpoint's text.
func (c Cosigner) Cosign(text string) ([]byte, error) {
	raw, err := note.Sign(&note.Note{Text: text}, c.signer)
	if err != nil {
		return nil, fault.New(fault.Invalid, "checkpoint: cosign", "", err)
	}
	return raw[len(text)+1:], nil
}

// Beneath puts lines of signature beneath those that a note has.
func Beneath(signed, lines []byte) []byte { return append(bytes.Clone(signed), lines...) }
