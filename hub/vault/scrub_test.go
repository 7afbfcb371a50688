package vault_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"jaliya/hub/vault"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// put stores n objects of size bytes.
func put(t *testing.T, v *vault.Directory, n, size int) []wire.Digest {
	t.Helper()
	list := make([]wire.Digest, n)
	for i := range list {
		content, _ := object(uint64(1000+i), size)
		var err error
		list[i], err = v.Put(content)
		require.NoError(t, err)
	}
	return list
}

func pathOf(dir string, digest wire.Digest) string {
	name := hex.EncodeToString(digest[:])
	return filepath.Join(dir, "objects", name[:2], name)
}

// flip changes one bit of an object on disk.
func flip(t *testing.T, dir string, digest wire.Digest) {
	t.Helper()
	raw, err := os.ReadFile(pathOf(dir, digest))
	require.NoError(t, err)
	raw[len(raw)/2] ^= 4
	require.NoError(t, os.WriteFile(pathOf(dir, digest), raw, 0o600))
}

func evidence(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "damaged"))
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// scrub runs the scrub for a time of the test's own.
func scrub(t *testing.T, v *vault.Directory, how vault.Scrub, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	require.NoError(t, v.Scrub(ctx, how))
}

func how(every time.Duration, rate int64) vault.Scrub {
	return vault.Scrub{Every: every, Rate: rate, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
}

func requireWanted(t *testing.T, v *vault.Directory, want ...wire.Digest) {
	t.Helper()
	got, _ := v.Wanted()
	require.ElementsMatch(t, want, got)
	require.Equal(t, len(want), v.Damaged())
}

const month = 30 * 24 * time.Hour

// Within the period every object is read; what is damaged is set aside as
// evidence, is not there for anybody any more, also after a restart, and is
// taken in again.
func TestScrubFindsDamage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		v := open(t, dir)
		reg := prometheus.NewRegistry()
		v.Count(vault.NewMetrics(reg))
		all := put(t, v, 300, 900)
		scrub(t, v, how(month, 1<<20), month)
		requireWanted(t, v)
		require.Empty(t, evidence(t, dir))

		bad := all[17]
		flip(t, dir, bad)
		has, err := v.Has(bad, 900)
		require.NoError(t, err)
		require.True(t, has, "nobody has looked yet")
		_, changed := v.Wanted()
		scrub(t, v, how(month, 1<<20), month)
		<-changed
		requireWanted(t, v, bad)
		names := evidence(t, dir)
		require.Len(t, names, 1)
		require.True(t, strings.HasPrefix(names[0], bad.String()+"."))
		has, err = v.Has(bad, 900)
		require.NoError(t, err)
		require.False(t, has)
		_, err = v.Open(bad)
		require.True(t, fault.Is(err, fault.NotFound), err)
		require.NoError(t, testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP jaliya_vault_damaged_objects_total Objects that did not match their address, and were set aside.
# TYPE jaliya_vault_damaged_objects_total counter
jaliya_vault_damaged_objects_total 1
# HELP jaliya_vault_wanted_objects Objects that were set aside and have not come back.
# TYPE jaliya_vault_wanted_objects gauge
jaliya_vault_wanted_objects 1
`), "jaliya_vault_damaged_objects_total", "jaliya_vault_wanted_objects"))

		v = open(t, dir)
		requireWanted(t, v, bad)
		_, changed = v.Wanted()
		content, _ := object(1017, 900)
		back, err := v.Put(content)
		require.NoError(t, err)
		require.Equal(t, bad, back)
		<-changed
		requireWanted(t, v)
		require.Len(t, evidence(t, dir), 1, "evidence is kept")
		requireWanted(t, open(t, dir))
	})
}

// Who reads an object first finds the damage as well as the scrub does.
func TestDamagedIsNeverServed(t *testing.T) {
	dir := t.TempDir()
	v := open(t, dir)
	for name, spoil := range map[string]func(*testing.T, wire.Digest){
		"ErrNotFound a flipped bit": func(t *testing.T, d wire.Digest) { t.Helper(); flip(t, dir, d) },
		"ErrNotFound cut short": func(t *testing.T, d wire.Digest) {
			t.Helper()
			require.NoError(t, os.Truncate(pathOf(dir, d), 10))
		},
		"ErrNotFound empty": func(t *testing.T, d wire.Digest) {
			t.Helper()
			require.NoError(t, os.Truncate(pathOf(dir, d), 0))
		},
	} {
		t.Run(name, func(t *testing.T) {
			bad := put(t, v, 1, 700_000)[0]
			f, err := v.Open(bad)
			require.NoError(t, err)
			raw, err := io.ReadAll(f)
			require.NoError(t, err)
			require.Len(t, raw, 700_000, "proving leaves all of it to be read")
			require.NoError(t, f.Close())
			before := len(evidence(t, dir))
			spoil(t, bad)
			_, err = v.Open(bad)
			require.True(t, fault.Is(err, fault.NotFound), err)
			requireWanted(t, v, bad)
			require.Len(t, evidence(t, dir), before+1)
			require.Equal(t, bad, put(t, v, 1, 700_000)[0])
			requireWanted(t, v)
			f, err = v.Open(bad)
			require.NoError(t, err)
			require.NoError(t, f.Close())
		})
	}
}

// What the disk gives as it was after all, because a reading had failed and not
// the disk, gets its name back: within a day, and when the hub begins anew.
func TestDamageThatWasNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		v := open(t, dir)
		all := put(t, v, 4, 900)
		aside := func(digest wire.Digest) string {
			t.Helper()
			flip(t, dir, digest)
			_, err := v.Open(digest)
			require.True(t, fault.Is(err, fault.NotFound), err)
			paths, err := filepath.Glob(filepath.Join(dir, "damaged", digest.String()+".*"))
			require.NoError(t, err)
			return paths[len(paths)-1]
		}
		mend := func(digest wire.Digest, path string) {
			t.Helper()
			raw, err := os.ReadFile(path)
			require.NoError(t, err)
			raw[len(raw)/2] ^= 4
			require.Equal(t, digest, wire.Digest(sha256.Sum256(raw)))
			require.NoError(t, os.WriteFile(path, raw, 0o600))
		}
		requireThere := func(digest wire.Digest) {
			t.Helper()
			has, err := v.Has(digest, 900)
			require.NoError(t, err)
			require.True(t, has)
			f, err := v.Open(digest)
			require.NoError(t, err)
			require.NoError(t, f.Close())
		}
		once, begun, spoiled, brought := all[0], all[1], all[2], all[3]
		first := aside(once)
		aside(spoiled)
		scrub(t, v, how(month, 1<<20), time.Hour)
		requireWanted(t, v, once, spoiled)
		mend(once, first)
		_, changed := v.Wanted()
		scrub(t, v, how(month, 1<<20), time.Hour)
		<-changed
		requireWanted(t, v, spoiled)
		requireThere(once)
		require.Len(t, evidence(t, dir), 1)

		v = open(t, dir)
		requireWanted(t, v, spoiled)
		later := aside(begun)
		evidently := aside(brought)
		content, _ := object(1003, 900)
		_, err := v.Put(content)
		require.NoError(t, err)
		mend(brought, evidently)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Hour)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- v.Scrub(ctx, how(month, 1<<20)) }()
		time.Sleep(time.Hour)
		requireWanted(t, v, spoiled, begun)
		mend(begun, later) // behind a scrub that goes on for days
		require.NoError(t, <-done)
		requireWanted(t, v, spoiled)
		requireThere(begun)
		require.Len(t, evidence(t, dir), 2, "what is spoiled, and what came back from elsewhere, stay")
		requireWanted(t, open(t, dir), spoiled)
	})
}

// What cannot be read of what was set aside keeps nothing else from being proved.
func TestDamageThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		v := open(t, dir)
		all := put(t, v, 2, 900)
		flip(t, dir, all[0])
		_, err := v.Open(all[0])
		require.True(t, fault.Is(err, fault.NotFound), err)
		name := evidence(t, dir)[0]
		path := filepath.Join(dir, "damaged", name)
		require.NoError(t, os.Remove(path))
		require.NoError(t, os.Mkdir(path, 0o700)) // no file can be read like one
		flip(t, dir, all[1])
		scrub(t, v, how(month, 1<<20), month)
		requireWanted(t, v, all...)
	})
}

// What a restart interrupts goes on where it was, and its first half is not read
// again: the vault takes no longer than one round in all.
func TestScrubGoesOnAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		v := open(t, dir)
		all := put(t, v, 200, 1000)
		const every, rate = 10 * time.Hour, 100 // 200 kB in 2,000 s
		begun := time.Now()
		read := 0.0
		for time.Since(begun) < every { // a hub that is restarted every 3 minutes
			v = open(t, dir)
			reg := prometheus.NewRegistry()
			v.Count(vault.NewMetrics(reg))
			scrub(t, v, how(every, rate), 3*time.Minute)
			families, err := reg.Gather()
			require.NoError(t, err)
			for _, f := range families {
				if f.GetName() == "jaliya_vault_scrubbed_objects_total" {
					read += f.GetMetric()[0].GetCounter().GetValue()
				}
			}
		}
		require.GreaterOrEqual(t, read, float64(len(all)), "each was proved within the period")
		require.LessOrEqual(t, read, 1.3*float64(len(all)), "and hardly one twice")
	})
}

// The scrub reads at most so many bytes per second, and an eighth of them while
// uploads are under way.
func TestScrubIsSlow(t *testing.T) {
	for name, tt := range map[string]struct {
		uploading  bool
		least, top time.Duration
	}{
		"OK alone":         {false, 10 * time.Second, 11 * time.Second},
		"OK beside intake": {true, 80 * time.Second, 88 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				v := open(t, dir)
				reg := prometheus.NewRegistry()
				v.Count(vault.NewMetrics(reg))
				put(t, v, 100, 10_000)
				if tt.uploading {
					_, offer := object(5, 50)
					u, err := v.Begin(offer)
					require.NoError(t, err)
					defer func() { require.NoError(t, u.End()) }()
				}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				begun := time.Now()
				// So short a period that the whole vault is due at once.
				go func() {
					done <- v.Scrub(ctx, how(10, 100_000))
				}()
				proved := func() float64 {
					n := 0.0
					families, err := reg.Gather()
					require.NoError(t, err)
					for _, f := range families {
						if f.GetName() == "jaliya_vault_scrubbed_objects_total" {
							n = f.GetMetric()[0].GetCounter().GetValue()
						}
					}
					return n
				}
				tick := time.NewTicker(10 * time.Millisecond)
				defer tick.Stop()
				for proved() < 100 {
					<-tick.C
				}
				took := time.Since(begun)
				cancel()
				require.NoError(t, <-done)
				require.GreaterOrEqual(t, took, tt.least)
				require.LessOrEqual(t, took, tt.top)
			})
		})
	}
}

// A file of another version, or a damaged one, costs a round and nothing else.
func TestScrubWithoutItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		v := open(t, dir)
		bad := put(t, v, 3, 500)[1]
		require.NoError(t, os.WriteFile(filepath.Join(dir, "scrub"), []byte("none"), 0o600))
		flip(t, dir, bad)
		scrub(t, v, how(month, 1<<20), month)
		requireWanted(t, v, bad)
	})
}

func TestScrubRefuses(t *testing.T) {
	require.True(t, fault.Is(open(t, t.TempDir()).Scrub(t.Context(), vault.Scrub{}), fault.Invalid))
}
