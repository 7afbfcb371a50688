package journal_test

import (
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/mirror"
)

// filesIn gives what lies below a directory.
func filesIn(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	out := map[string]string{}
	require.NoError(tb, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[rel] = string(raw)
		return err
	}))
	return out
}

// TestMirrorKeepsFilesOfAnOlderDisk puts the whole first disk back from a copy: the
// images and drafts that only the second one has come back with the journal's
// entries, and stay on the second.
func TestMirrorKeepsFilesOfAnOlderDisk(t *testing.T) {
	d := newDisks(t)
	o := d.options()
	drafts := filepath.Join(d.first, "drafts")
	o.Mirror.Trees = []mirror.Tree{{Name: "drafts", Dir: drafts}}
	run := func(do func(j *journal.Journal)) {
		j, err := journal.Open(d.first, o)
		require.NoError(t, err)
		do(j)
		require.NoError(t, j.Close())
	}
	write := func(j *journal.Journal, name, content string) {
		require.NoError(t, os.MkdirAll(drafts, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(drafts, name), []byte(content), 0o600))
		j.FileAppended("drafts", name, 0)
	}
	run(func(j *journal.Journal) { d.fill(t, j, 2); write(j, "grows", "some") })
	old := filepath.Join(t.TempDir(), "old")
	require.NoError(t, os.CopyFS(old, os.DirFS(d.first)))
	var want journal.State
	run(func(j *journal.Journal) {
		d.fill(t, j, 2)
		write(j, "grows", "some and more")
		write(j, "new", "another")
		want = state(t, j)
	})
	bundles := filesIn(t, filepath.Join(d.first, "bundles"))
	files := filesIn(t, drafts)
	require.NoError(t, os.RemoveAll(d.first))
	require.NoError(t, os.CopyFS(d.first, os.DirFS(old)))
	require.Less(t, len(filesIn(t, filepath.Join(d.first, "bundles"))), len(bundles))
	run(func(j *journal.Journal) {
		requireMirror(t, j, mirror.Good, "")
		d.requireSame(t, j, want)
		for range 2 {
			require.Equal(t, bundles, filesIn(t, filepath.Join(d.first, "bundles")))
			require.Equal(t, files, filesIn(t, drafts))
			require.Equal(t, bundles, filesIn(t, filepath.Join(d.second, "mirror", "bundles")))
			require.Equal(t, files, filesIn(t, filepath.Join(d.second, "mirror", "drafts")))
			j.RetryMirror()
			requireMirror(t, j, mirror.Good, "")
		}
	})
	rep, err := journal.Verify(filepath.Join(d.first, "journal.db"), d.kit.Keys())
	require.NoError(t, err)
	require.Zero(t, rep.Missing)
}

// TestMirrorKeepsFilesThatDidNotComeBack has something in the way of a draft's file
// that only the second disk has: it stays there.
func TestMirrorKeepsFilesThatDidNotComeBack(t *testing.T) {
	d := newDisks(t)
	o := d.options()
	drafts := filepath.Join(d.first, "drafts")
	o.Mirror.Trees = []mirror.Tree{{Name: "drafts", Dir: drafts}}
	j, err := journal.Open(d.first, o)
	require.NoError(t, err)
	d.fill(t, j, 1)
	old, err := os.ReadFile(filepath.Join(d.first, "journal.db"))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(drafts, "visit"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(drafts, "visit", "image"), []byte("sealed"), 0o600))
	j.FileAppended("drafts", "visit/image", 0)
	d.fill(t, j, 1)
	require.NoError(t, j.Close())

	require.NoError(t, os.WriteFile(filepath.Join(d.first, "journal.db"), old, 0o600))
	require.NoError(t, os.RemoveAll(drafts))
	require.NoError(t, os.WriteFile(drafts, nil, 0o600))
	j, err = journal.Open(d.first, o)
	require.NoError(t, err)
	requireMirror(t, j, mirror.Good, "")
	require.NoError(t, os.Remove(drafts))
	j.RetryMirror()
	requireMirror(t, j, mirror.Good, "")
	require.Equal(t, map[string]string{"visit/image": "sealed"}, filesIn(t, filepath.Join(d.second, "mirror", "drafts")))
	require.NoError(t, j.Close())
}

// TestMirrorKeepsTheCopyThatProves spoils a sealed image on either disk: a new base
// brings the whole one to both, and never the other way round.
func TestMirrorKeepsTheCopyThatProves(t *testing.T) {
	spoil := map[string]func(path string) error{
		"gone":     os.Remove,
		"emptied":  func(path string) error { return os.Truncate(path, 0) },
		"too long": func(path string) error { return os.Truncate(path, 9000) },
	}
	for name, spoil := range spoil {
		for _, disk := range []string{"first", "second"} {
			t.Run(name+" on the "+disk, func(t *testing.T) {
				d := newDisks(t)
				first, second := filepath.Join(d.first, "bundles"), filepath.Join(d.second, "mirror", "bundles")
				d.run(t, func(j *journal.Journal) {
					d.fill(t, j, 2)
					want := filesIn(t, first)
					require.Len(t, want, 2)
					for rel := range want {
						at := filepath.Join(map[string]string{"first": first, "second": second}[disk], rel)
						require.NoError(t, spoil(at))
						break
					}
					j.RetryMirror()
					requireMirror(t, j, mirror.Good, "")
					require.Equal(t, want, filesIn(t, first))
					require.Equal(t, want, filesIn(t, second))
				})
			})
		}
	}
	t.Run("spoiled on both", func(t *testing.T) {
		d := newDisks(t)
		first, second := filepath.Join(d.first, "bundles"), filepath.Join(d.second, "mirror", "bundles")
		d.run(t, func(j *journal.Journal) {
			d.fill(t, j, 1)
			for rel := range filesIn(t, first) {
				require.NoError(t, os.Truncate(filepath.Join(first, rel), 10))
				require.NoError(t, os.Truncate(filepath.Join(second, rel), 20))
			}
			here, there := filesIn(t, first), filesIn(t, second)
			j.RetryMirror()
			requireMirror(t, j, mirror.Good, "")
			require.Equal(t, here, filesIn(t, first), "neither is better")
			require.Equal(t, there, filesIn(t, second))
		})
	})
	t.Run("written again over a spoiled copy", func(t *testing.T) {
		d := newDisks(t)
		d.run(t, func(j *journal.Journal) {
			b := d.kit.Bundle(500)
			require.NoError(t, b.WriteTo(j))
			name := hex.EncodeToString(b.Digest[:])
			path := filepath.Join(d.second, "mirror", "bundles", name[:2], name)
			require.NoError(t, os.WriteFile(path, make([]byte, len(b.Bytes)), 0o600))
			require.NoError(t, b.WriteTo(j))
			raw, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, b.Bytes, raw)
			require.NoError(t, os.RemoveAll(filepath.Join(d.first, "bundles", name[:2])))
			j.RetryMirror()
			require.NoFileExists(t, path, "what no entry names goes with its original")
		})
	})
}
