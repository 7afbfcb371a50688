package checkpoint_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/checkpoint"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

func newCosigner(t *testing.T, name string) (checkpoint.Cosigner, checkpoint.Witness) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	c, err := checkpoint.NewCosigner(name, key)
	require.NoError(t, err)
	w, err := checkpoint.ParseWitness(c.Line() + "\n")
	require.NoError(t, err)
	require.Equal(t, name, w.Name())
	return c, w
}

// TestWitnessed: a cosignature counts only of the witness that is named, and only
// over what the log signed.
func TestWitnessed(t *testing.T) {
	k, err := seal.GenerateSigningKey()
	require.NoError(t, err)
	cosigner, witness := newCosigner(t, "example.org/witness")
	_, other := newCosigner(t, "example.org/witness")
	c := checkpoint.Checkpoint{Origin: origin, Size: 9, Root: wire.Digest{7}}
	raw, err := checkpoint.Sign(c, k)
	require.NoError(t, err)
	before := time.Now().Add(-time.Second)
	line, err := cosigner.Cosign(c.Text())
	require.NoError(t, err)

	got, at, err := checkpoint.Witnessed(checkpoint.Beneath(raw, line), origin, witness, k.Public())
	require.NoError(t, err)
	require.Equal(t, c, got)
	require.WithinRange(t, at, before, time.Now().Add(time.Second))
	require.NotContains(t, string(raw), witness.Name(), "what was signed first stays as it was")

	_, _, err = checkpoint.Witnessed(raw, origin, witness, k.Public())
	requireKind(t, fault.Corrupt, err)
	_, _, err = checkpoint.Witnessed(checkpoint.Beneath(raw, line), origin, other, k.Public())
	requireKind(t, fault.Corrupt, err)
	line, err = cosigner.Cosign(checkpoint.Checkpoint{Origin: origin, Size: 10, Root: wire.Digest{7}}.Text())
	require.NoError(t, err)
	_, _, err = checkpoint.Witnessed(checkpoint.Beneath(raw, line), origin, witness, k.Public())
	requireKind(t, fault.Corrupt, err)
	_, err = checkpoint.ParseWitness("example.org/witness+00000000+AAAA")
	requireKind(t, fault.Invalid, err)
}

func TestSubmission(t *testing.T) {
	s := checkpoint.Submission{Old: 5, Proof: []wire.Digest{{1}, {2}}, Note: []byte("a\n1\nAAA=\n\n— a b\n")}
	got, err := checkpoint.ParseSubmission(s.Bytes())
	require.NoError(t, err)
	require.Equal(t, s, got)
	good := string(s.Bytes())
	for name, text := range map[string]string{
		"ErrEmpty":   "",
		"ErrOld":     strings.Replace(good, "old 5", "old 05", 1),
		"ErrWord":    strings.Replace(good, "old", "new", 1),
		"ErrNoNote":  "old 5\n\n",
		"ErrHash":    strings.Replace(good, "AAAA", "AAA", 1),
		"ErrSpare":   strings.Replace(good, "AAA=\n", "AAB=\n", 1),
		"ErrTooMany": "old 5\n" + strings.Repeat("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 64) + "\nnote",
	} {
		_, err := checkpoint.ParseSubmission([]byte(text))
		require.Error(t, err, name)
		requireKind(t, fault.Invalid, err)
	}
	_, err = checkpoint.ParseSubmission(bytes.Repeat([]byte("a"), 2*checkpoint.MaxBytes+1))
	requireKind(t, fault.TooLarge, err)
}

// FuzzSubmission: what is taken is written the same.
func FuzzSubmission(f *testing.F) {
	f.Add(checkpoint.Submission{Old: 5, Proof: []wire.Digest{{1}}, Note: []byte("a\n1\nAAA=\n\n— a b\n")}.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := checkpoint.ParseSubmission(raw)
		if err != nil {
			return
		}
		require.Equal(t, raw, s.Bytes())
	})
}
