package pades

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"jaliya/internal/cms"
	"jaliya/internal/fault"
)

const (
	opSign = "pades: sign"
	// Room is what a signature of ours takes at most, in bytes: with a token
	// of an authority that signs with RSA and sends its chain.
	Room = 10 << 10

	byteRange = "/ByteRange ["
	contents  = "/Contents <"
	hole      = "0 ********** ********** **********"
)

// Stamper gives a time-stamp token of a signature value.
type Stamper interface {
	Stamp(ctx context.Context, signature []byte) ([]byte, error)
}

// Sign gives the file with its holes filled. The time-stamping authority is
// asked once; when it does not answer, nothing is signed.
func Sign(ctx context.Context, file []byte, by cms.Signer, stamper Stamper) ([]byte, error) {
	if len(by.Chain) == 0 || forDocuments(by.Chain[0]) != nil {
		return nil, fault.New(fault.Invalid, opSign, "the certificate is not for documents", nil)
	}
	at := bytes.Index(file, []byte(byteRange+hole+"]"))
	if at < 0 || bytes.Count(file, []byte(byteRange)) != 1 {
		return nil, fault.New(fault.Invalid, opSign, "no room for one signature", nil)
	}
	room := bytes.Index(file[at:], []byte(contents))
	if room < 0 {
		return nil, fault.New(fault.Invalid, opSign, "no room for one signature", nil)
	}
	begin := at + room + len(contents) - 1 // of "<"
	size := bytes.IndexByte(file[begin:], '>')
	if size < 0 || len(bytes.Trim(file[begin+1:begin+size], "0")) != 0 {
		return nil, fault.New(fault.Invalid, opSign, "the room is not empty", nil)
	}
	end := begin + size + 1
	out := bytes.Clone(file)
	ranges := fmt.Sprintf("0 %d %d %d", begin, end, len(file)-end)
	if len(ranges) > len(hole) {
		return nil, fault.New(fault.TooLarge, opSign, "file", nil)
	}
	copy(out[at+len(byteRange):], fmt.Sprintf("%-*s", len(hole), ranges))
	h := sha256.New()
	h.Write(out[:begin])
	h.Write(out[end:])
	signed, err := by.Sign(cms.Message{
		Type: cms.Data(), Digest: h.Sum(nil),
		Stamp: func(signature []byte) ([]byte, error) { return stamper.Stamp(ctx, signature) },
	})
	if err != nil {
		return nil, err
	}
	if hex.EncodedLen(len(signed)) > size-1 {
		return nil, fault.New(fault.TooLarge, opSign, "signature", nil)
	}
	copy(out[begin+1:], fmt.Appendf(nil, "%X", signed))
	return out, nil
}
