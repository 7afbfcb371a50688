//go:build !race

package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/kv"
	"jaliya/internal/workflow"
)

const (
	dayPosts  = 5
	dayPace   = "15"
	dayWithin = 3 * time.Minute // until all that is promised is there
	dayEnding = 30 * time.Second
	dayVisits = 5 // secured, at least

	officersOfRecords = 2
)

// dayNetwork is a living day as its own process.
type dayNetwork struct {
	t    *testing.T
	dir  string
	base int
	cmd  *exec.Cmd
	out  *os.File
	done chan error
	told struct {
		Start   string `json:"start"`
		Portal  string `json:"portal"`
		Console string `json:"console"`
		Operate string `json:"operate"`
		Posts   []struct {
			Desk     string `json:"desk"`
			Accounts []struct {
				Role  string `json:"role"`
				Token string `json:"token"`
			} `json:"accounts"`
		} `json:"posts"`
		Officers []struct {
			Name   string `json:"name"`
			Role   string `json:"role"`
			Secret string `json:"totp_secret"`
		} `json:"officers"`
		Look []struct {
			Key  string `json:"key"`
			Text string `json:"text"`
			URL  string `json:"url"`
		} `json:"look"`
	}
}

func startDay(t *testing.T, dir string, base int) *dayNetwork {
	t.Helper()
	d := &dayNetwork{t: t, dir: dir, base: base, done: make(chan error, 1)}
	var err error
	d.out, err = os.Create(dir + ".out")
	require.NoError(t, err)
	d.cmd = exec.Command(filepath.Join(programs(t), "jaliya"), "localnet", "--day", "--pace", dayPace, "--posts", strconv.Itoa(dayPosts), //nolint:noctx // ended by the signal that it is about
		"--dir", dir, "--port-base", strconv.Itoa(base))
	d.cmd.Stdout, d.cmd.Stderr = d.out, d.out
	require.NoError(t, d.cmd.Start())
	go func() { d.done <- d.cmd.Wait() }()
	t.Cleanup(func() {
		d.interrupt()
		require.NoError(t, d.out.Close())
	})
	return d
}

// interrupt is Ctrl-C, once.
func (d *dayNetwork) interrupt() {
	d.t.Helper()
	if d.cmd.ProcessState != nil {
		return
	}
	require.NoError(d.t, d.cmd.Process.Signal(syscall.SIGINT))
	select {
	case err := <-d.done:
		require.NoError(d.t, err, d.said())
	case <-time.After(dayEnding):
		require.Fail(d.t, "it did not end", d.said())
	}
}

func (d *dayNetwork) said() string {
	d.t.Helper()
	raw, err := os.ReadFile(d.dir + ".out")
	require.NoError(d.t, err)
	return string(raw)
}

// until waits for a condition while the network lives.
func (d *dayNetwork) until(what string, ok func() bool) {
	d.t.Helper()
	deadline := time.After(dayWithin)
	for !ok() {
		select {
		case err := <-d.done:
			require.Fail(d.t, "it ended before "+what, "%v\n%s", err, d.said())
		case <-deadline:
			require.Fail(d.t, "not within "+dayWithin.String()+": "+what, d.said())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// read reads what the network says of itself, and tells whether it did.
func (d *dayNetwork) read() bool {
	d.t.Helper()
	raw, err := os.ReadFile(filepath.Join(d.dir, "localnet.json"))
	return err == nil && json.Unmarshal(raw, &d.told) == nil && len(d.told.Posts) == dayPosts
}

// looks tells whether there is this to look at, and what.
func (d *dayNetwork) looks(key string) string {
	for _, l := range d.told.Look {
		if l.Key == key {
			return l.Text
		}
	}
	return ""
}

// ask asks a desk as the first of its accounts.
func (d *dayNetwork) ask(post int, path string, into any) bool {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.told.Posts[post].Desk+"/api/v1"+path, nil)
	require.NoError(d.t, err)
	r.Header.Set("Authorization", "Bearer "+d.told.Posts[post].Accounts[0].Token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK && json.NewDecoder(response.Body).Decode(into) == nil
}

// TestLivingDay: within a bounded time visits are secured, a post is cut off and
// holds a backlog, a bag is late, the hub has refused an entry, a record is under
// way; what is said is so when desks and ledger are asked; and Ctrl-C ends it all.
func TestLivingDay(t *testing.T) {
	dir, base := filepath.Join(t.TempDir(), "net"), dayBase(t)
	d := startDay(t, dir, base)
	d.until("all that there is to look at", func() bool {
		return d.read() && d.looks("cut-off") != "" && d.looks("late") != "" && d.looks("refused") != "" &&
			d.looks("verify") != "" && d.looks("record") != ""
	})
	backlog := d.backlog()
	d.until("visits to be secured", func() bool { return d.receipted() >= dayVisits })
	d.startPage()
	d.until("the first post to come back", func() bool { return strings.Contains(d.said(), "and all that it held is secured nationally") })
	require.Positive(t, backlog)
	children := childrenOf(t, d.cmd.Process.Pid)
	require.GreaterOrEqual(t, len(children), dayPosts+5)
	d.interrupt()
	for _, pid := range children {
		require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH, "a process is left")
	}
	require.True(t, isFree(t, "tcp", loopbackPort(base)))
	require.True(t, isFree(t, "udp", loopbackPort(base+2)))
	require.NotContains(t, d.said(), "did not succeed")
	d.ledger()
	d.again()
}

// again starts the same network on the same ports, where the same people sign in,
// and who was enrolled before gets a card.
func (d *dayNetwork) again() {
	d.t.Helper()
	waiting := d.waiting()
	require.NotEmpty(d.t, waiting)
	next := startDay(d.t, d.dir, d.base)
	next.until("the network to be there again", func() bool { return strings.Contains(next.said(), "ready:") && next.read() })
	require.Equal(d.t, d.told.Posts, next.told.Posts)
	require.Equal(d.t, d.told.Officers, next.told.Officers)
	next.until("a card in a hand", func() bool {
		now := next.waiting()
		return slices.ContainsFunc(waiting, func(reference string) bool { return !slices.Contains(now, reference) })
	})
	next.interrupt()
}

// waiting lists who waits for a card, by reference.
func (d *dayNetwork) waiting() []string {
	d.t.Helper()
	raw, err := os.ReadFile(filepath.Join(d.dir, "waiting.json"))
	require.NoError(d.t, err)
	var book map[string]json.RawMessage
	require.NoError(d.t, json.Unmarshal(raw, &book))
	return slices.Collect(maps.Keys(book))
}

func dayBase(t *testing.T) int {
	t.Helper()
	base, err := strconv.Atoi(portBase(t))
	require.NoError(t, err)
	return base
}

// backlog waits until the post that is cut off says so, with entries that nobody
// else has.
func (d *dayNetwork) backlog() (held int) {
	d.t.Helper()
	d.until("a backlog", func() bool {
		var s struct {
			Unsecured int `json:"unsecured"`
			Link      struct {
				Connected bool `json:"connected"`
			} `json:"link"`
		}
		if d.ask(0, "/status", &s) && !s.Link.Connected {
			held = max(held, s.Unsecured)
		}
		return held > 3
	})
	return held
}

// receipted counts the entries of the other posts that are under a receipt.
func (d *dayNetwork) receipted() (n int) {
	d.t.Helper()
	for post := range d.told.Posts[1:] {
		var s struct {
			Receipted int `json:"receipted"`
		}
		if d.ask(post+1, "/status", &s) {
			n += s.Receipted
		}
	}
	return n
}

// startPage wants every place and everybody with the code that is good now, and no
// answer under another name.
func (d *dayNetwork) startPage() {
	d.t.Helper()
	get := func(host string) (int, string) {
		r, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.told.Start+"/", nil)
		require.NoError(d.t, err)
		if host != "" {
			r.Host = host
		}
		r.Header.Set("Accept-Language", "en")
		response, err := http.DefaultClient.Do(r)
		require.NoError(d.t, err)
		defer response.Body.Close()
		var text bytes.Buffer
		_, err = text.ReadFrom(response.Body)
		require.NoError(d.t, err)
		return response.StatusCode, text.String()
	}
	status, page := get("")
	require.Equal(d.t, http.StatusOK, status)
	for _, want := range []string{d.told.Portal, d.told.Console, d.told.Posts[dayPosts-1].Desk, "Amina Bennani", "is late"} {
		require.Contains(d.t, page, want)
	}
	operates := d.consoleHas("/operate")
	require.Equal(d.t, operates, strings.Contains(page, "/operate"))
	require.Equal(d.t, operates, strings.Contains(page, "Operator of the national platform"))
	require.NotRegexp(d.t, `localnet\.[a-z_]+`, page, "a key without words")
	codes := regexp.MustCompile(`>[0-9]{6}<`).FindAllString(page, -1)
	require.Len(d.t, codes, 2*dayPosts+len(d.told.Officers)+officersOfRecords)
	status, _ = get("evil.example:80")
	require.Equal(d.t, http.StatusMisdirectedRequest, status)
}

// consoleHas tells whether the console has a page that its API has too.
func (d *dayNetwork) consoleHas(path string) bool {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.told.Console+"/api/v1"+path, nil)
	require.NoError(d.t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(d.t, err)
	require.NoError(d.t, response.Body.Close())
	return response.StatusCode != http.StatusNotFound
}

// childrenOf gives the processes of a process.
func childrenOf(t *testing.T, pid int) (list []int) {
	t.Helper()
	tasks, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	require.NoError(t, err)
	for _, file := range tasks {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		for field := range strings.FieldsSeq(string(raw)) {
			child, err := strconv.Atoi(field)
			require.NoError(t, err)
			list = append(list, child)
		}
	}
	return list
}

// ledger asks the state that the hub left: what was to be seen has happened there.
func (d *dayNetwork) ledger() {
	d.t.Helper()
	db, err := kv.Open(filepath.Join(d.dir, "hub", "ledger.db"), kv.Options{ReadOnly: true})
	require.NoError(d.t, err)
	defer func() { require.NoError(d.t, db.Close()) }()
	views := ledger.NewViews(db)
	refused, err := views.RefusedEntries(0, 10)
	require.NoError(d.t, err)
	require.NotEmpty(d.t, refused)
	late, records, cards := 0, 0, 0
	cases, err := views.Cases(0, 512)
	require.NoError(d.t, err)
	for _, c := range cases {
		switch workflow.Kind(c.Flow.Kind) {
		case workflow.KindPouch:
			p, err := views.PouchNumber(c.Number)
			require.NoError(d.t, err)
			for _, line := range p.Timeline {
				if workflow.Event(line.Event) == workflow.BagLate {
					late++
				}
			}
		case workflow.KindRecord:
			if workflow.State(c.Flow.State) == workflow.WithIssuer {
				records++
			}
		case workflow.KindCNIE:
			cards++
		}
	}
	require.Positive(d.t, late)
	require.Positive(d.t, records, "a record is under way")
	require.GreaterOrEqual(d.t, cards, dayVisits)
}
