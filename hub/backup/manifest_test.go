package backup_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/backup"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

var (
	cluster = wire.ClusterID{1, 2, 3}
	created = time.Date(2026, 11, 22, 22, 30, 0, 0, time.UTC)
)

func manifest() backup.Manifest {
	m := backup.Manifest{
		Program: "1.0", Created: created, Proved: true,
		State:   backup.File{Bytes: 10, SHA256: wire.Digest{1}.String()},
		Keys:    backup.File{Bytes: 11, SHA256: wire.Digest{2}.String()},
		Objects: backup.Objects{Count: 2, Bytes: 99, Digest: wire.Digest{3}.String()},
	}
	m.Stand(point())
	return m
}

func point() ledger.Point {
	return ledger.Point{
		Cluster: cluster, Index: 42, Term: 3, Hash: wire.Digest{4}, Leaves: 7, Root: wire.Digest{5}, Entries: 6, Cases: 2,
	}
}

func signed(tb testing.TB, m backup.Manifest) ([]byte, *seal.SigningKey) {
	tb.Helper()
	text, err := m.Encode()
	require.NoError(tb, err)
	key, err := seal.GenerateSigningKey()
	require.NoError(tb, err)
	return backup.Seal(text, key.Public().Bytes(), key.Sign(seal.DomainBackup, text)), key
}

func TestManifest(t *testing.T) {
	raw, key := signed(t, manifest())
	s, err := backup.Open(raw)
	require.NoError(t, err)
	require.Equal(t, manifest(), s.Manifest)
	require.Equal(t, key.KeyID, s.Key.KeyID)
	require.Equal(t, "20261122T223000Z-42", s.Manifest.Name())
	for name, change := range map[string]func(*ledger.Point){
		"Cluster": func(p *ledger.Point) { p.Cluster[0]++ }, "Index": func(p *ledger.Point) { p.Index++ },
		"Term": func(p *ledger.Point) { p.Term++ }, "Hash": func(p *ledger.Point) { p.Hash[0]++ },
		"Leaves": func(p *ledger.Point) { p.Leaves++ }, "Root": func(p *ledger.Point) { p.Root[0]++ },
		"Entries": func(p *ledger.Point) { p.Entries++ }, "Cases": func(p *ledger.Point) { p.Cases++ },
	} {
		t.Run("Err"+name, func(t *testing.T) {
			p := point()
			require.True(t, s.Manifest.Same(p))
			change(&p)
			require.False(t, s.Manifest.Same(p))
		})
	}
}

// Each bit of a signed manifest counts, and each byte at its end.
func TestManifestDamaged(t *testing.T) {
	raw, _ := signed(t, manifest())
	for at := range raw {
		for bit := range 8 {
			bad := bytes.Clone(raw)
			bad[at] ^= 1 << bit
			_, err := backup.Open(bad)
			require.Error(t, err, "byte %d bit %d", at, bit)
		}
		_, err := backup.Open(raw[:at])
		require.Error(t, err, "cut at %d", at)
	}
	_, err := backup.Open(append(bytes.Clone(raw), '\n'))
	require.True(t, fault.Is(err, fault.Corrupt), err)
	_, err = backup.Open(append(raw, make([]byte, backup.MaxManifest)...))
	require.True(t, fault.Is(err, fault.TooLarge), err)
}

func TestManifestRefused(t *testing.T) {
	for name, change := range map[string]func(*backup.Manifest){
		"Version": func(m *backup.Manifest) { m.Version = 0 },
		"Cluster": func(m *backup.Manifest) { m.Cluster = "x" },
		"Zone":    func(m *backup.Manifest) { m.Created = m.Created.In(time.FixedZone("x", 3600)) },
		"Moment":  func(m *backup.Manifest) { m.Created = m.Created.Add(1) },
		"Index":   func(m *backup.Manifest) { m.Index = 0 },
		"Hash":    func(m *backup.Manifest) { m.Hash = "" },
		"State":   func(m *backup.Manifest) { m.State.Bytes = 0 },
		"Keys":    func(m *backup.Manifest) { m.Keys.SHA256 = "0" },
		"Count":   func(m *backup.Manifest) { m.Objects.Count = -1 },
		"Proved":  func(m *backup.Manifest) { m.Objects.Missing = []string{wire.Digest{9}.String()} },
		"Missing": func(m *backup.Manifest) { m.Proved, m.Objects.Missing = false, []string{"no digest"} },
		"TooMany": func(m *backup.Manifest) {
			m.Proved = false
			for range backup.MaxMissing + 1 {
				m.Objects.Missing = append(m.Objects.Missing, wire.Digest{9}.String())
			}
		},
	} {
		t.Run("Err"+name, func(t *testing.T) {
			m := manifest()
			change(&m)
			_, err := m.Encode()
			require.True(t, fault.Is(err, fault.Invalid), err)
		})
	}
	most := manifest()
	most.Proved = false
	for range backup.MaxMissing {
		most.Objects.Missing = append(most.Objects.Missing, wire.Digest{9}.String())
	}
	raw, _ := signed(t, most)
	_, err := backup.Open(raw)
	require.NoError(t, err, "the largest one still fits")
	_, err = backup.Decode([]byte(`{"version": 2, "more": 1}`))
	require.True(t, fault.Is(err, fault.Unsupported), err)
}

func FuzzOpen(f *testing.F) {
	raw, _ := signed(f, manifest())
	f.Add(raw)
	f.Add([]byte("{}\n00 00\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := backup.Open(raw)
		if err != nil {
			return
		}
		text, err := s.Manifest.Encode()
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(raw, text))
	})
}

func FuzzDecode(f *testing.F) {
	raw, err := manifest().Encode()
	require.NoError(f, err)
	f.Add(raw)
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := backup.Decode(raw)
		if err != nil {
			return
		}
		again, err := m.Encode()
		require.NoError(t, err)
		require.Equal(t, raw, again)
	})
}
