package checkpoint_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"jaliya/internal/checkpoint"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

func key(t *testing.T) *seal.SigningKey {
	t.Helper()
	k, err := seal.GenerateSigningKey()
	require.NoError(t, err)
	return k
}

func requireKind(t *testing.T, want fault.Kind, err error) {
	t.Helper()
	require.Equal(t, want.String(), fault.KindOf(err).String(), "%v", err)
}

var origin = checkpoint.Origin(wire.ClusterID{1, 2, 3})

func TestSigned(t *testing.T) {
	k, other := key(t), key(t)
	c := checkpoint.Checkpoint{Origin: origin, Size: 1234, Root: wire.Digest{9}}
	raw, err := checkpoint.Sign(c, k)
	require.NoError(t, err)
	again, err := checkpoint.Sign(c, k)
	require.NoError(t, err)
	require.Equal(t, raw, again)
	got, err := checkpoint.Open(raw, origin, other.Public(), k.Public())
	require.NoError(t, err)
	require.Equal(t, c, got)

	// Whoever knows notes, and nothing of ours, reads it.
	line, err := note.NewEd25519VerifierKey(origin, k.Public().Bytes())
	require.NoError(t, err)
	v, err := note.NewVerifier(line)
	require.NoError(t, err)
	n, err := note.Open(raw, note.VerifierList(v))
	require.NoError(t, err)
	require.Equal(t, c.Text(), n.Text)

	_, err = checkpoint.Open(raw, origin, other.Public())
	requireKind(t, fault.Corrupt, err)
	_, err = checkpoint.Open(raw, checkpoint.Origin(wire.ClusterID{7}), k.Public())
	requireKind(t, fault.Corrupt, err)
	_, err = checkpoint.Open(make([]byte, checkpoint.MaxBytes+1), origin, k.Public())
	requireKind(t, fault.TooLarge, err)
	// Each byte counts, but for the last letter of the signature: two of its six bits
	// are spare, and the format does not say that they must be zero.
	for i := range len(raw) - len("x=\n") {
		bad := bytes.Clone(raw)
		bad[i] ^= 1
		if _, err := checkpoint.Open(bad, origin, k.Public()); err == nil {
			t.Fatalf("byte %d of %q may change", i, raw)
		}
	}
}

func TestParse(t *testing.T) {
	good := checkpoint.Checkpoint{Origin: origin, Size: 5, Root: wire.Digest{4}}.Text()
	c, err := checkpoint.Parse(good + "a later version's line\n")
	require.NoError(t, err)
	require.EqualValues(t, 5, c.Size)
	for name, text := range map[string]string{
		"ErrEmpty":    "",
		"ErrOrigin":   "\n" + strings.SplitN(good, "\n", 2)[1],
		"ErrSize":     strings.Replace(good, "\n5\n", "\n05\n", 1),
		"ErrNegative": strings.Replace(good, "\n5\n", "\n-5\n", 1),
		"ErrHuge":     strings.Replace(good, "\n5\n", "\n9223372036854775808\n", 1),
		"ErrRoot":     strings.Replace(good, "=\n", "\n", 1),
		"ErrBreaks":   strings.Replace(good, "=\n", "\r=\n", 1),
		"ErrShort":    strings.TrimSuffix(good, "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := checkpoint.Parse(text)
			requireKind(t, fault.Invalid, err)
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(checkpoint.Checkpoint{Origin: origin, Size: 5}.Text())
	f.Fuzz(func(t *testing.T, text string) {
		c, err := checkpoint.Parse(text)
		if err == nil && !strings.HasPrefix(text, c.Text()) {
			t.Fatalf("%q reads as %q", text, c.Text())
		}
	})
}

// tree is a log in memory.
type tree struct {
	leaves []wire.Digest
	stored []tlog.Hash
}

func (l *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		out[i] = l.stored[at]
	}
	return out, nil
}

func (l *tree) add(t *testing.T, leaf string) {
	t.Helper()
	h := tlog.RecordHash([]byte(leaf))
	more, err := tlog.StoredHashesForRecordHash(int64(len(l.leaves)), h, l)
	require.NoError(t, err)
	l.leaves, l.stored = append(l.leaves, wire.Digest(h)), append(l.stored, more...)
}

func (l *tree) at(t *testing.T, size int) checkpoint.Checkpoint {
	t.Helper()
	root, err := tlog.TreeHash(int64(size), l)
	require.NoError(t, err)
	return checkpoint.Checkpoint{Origin: origin, Size: uint64(size), Root: wire.Digest(root)}
}

func digests(list []tlog.Hash) (out []wire.Digest) {
	for _, h := range list {
		out = append(out, wire.Digest(h))
	}
	return out
}

// TestExtends: a log that goes on is told from one that was rewritten.
func TestExtends(t *testing.T) {
	var honest, forged tree
	for n, leaf := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		honest.add(t, leaf)
		if n == 2 {
			leaf = "changed"
		}
		forged.add(t, leaf)
	}
	for size := 1; size <= 7; size++ {
		for older := 1; older <= size; older++ {
			prove := func(l *tree) []wire.Digest {
				p, err := tlog.ProveTree(int64(size), int64(older), l)
				require.NoError(t, err)
				return digests(p)
			}
			require.NoError(t, honest.at(t, size).Extends(honest.at(t, older), prove(&honest)))
			if older > 2 {
				requireKind(t, fault.Corrupt, forged.at(t, size).Extends(honest.at(t, older), prove(&forged)))
			}
			if older < size {
				requireKind(t, fault.Corrupt, honest.at(t, older).Extends(honest.at(t, size), nil))
			}
		}
		for n := range size {
			p, err := tlog.ProveRecord(int64(size), int64(n), &honest)
			require.NoError(t, err)
			c := honest.at(t, size)
			require.NoError(t, c.Includes(uint64(n), honest.leaves[n], digests(p)))
			requireKind(t, fault.Corrupt, c.Includes(uint64(n), wire.Digest{1}, digests(p)))
			requireKind(t, fault.Corrupt, c.Includes(uint64(size), honest.leaves[n], digests(p)))
		}
	}
	require.NoError(t, honest.at(t, 3).Extends(checkpoint.Checkpoint{Origin: origin}, nil), "everything begins with nothing")
	other := honest.at(t, 3)
	other.Origin = "jaliya/other"
	requireKind(t, fault.Corrupt, honest.at(t, 4).Extends(other, nil))
}
