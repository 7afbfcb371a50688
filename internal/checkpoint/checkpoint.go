// Package checkpoint is what a hub says of its whole log in one line: how many
// leaves it has and the root over them, signed (C2SP tlog-checkpoint, a signed note).
// It stands beside the path of a record, behind step 6: whoever keeps an older one
// and is shown that the newer begins with it knows that nothing was rewritten.
//
// Guarantee: a text that opens is byte for byte what a key of the origin signed.
package checkpoint

import (
	"encoding/base64"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// MaxBytes bounds a signed checkpoint with the signatures of its witnesses.
const MaxBytes = 16 << 10

// Checkpoint is the log of a cluster at a size.
type Checkpoint struct {
	Origin string // of the log, and the name of the keys that sign it
	Size   uint64
	Root   wire.Digest
}

// Origin names the log of a cluster.
func Origin(cluster wire.ClusterID) string { return "jaliya/" + cluster.String() }

// Text is what is signed: three lines.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatUint(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// Parse reads the text. Lines that follow are a later version's. Errors: Invalid.
func Parse(text string) (c Checkpoint, err error) {
	bad := func(what string) (Checkpoint, error) {
		return Checkpoint{}, fault.New(fault.Invalid, "checkpoint: parse", what, nil)
	}
	lines := strings.SplitN(text, "\n", 4)
	if len(text) > MaxBytes || len(lines) < 4 || lines[0] == "" {
		return bad("lines")
	}
	size, err := strconv.ParseUint(lines[1], 10, 63)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] {
		return bad("size")
	}
	root, ok := parseHash(lines[2])
	if !ok {
		return bad("root")
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: root}, nil
}

// parseHash reads a hash in base64 as it is written, and not otherwise: the decoder
// passes over line breaks.
func parseHash(text string) (wire.Digest, bool) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != len(wire.Digest{}) || base64.StdEncoding.EncodeToString(raw) != text {
		return wire.Digest{}, false
	}
	return wire.Digest(raw), true
}

// signer signs notes with a key of the cluster.
type signer struct {
	note.Verifier
	key *seal.SigningKey
}

// Sign implements note.Signer.
func (s signer) Sign(msg []byte) ([]byte, error) { return s.key.SignNote(msg), nil }

func verifier(name string, key seal.VerifyKey) (note.Verifier, error) {
	line, err := KeyLine(name, key)
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(line)
	if err != nil {
		return nil, fault.New(fault.Invalid, "checkpoint: name key", "", err)
	}
	return v, nil
}

// KeyLine gives a key of a log as witnesses and readers of signed notes are told it
// (C2SP signed-note), "origin+id+key". Errors: Invalid.
func KeyLine(origin string, key seal.VerifyKey) (string, error) {
	line, err := note.NewEd25519VerifierKey(origin, key.Bytes())
	if err != nil {
		return "", fault.New(fault.Invalid, "checkpoint: name key", "", err)
	}
	return line, nil
}

// Sign gives the signed note. Equal checkpoints give equal bytes.
func Sign(c Checkpoint, key *seal.SigningKey) ([]byte, error) {
	v, err := verifier(c.Origin, key.Public())
	if err != nil {
		return nil, err
	}
	raw, err := note.Sign(&note.Note{Text: c.Text()}, signer{v, key})
	if err != nil {
		return nil, fault.New(fault.Invalid, "checkpoint: sign", "", err)
	}
	return raw, nil
}

// Open reads a signed checkpoint of an origin that one of the keys signed; other
// signatures, such as witnesses', may stand beside it. Errors: Corrupt when none of
// the keys signed these bytes, Invalid when what was signed is not a checkpoint of
// the origin.
func Open(raw []byte, origin string, keys ...seal.VerifyKey) (Checkpoint, error) {
	const op = "checkpoint: open"
	if len(raw) > MaxBytes {
		return Checkpoint{}, fault.New(fault.TooLarge, op, "", nil)
	}
	known := make([]note.Verifier, 0, len(keys))
	for _, key := range keys {
		v, err := verifier(origin, key)
		if err != nil {
			return Checkpoint{}, err
		}
		known = append(known, v)
	}
	n, err := note.Open(raw, note.VerifierList(known...))
	if err != nil {
		return Checkpoint{}, fault.New(fault.Corrupt, op, "signature", err)
	}
	c, err := Parse(n.Text)
	if err == nil && c.Origin != origin {
		err = fault.New(fault.Invalid, op, "another log", nil)
	}
	return c, err
}

// Extends proves that the log at c begins with the log at older. Errors: Corrupt
// when it does not: the history was rewritten, or the two are of different logs.
func (c Checkpoint) Extends(older Checkpoint, proof []wire.Digest) error {
	const op = "checkpoint: extends"
	switch {
	case c.Origin != older.Origin:
		return fault.New(fault.Corrupt, op, "another log", nil)
	case c.Size < older.Size, c.Size == older.Size && c.Root != older.Root:
		return fault.New(fault.Corrupt, op, strconv.FormatUint(c.Size, 10)+" after "+strconv.FormatUint(older.Size, 10), nil)
	case c.Size == older.Size, older.Size == 0:
		return nil
	}
	err := tlog.CheckTree(hashes(proof), int64(c.Size), tlog.Hash(c.Root), int64(older.Size), tlog.Hash(older.Root)) //nolint:gosec // below 2^63 by Parse
	if err != nil {
		return fault.New(fault.Corrupt, op, strconv.FormatUint(c.Size, 10)+" after "+strconv.FormatUint(older.Size, 10), err)
	}
	return nil
}

// Includes proves that a leaf is the n-th of the log at c. Errors: Corrupt.
func (c Checkpoint) Includes(n uint64, leaf wire.Digest, proof []wire.Digest) error {
	const op = "checkpoint: includes"
	if n >= c.Size {
		return fault.New(fault.Corrupt, op, "beyond its size", nil)
	}
	if err := tlog.CheckRecord(hashes(proof), int64(c.Size), tlog.Hash(c.Root), int64(n), tlog.Hash(leaf)); err != nil { //nolint:gosec // below 2^63 by Parse
		return fault.New(fault.Corrupt, op, "leaf "+strconv.FormatUint(n, 10), err)
	}
	return nil
}

func hashes(list []wire.Digest) []tlog.Hash {
	out := make([]tlog.Hash, len(list))
	for i, d := range list {
		out[i] = tlog.Hash(d)
	}
	return out
}
