package backup_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"
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

func FuzzRecipients(f *testing.F) {
	f.Add("age1")
	f.Add("# nothing\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := backup.Recipients(text)
		if err == nil {
			require.Len(t, list, 1)
		}
	})
}

func write(tb testing.TB, dir string) *backup.Archive {
	tb.Helper()
	a, err := backup.Write(dir, cluster)
	require.NoError(tb, err)
	return a
}

// identity makes an identity as keygen does, and both its halves.
func identity(tb testing.TB) (age.Identity, []age.Recipient) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "id.age")
	text, err := backup.NewIdentity(path)
	require.NoError(tb, err)
	id, err := backup.ReadIdentity(path)
	require.NoError(tb, err)
	to, err := backup.Recipients(text)
	require.NoError(tb, err)
	return id, to
}

// fill writes a whole backup with this state in it.
func fill(tb testing.TB, a *backup.Archive, to []age.Recipient, state []byte, change func(*backup.Manifest)) string { //nolint:revive // argument-limit: all that a backup is made of
	tb.Helper()
	d, err := a.Begin()
	require.NoError(tb, err)
	m := manifest()
	m.State, err = d.Encrypt(backup.FileState, to, func(w io.Writer) error {
		_, err := w.Write(state)
		return err
	})
	require.NoError(tb, err)
	m.Keys, err = d.Put(backup.FileKeys, []byte("keys"))
	require.NoError(tb, err)
	if change != nil {
		change(&m)
	}
	raw, _ := signed(tb, m)
	require.NoError(tb, d.Commit(raw))
	return m.Name()
}

func random(tb testing.TB, n int) []byte {
	tb.Helper()
	b := make([]byte, n)
	_, err := rand.Read(b)
	require.NoError(tb, err)
	return b
}

func TestArchive(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "bk")
	a := write(t, dir)
	id, to := identity(t)
	state := random(t, 200_000)
	first := fill(t, a, to, state, nil)
	second := fill(t, a, to, state, func(m *backup.Manifest) { m.Created = created.Add(time.Hour) })
	_, err := backup.Write(dir, cluster)
	require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	require.NoError(t, a.Close())

	r, err := backup.Read(dir)
	require.NoError(t, err)
	list, err := r.List()
	require.NoError(t, err)
	require.Equal(t, []string{first, second}, []string{list[0].Name, list[1].Name})
	newest, err := r.Find("")
	require.NoError(t, err)
	require.Equal(t, second, newest.Name)
	m := newest.Signed.Manifest
	require.NoError(t, r.Check(second, backup.FileState, m.State, id))
	var plain bytes.Buffer
	require.NoError(t, r.Decrypt(second, backup.FileState, m.State, id, &plain))
	require.True(t, bytes.Equal(state, plain.Bytes()))
	other, _ := identity(t)
	err = r.Check(second, backup.FileState, m.State, other)
	require.True(t, fault.Is(err, fault.Denied), "%v", err)
	require.ErrorContains(t, err, "another")
	_, err = r.Find("20200101T000000Z-1")
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	require.NoError(t, r.Close())
}

// An older backup never stands in for the newest in silence.
func TestFindRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, dir, newest string)
		want  fault.Kind
	}{
		{"ErrManifestGone", func(t *testing.T, dir, newest string) {
			t.Helper()
			require.NoError(t, os.Remove(filepath.Join(dir, newest, "manifest")))
		}, fault.Corrupt},
		{"ErrManifestOfAnother", func(t *testing.T, dir, newest string) {
			t.Helper()
			require.NoError(t, os.Rename(filepath.Join(dir, newest), filepath.Join(dir, "20270101T000000Z-9")))
		}, fault.Corrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			a := write(t, dir)
			_, to := identity(t)
			first := fill(t, a, to, []byte("state"), nil)
			newest := fill(t, a, to, []byte("state"), func(m *backup.Manifest) { m.Created = created.Add(time.Hour) })
			require.NoError(t, a.Close())
			c.spoil(t, dir, newest)
			_, err := a.Find("")
			require.True(t, fault.Is(err, c.want), "%v", err)
			_, err = a.Find(first)
			require.NoError(t, err)
		})
	}
	t.Run("ErrNotProved", func(t *testing.T) {
		a := write(t, t.TempDir())
		_, to := identity(t)
		name := fill(t, a, to, []byte("state"), func(m *backup.Manifest) { m.Proved = false })
		_, err := a.Find("")
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		_, err = a.Find(name)
		require.NoError(t, err)
		require.NoError(t, a.Close())
	})
	t.Run("ErrNone", func(t *testing.T) {
		dir := t.TempDir()
		_, err := backup.Read(dir)
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		a := write(t, dir)
		_, err = a.Find("")
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		require.NoError(t, a.Close())
	})
}

func TestWriteRefuses(t *testing.T) {
	t.Run("ErrOtherCluster", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, write(t, dir).Close())
		_, err := backup.Write(dir, wire.ClusterID{9})
		require.True(t, fault.Is(err, fault.Denied), "%v", err)
	})
	t.Run("ErrSomethingElse", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "photos"), nil, 0o600))
		_, err := backup.Write(dir, cluster)
		require.True(t, fault.Is(err, fault.Exists), "%v", err)
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, files, 1)
	})
	t.Run("ErrOwnerDamaged", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "jaliya-backup"), []byte("?"), 0o600))
		_, err := backup.Write(dir, cluster)
		require.True(t, fault.Is(err, fault.Corrupt), "%v", err)
	})
}

// A process that ended in the middle leaves nothing that looks like a backup, and
// the next one takes it away.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	a := write(t, dir)
	_, to := identity(t)
	d, err := a.Begin()
	require.NoError(t, err)
	_, err = d.Encrypt(backup.FileState, to, func(w io.Writer) error {
		_, err := w.Write([]byte("state"))
		return err
	})
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "objects", "ab"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "objects", "ab", "abcd.part"), nil, 0o600))
	require.NoError(t, a.Close()) // as the end of the process does
	list, err := a.List()
	require.NoError(t, err)
	require.Empty(t, list)
	a = write(t, dir)
	left, err := filepath.Glob(filepath.Join(dir, "*.part"))
	require.NoError(t, err)
	loose, err := filepath.Glob(filepath.Join(dir, "objects", "*", "*.part"))
	require.NoError(t, err)
	require.Empty(t, append(left, loose...))

	d, err = a.Begin()
	require.NoError(t, err)
	require.NoError(t, d.Abort())
	raw, _ := signed(t, manifest())
	require.Error(t, d.Commit(raw), "it is gone")
	require.NoError(t, a.Close())
}

// TestSealedDamaged flips a bit in each region of an encrypted file, and cuts it
// at each.
func TestSealedDamaged(t *testing.T) {
	dir := t.TempDir()
	a := write(t, dir)
	defer func() { require.NoError(t, a.Close()) }()
	id, to := identity(t)
	name := fill(t, a, to, random(t, 150_000), nil)
	held, err := a.Find(name)
	require.NoError(t, err)
	of := held.Signed.Manifest.State
	path := filepath.Join(dir, name, backup.FileState)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	try := func(raw []byte, of backup.File) {
		t.Helper()
		require.NoError(t, os.WriteFile(path, raw, 0o600))
		err := a.Check(name, backup.FileState, of, id)
		require.True(t, fault.Is(err, fault.Corrupt), "%v", err)
		err = a.Decrypt(name, backup.FileState, of, id, io.Discard)
		require.Error(t, err)
	}
	for at := 0; at < len(whole); at += 997 {
		flipped := bytes.Clone(whole)
		flipped[at] ^= 0x10
		try(flipped, of)
		try(whole[:at], of)
		require.NoError(t, os.WriteFile(path, whole[:at], 0o600))
		short := backup.File{Bytes: int64(at), SHA256: wire.Digest(sha256.Sum256(whole[:at])).String()}
		err := a.Decrypt(name, backup.FileState, short, id, io.Discard)
		require.True(t, fault.Is(err, fault.Corrupt), "age itself finds the end missing: %v", err)
	}
	try(append(bytes.Clone(whole), 0), of)
	require.NoError(t, os.Remove(path))
	err = a.Check(name, backup.FileState, of, id)
	require.True(t, fault.Is(err, fault.Corrupt), "%v", err)
}

var errBroken = errors.New("broken")

func TestObjects(t *testing.T) {
	dir := t.TempDir()
	content := random(t, 70_000)
	digest := wire.Digest(sha256.Sum256(content))
	path := filepath.Join(dir, "objects", digest.String()[:2], digest.String())
	from := func(b []byte, err error) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), err }
	}
	never := func() (io.ReadCloser, error) {
		t.Error("it was copied again")
		return nil, errBroken
	}
	s := backup.StoreIn(dir)
	for name, open := range map[string]func() (io.ReadCloser, error){
		"ErrSource": from(nil, errBroken), "ErrOtherBytes": from([]byte("other"), nil), "ErrCut": from(content[:69_999], nil),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := s.Keep(digest, open)
			require.Error(t, err)
			require.NoFileExists(t, path)
			require.NoFileExists(t, path+".part")
			_, err = s.Open(digest)
			require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		})
	}
	size, copied, err := s.Keep(digest, from(content, nil))
	require.NoError(t, err)
	require.True(t, copied)
	require.EqualValues(t, len(content), size)
	require.NoError(t, s.Settle())
	size, copied, err = s.Keep(digest, never)
	require.NoError(t, err)
	require.False(t, copied, "it is there and proved")
	require.EqualValues(t, len(content), size)

	for _, bad := range [][]byte{content[:1], append([]byte{content[0] ^ 1}, content[1:]...), append(bytes.Clone(content), 0), {}} {
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		_, copied, err = s.Keep(digest, from(content, nil))
		require.NoError(t, err)
		require.True(t, copied, "what the target has spoiled is replaced")
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, got))
	}
	require.NoError(t, os.WriteFile(path, content[:1], 0o600))
	_, _, err = s.Keep(digest, from(nil, errBroken))
	require.ErrorIs(t, err, errBroken, "damaged and nowhere else")
}

func TestIdentity(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "id.age")
	text, err := backup.NewIdentity(path)
	require.NoError(t, err)
	_, err = backup.NewIdentity(path)
	require.True(t, fault.Is(err, fault.Exists), "%v", err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	put := func(name, text string, mode os.FileMode) string {
		p := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(p, []byte(text), mode))
		return p
	}
	got, err := backup.ReadRecipient(put("to", "# ours\n"+text+"\n", 0o644))
	require.NoError(t, err)
	_, err = backup.Recipients(got)
	require.NoError(t, err)
	secret, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, c := range []struct {
		name, path string
		want       fault.Kind
	}{
		{"ErrNone", filepath.Join(dir, "none"), fault.NotFound},
		{"ErrEmpty", put("empty", "", 0o600), fault.Invalid},
		{"ErrTwo", put("two", text+"\n"+text+"\n", 0o600), fault.Invalid},
		{"ErrTooLarge", put("large", string(make([]byte, 70_000)), 0o600), fault.TooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := backup.ReadRecipient(c.path)
			require.True(t, fault.Is(err, c.want), "%v", err)
			_, err = backup.ReadIdentity(c.path)
			require.True(t, fault.Is(err, c.want), "%v", err)
		})
	}
	_, err = backup.ReadRecipient(path)
	require.True(t, fault.Is(err, fault.Invalid), "an identity is no recipient: %v", err)
	require.NotContains(t, err.Error(), "AGE-SECRET-KEY")
	_, err = backup.ReadIdentity(put("open", string(secret), 0o644))
	require.True(t, fault.Is(err, fault.Denied), "%v", err)

	old, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	for _, to := range []string{text, old.Recipient().String()} {
		offline, err := backup.Recipients(to)
		require.NoError(t, err)
		both, witness, err := backup.WithWitness(offline)
		require.NoError(t, err)
		var sealed bytes.Buffer
		w, err := age.Encrypt(&sealed, both...)
		require.NoError(t, err, "no kinds are mixed")
		require.NoError(t, w.Close())
		_, err = age.Decrypt(&sealed, witness)
		require.NoError(t, err)
	}
}
