package e2e

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

const (
	envKillChild = "JALIYA_JOURNAL_KILL_CHILD" // directory of a child
	envKillKit   = "JALIYA_JOURNAL_KILL_KIT"   // identity, incarnation and seed of a child
	envKillLie   = "JALIYA_JOURNAL_KILL_LIE"   // set: a child acknowledges before the commit
	envKills     = "JALIYA_KILLS"
	envJournal   = "JALIYA_JOURNAL_KILLS"

	// killsPerJournal bounds how long one journal grows: each reopening reads
	// the file, and the rate would fall.
	killsPerJournal = 60
	killWorkers     = 3 // a child waits for the disk half of its time
)

// TestKillJournal kills -9 a process that appends to a journal, at any moment,
// and wants every acknowledged entry and its bundle back, in one journal that
// goes on (I1). The test is its own child.
func TestKillJournal(t *testing.T) {
	if dir := os.Getenv(envKillChild); dir != "" {
		require.NoError(t, appendForEver(t.Context(), dir))
		return
	}
	k := killer{want: int64(journalKills(t))}
	start := time.Now()
	var group sync.WaitGroup
	for worker := range killWorkers {
		group.Go(func() {
			for round := 0; k.kills.Load() < k.want && !t.Failed(); round++ {
				seed := uint64(worker)<<32 | uint64(round)
				if err := k.oneJournal(t, seed); err != nil {
					t.Errorf("worker %d, round %d: %v", worker, round, err)
				}
			}
		})
	}
	group.Wait()
	require.False(t, t.Failed())
	took := time.Since(start).Seconds()
	t.Logf("%d kills, %d acknowledged entries, 0 lost; %.0f kills/s",
		k.kills.Load(), k.entries.Load(), float64(k.kills.Load())/took)
}

// killer counts over all workers.
type killer struct {
	want           int64
	kills, entries atomic.Int64
}

// TestKillJournalCatchesALie is the negative control: a child that acknowledges
// inside the transaction, before it is durable, must be caught.
func TestKillJournalCatchesALie(t *testing.T) {
	const tries = 300
	k, err := journaltest.New(99)
	require.NoError(t, err)
	t.Setenv(envKillLie, "1")
	dir := t.TempDir()
	proved := wire.Genesis(k.Identity.Node, k.Incarnation)
	for n := range tries {
		acked, err := killOneChild(t, dir, k, rand.N(5*time.Millisecond))
		require.NoError(t, err)
		if proved, err = proveAcked(dir, k, proved, acked); errors.Is(err, errLost) {
			t.Logf("caught at kill %d: %v", n+1, err)
			return
		}
		require.NoError(t, err)
	}
	t.Fatalf("not caught in %d kills", tries)
}

var errLost = errors.New("an acknowledged entry is lost")

func journalKills(t *testing.T) int {
	t.Helper()
	for _, one := range []struct {
		name  string
		times int
	}{{envJournal, 1}, {envKills, 20}} {
		if text := os.Getenv(one.name); text != "" {
			n, err := strconv.Atoi(text)
			require.NoError(t, err, one.name)
			return max(1, n*one.times)
		}
	}
	return 20
}

// oneJournal kills the children of one journal and proves it whole at the end.
func (c *killer) oneJournal(t *testing.T, seed uint64) error {
	t.Helper()
	k, err := journaltest.New(seed)
	if err != nil {
		return err
	}
	dir := t.TempDir()
	proved := wire.Genesis(k.Identity.Node, k.Incarnation)
	for range killsPerJournal {
		if c.kills.Add(1) > c.want {
			c.kills.Add(-1)
			break
		}
		acked, err := killOneChild(t, dir, k, rand.N(20*time.Millisecond))
		if err != nil {
			return err
		}
		c.entries.Add(int64(len(acked)))
		if proved, err = proveAcked(dir, k, proved, acked); err != nil {
			return err
		}
	}
	rep, err := journal.Verify(filepath.Join(dir, "journal.db"), nil)
	if err != nil {
		return err
	}
	if rep.Missing != 0 || rep.Head != proved {
		return fmt.Errorf("%d bundles missing, head %s, proved %s", rep.Missing, rep.Head, proved)
	}
	return nil
}

type ackedEntry struct {
	seq  uint64
	hash wire.Digest
}

// killOneChild lets a child run for a while, most often counted from its first
// acknowledgement, and gives what it acknowledged.
func killOneChild(t *testing.T, dir string, k *journaltest.Kit, after time.Duration) ([]ackedEntry, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKillJournal$", "-test.count=1")
	kit := fmt.Sprintf("%x.%d.%d", wire.Marshal(k.Identity), k.Incarnation, rand.Uint64())
	cmd.Env = append(os.Environ(), envKillChild+"="+dir, envKillKit+"="+kit, "GOMAXPROCS=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	var acked []ackedEntry
	if rand.IntN(4) > 0 { // the others die while they open, too
		if acked, err = readAcked(lines, 1); err != nil {
			return nil, errors.Join(err, cmd.Process.Kill(), ignoreExit(cmd.Wait()))
		}
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	rest, err := readAcked(lines, math.MaxInt)
	if !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, cmd.Process.Kill(), ignoreExit(cmd.Wait()))
	}
	return append(acked, rest...), ignoreExit(cmd.Wait())
}

func ignoreExit(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == -1 {
		return nil // it was killed, as it should be
	}
	return err
}

// readAcked reads whole lines only: what was half written was not said.
func readAcked(lines *bufio.Reader, limit int) (out []ackedEntry, err error) {
	for len(out) < limit {
		line, err := lines.ReadString('\n')
		if err != nil {
			return out, err
		}
		var seq uint64
		var hash string
		if _, err := fmt.Sscanf(line, "acked %d %s\n", &seq, &hash); err != nil {
			more, rerr := io.ReadAll(lines)
			return out, errors.Join(fmt.Errorf("the child said %q: %w", line+string(more), err), rerr)
		}
		digest, err := wire.ParseDigest(hash)
		if err != nil {
			return out, err
		}
		out = append(out, ackedEntry{seq, digest})
	}
	return out, nil
}

// proveAcked opens the journal again and reads the chain from where it was
// proved before, every bundle that it names and every acknowledged entry.
func proveAcked(dir string, k *journaltest.Kit, from wire.Position, acked []ackedEntry) (at wire.Position, err error) {
	j, err := journal.Open(dir, killOptions(k, dir))
	if err != nil {
		return from, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	s, err := j.State()
	if err != nil {
		return from, err
	}
	hashes := map[uint64]wire.Digest{}
	for at = from; at != s.Head; {
		entries, err := j.ReadAfter(at, wire.MaxBatchEntries)
		if err != nil || len(entries) == 0 {
			return at, fmt.Errorf("%d entries after %s of %s: %w", len(entries), at, s.Head, err)
		}
		for _, e := range entries {
			at = at.Next(e)
			hashes[at.Seq] = at.Hash
			if err := proveBundles(j, e); err != nil {
				return at, err
			}
		}
	}
	for _, a := range acked {
		if hashes[a.seq] != a.hash {
			return at, fmt.Errorf("%w: %d", errLost, a.seq)
		}
	}
	return at, nil
}

func proveBundles(j *journal.Journal, e wire.Entry) error {
	h, err := e.Check()
	if err != nil {
		return err
	}
	for _, image := range h.Images {
		f, err := j.OpenBundle(image.Digest)
		if err != nil {
			return err
		}
		sum := sha256.New()
		n, err := io.Copy(sum, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
		if wire.Digest(sum.Sum(nil)) != image.Digest || uint64(n) != image.Size {
			return fmt.Errorf("bundle %s is damaged", image.Digest)
		}
	}
	return nil
}

// appendForEver is the child: it says what is durable, and nothing else.
func appendForEver(ctx context.Context, dir string) error {
	identity, incarnation, seed, err := childKit(os.Getenv(envKillKit))
	if err != nil {
		return err
	}
	k, err := journaltest.New(seed)
	if err != nil {
		return err
	}
	k.Identity, k.Incarnation = identity, incarnation
	j, err := journal.Open(dir, killOptions(k, dir))
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(seed, 1))
	for {
		a, err := childAppend(ctx, j, k, r)
		if err != nil {
			return err
		}
		if !lies() {
			acknowledge(a.Position)
		}
	}
}

func acknowledge(at wire.Position) { fmt.Printf("acked %d %s\n", at.Seq, at.Hash) }

func lies() bool { return os.Getenv(envKillLie) != "" }

// tooEarly acknowledges what the transaction has written and not committed.
func tooEarly(w kv.Writer) error {
	s, err := journal.StateOf(w)
	if err != nil {
		return err
	}
	acknowledge(s.Head)
	return nil
}

// childAppend adds one entry, one in four with a bundle, and now and then what
// a hub would say.
func childAppend(ctx context.Context, j *journal.Journal, k *journaltest.Kit, r *rand.Rand) (journal.Appended, error) {
	var bundles []int
	if r.IntN(4) == 0 {
		bundles = []int{1 + r.IntN(20_000)}
	}
	d, err := k.ReleaseWith(j, r.IntN(3000), bundles...)
	if err != nil {
		return journal.Appended{}, err
	}
	if r.IntN(8) == 0 {
		if err := k.Secure(j, 256); err != nil {
			return journal.Appended{}, err
		}
	}
	if lies() {
		d.Also = tooEarly
	}
	return j.Append(ctx, d)
}

func childKit(text string) (id journal.Identity, incarnation, seed uint64, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return id, 0, 0, fmt.Errorf("%d parts in the child's kit", len(parts))
	}
	raw, err := hex.DecodeString(parts[0])
	if err == nil {
		err = wire.Unmarshal(raw, len(raw), &id)
	}
	if err == nil {
		incarnation, err = strconv.ParseUint(parts[1], 10, 64)
	}
	if err == nil {
		seed, err = strconv.ParseUint(parts[2], 10, 64)
	}
	return id, incarnation, seed, err
}
