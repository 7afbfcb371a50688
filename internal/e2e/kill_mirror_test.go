package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/wire"
)

// suffixSecond marks the second disk of a journal that is being killed: where the
// directory is, child and parent open the journal with a mirror.
const suffixSecond = ".second"

func killOptions(k *journaltest.Kit, dir string) journal.Options {
	o := k.Options()
	if _, err := os.Stat(dir + suffixSecond); err == nil {
		o.Mirror = journal.MirrorOptions{Dir: filepath.Join(dir+suffixSecond, "mirror"), SameDisk: true}
	}
	return o
}

// TestKillMirror kills -9 a process that appends to a journal with two disks. Now
// and then the first disk is lost as well: every acknowledged entry and its bundle
// come back from the second one alone.
func TestKillMirror(t *testing.T) {
	const share = 40 // of the kills of TestKillJournal: each proof here reads both disks
	want := max(10, journalKills(t)/share)
	kills, lost, entries, start := 0, 0, 0, time.Now()
	for round := uint64(0); kills < want; round++ {
		n, l, e := killMirrored(t, 4711+round, min(want-kills, killsPerJournal))
		kills, lost, entries = kills+n, lost+l, entries+e
	}
	t.Logf("%d kills with two disks, %d times the first one lost as well, %d acknowledged entries, 0 lost; %.0f kills/s",
		kills, lost, entries, float64(kills)/time.Since(start).Seconds())
}

// killMirrored kills the children of one journal with two disks.
func killMirrored(t *testing.T, seed uint64, want int) (kills, lost, entries int) {
	t.Helper()
	const perLoss = 5
	k, err := journaltest.New(seed)
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "first")
	require.NoError(t, os.Mkdir(dir+suffixSecond, 0o700))
	proved := wire.Genesis(k.Identity.Node, k.Incarnation)
	for kills = range want {
		acked, err := killOneChild(t, dir, k, rand.N(20*time.Millisecond))
		require.NoError(t, err)
		entries += len(acked)
		loses := kills%perLoss == perLoss-1
		if loses {
			require.NoError(t, os.RemoveAll(dir))
			lost++
		}
		proved, err = proveAcked(dir, k, proved, acked)
		require.NoError(t, err)
		if loses {
			require.NoError(t, sameOnBoth(dir, proved))
		}
	}
	return want, lost, entries
}

// sameOnBoth proves journal and mirror by themselves and compares.
func sameOnBoth(dir string, want wire.Position) error {
	rep, err := journal.Verify(filepath.Join(dir, "journal.db"), nil)
	if err != nil {
		return err
	}
	other, err := journal.VerifyMirror(filepath.Join(dir+suffixSecond, "mirror"), nil)
	switch {
	case errors.Is(err, mirror.ErrNone) && want.Seq == 0:
		return nil // killed before its first base
	case err != nil:
		return err
	case rep != other || rep.Head != want || rep.Missing > 0:
		return fmt.Errorf("the journal holds %+v, the mirror %+v, proved was %s", rep, other, want)
	}
	return nil
}
