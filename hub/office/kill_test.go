package office_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/office"
	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/paper"
	"jaliya/internal/seal"
)

const (
	envKillChild = "JALIYA_OFFICE_KILL_CHILD" // directory of a child
	envKillLie   = "JALIYA_OFFICE_KILL_LIE"   // set: a child says what it has not kept
	envKills     = "JALIYA_KILLS"
)

// killSlot is a slot of a child: real time, so that restarts go on in it.
const killSlot = time.Second

// killKit is what all children of one office share.
type killKit struct {
	dir  string
	data *seal.DataKey
	key  *seal.PostKey
	hub  hub
}

// openKit makes the keys in a directory once, and loads them again after.
func openKit(tb testing.TB, dir string) killKit {
	tb.Helper()
	k := killKit{dir: dir, hub: newHub(tb)}
	box, err := seal.NewLocalCustody([]byte("a custody of tests, 32 bytes long"))
	require.NoError(tb, err)
	k.data, err = seal.LoadOrCreateDataKey(filepath.Join(dir, "data"), box)
	require.NoError(tb, err)
	if _, err := os.Stat(filepath.Join(dir, "packet")); err != nil {
		fresh, err := seal.GeneratePostKey(k.hub.dicts)
		require.NoError(tb, err)
		require.NoError(tb, fresh.Save(filepath.Join(dir, "packet"), box))
		require.NoError(tb, k.hub.keys.Save(filepath.Join(dir, "intake"), box))
	}
	k.key, err = seal.LoadPostKey(filepath.Join(dir, "packet"), box, k.hub.dicts)
	require.NoError(tb, err)
	k.hub.keys, err = seal.LoadIntakeKeys(filepath.Join(dir, "intake"), box, k.hub.dicts)
	require.NoError(tb, err)
	k.hub.office = k.key.Public()
	return k
}

func (k killKit) open(tb testing.TB) (*office.Office, kv.Store) {
	tb.Helper()
	store, err := kv.Open(filepath.Join(k.dir, "office.db"), kv.Options{InitialMmapSize: 256 << 20})
	require.NoError(tb, err)
	o, err := office.New(office.Needs{
		Store: store, Data: k.data, Packets: k.key, Maker: quick{}, Letters: "DGSN", Keep: time.Hour, Zone: time.UTC, Now: time.Now,
		Name: paper.Text{Arabic: "مصلحة", French: "Service"}, Logger: slog.New(slog.DiscardHandler),
		Plan: office.Plan{Slot: killSlot, Early: 2, Late: 3, Share: 0.3},
	})
	require.NoError(tb, err)
	return o, store
}

// confirmed is what a child said that it has kept.
type confirmed struct {
	ID     string
	State  office.State
	Out    string
	Number string
	Digest string // of the package
}

// say confirms a request as it stands.
func say(tb testing.TB, out io.Writer, o *office.Office, id string) {
	tb.Helper()
	told, err := o.Tell(id)
	require.NoError(tb, err)
	state, _, _, err := o.StateOf(id)
	require.NoError(tb, err)
	sum := sha256.Sum256(told.Package)
	raw, err := json.Marshal(confirmed{id, state, told.State, o.NumberOf(id), hex.EncodeToString(sum[:])})
	require.NoError(tb, err)
	_, err = fmt.Fprintf(out, "kept %s\n", raw)
	require.NoError(tb, err)
}

// killChild works as the network, two officers and the clock, until it is killed.
func killChild(tb testing.TB, dir string) {
	tb.Helper()
	k := openKit(tb, dir)
	o, _ := k.open(tb)
	w := &world{tb: tb, office: o}
	prefix := strconv.FormatUint(rand.Uint64(), 36)
	var mine []string
	list, err := o.List(officer(1)) // what earlier children left
	require.NoError(tb, err)
	for _, l := range list {
		mine = append(mine, l.ID)
	}
	for n := 0; ; n++ {
		id := fmt.Sprintf("k-%s-%d", prefix, n)
		if os.Getenv(envKillLie) != "" {
			fmt.Printf("kept {\"ID\":%q,\"State\":1,\"Out\":\"received\"}\n", id)
		}
		_, _, err := o.Receive(id, k.hub.sent(tb, id))
		require.NoError(tb, err)
		say(tb, os.Stdout, o, id)
		mine = append(mine, id)
		switch n % 4 {
		case 0:
			w.clearPath(id)
		case 1:
			w.reviewPath(id)
		case 2:
			w.must(1, id, office.Act{Event: office.RefusalDecided, Reason: consular.RefusedFraud})
		case 3:
			_, err := o.Withdraw(id)
			require.NoError(tb, err)
		}
		say(tb, os.Stdout, o, id)
		_, _, err = o.Turn(tb.Context())
		require.NoError(tb, err)
		for range min(10, len(mine)) {
			say(tb, os.Stdout, o, mine[rand.IntN(len(mine))])
		}
	}
}

// moment is when a child is killed: at a time, or as soon as its parent hears of
// so many requests, whatever comes first. The second finds what was said too early
// however fast the disk is.
type moment struct {
	after time.Duration
	heard int // 0: by time alone
}

// killOne lets a child run until its moment and gives what it confirmed.
func killOne(tb testing.TB, dir string, m moment) []confirmed {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKillOffice$", "-test.count=1")
	cmd.Env = append(os.Environ(), envKillChild+"="+dir, "GOMAXPROCS=1")
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	timer := time.AfterFunc(m.after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	var all []confirmed
	requests := map[string]bool{}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil { // a half line was not said
			break
		}
		text, ok := strings.CutPrefix(line, "kept ")
		require.True(tb, ok, "the child said %q", line)
		var c confirmed
		require.NoError(tb, json.Unmarshal([]byte(text), &c))
		all = append(all, c)
		if requests[c.ID] = true; len(requests) == m.heard {
			_ = cmd.Process.Kill()
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	require.True(tb, errors.As(err, &exit) && exit.ExitCode() == -1, "killed, and nothing else: %v", err)
	return all
}

var errLost = errors.New("what was confirmed is lost")

// prove opens the office again and wants all that was confirmed, with no number
// in two documents.
func prove(tb testing.TB, dir string, held map[string]confirmed) error {
	tb.Helper()
	k := openKit(tb, dir)
	o, store := k.open(tb)
	defer func() { require.NoError(tb, store.Close()) }()
	numbers := map[string]string{}
	for id, c := range held {
		told, err := o.Tell(id)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", errLost, id, err)
		}
		if c.Out != office.OutReceived {
			sum := sha256.Sum256(told.Package)
			if told.State != c.Out || hex.EncodeToString(sum[:]) != c.Digest {
				return fmt.Errorf("%w: %s was %s, is %s", errLost, id, c.Out, told.State)
			}
		}
		number := o.NumberOf(id)
		if c.Number != "" && number != c.Number {
			return fmt.Errorf("%w: number of %s", errLost, id)
		}
		if number == "" {
			continue
		}
		if other, taken := numbers[number]; taken {
			return fmt.Errorf("number %s is of %s and %s", number, other, id)
		}
		numbers[number] = id
		if told.State == office.OutIssued {
			if got := k.hub.open(tb, id, told.Package); got.body.Number != number || string(got.pdf) != "%PDF "+number {
				return fmt.Errorf("document of %s", id)
			}
		}
	}
	return nil
}

// TestKillOffice kills -9 a process that works as an office, at any moment, and
// wants everything back that it confirmed. The test is its own child.
func TestKillOffice(t *testing.T) {
	if dir := os.Getenv(envKillChild); dir != "" {
		killChild(t, dir)
		return
	}
	kills := 8
	if text := os.Getenv(envKills); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		kills = n
	}
	dir := t.TempDir()
	openKit(t, dir)
	held := map[string]confirmed{}
	lines := 0
	for n := range kills {
		m := moment{after: 300*time.Millisecond + rand.N(2*time.Second)}
		if n%2 == 1 {
			m.heard = 1 + rand.IntN(200)
		}
		for _, c := range killOne(t, dir, m) {
			held[c.ID] = c
			lines++
		}
		require.NoError(t, prove(t, dir, held))
	}
	issued := 0
	for _, c := range held {
		if c.Out == office.OutIssued {
			issued++
		}
	}
	require.NotZero(t, lines)
	require.NotZero(t, issued)
	t.Logf("%d kills, %d confirmations of %d requests, %d issued, 0 lost", kills, lines, len(held), issued)
}

// TestKillOfficeCatchesALie is the negative control: a child that confirms before
// it keeps must be caught.
func TestKillOfficeCatchesALie(t *testing.T) {
	const tries = 60
	dir := t.TempDir()
	openKit(t, dir)
	t.Setenv(envKillLie, "1")
	for n := range tries {
		held := map[string]confirmed{}
		for _, c := range killOne(t, dir, moment{after: time.Minute, heard: 1 + rand.IntN(20)}) {
			held[c.ID] = c
		}
		if err := prove(t, dir, held); errors.Is(err, errLost) {
			t.Logf("caught at kill %d", n+1)
			return
		}
	}
	t.Fatalf("not caught in %d kills", tries)
}
