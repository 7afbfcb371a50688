package e2e

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	node "jaliya/consulate-node"
	"jaliya/hub"
	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

const (
	historyPeople  = 3
	historyClients = 4
)

// TestKillHubHistory kills -9 a hub while clients change and list the staff of a
// post over its own API, and wants one order that explains every answer (I16):
// what was confirmed is there after the kill, and what nobody confirmed is there
// once, or not at all.
func TestKillHubHistory(t *testing.T) {
	kills := wholeKills
	if asked := os.Getenv(envKills); asked != "" {
		var err error
		kills, err = strconv.Atoi(asked)
		require.NoError(t, err)
	}
	h := newKilledHub(t)
	var operations, unknown int
	for n := range kills {
		b := h.segment(t)
		require.True(t, b.linear(h.roles), "I16: kill %d, %d operations after %v:\n%s", n, len(b.seen), h.roles, b)
		operations += len(b.seen)
		unknown += b.unknown
		h.settle(t)
	}
	require.NoError(t, h.stop())
	fmt.Printf("hub-history: %d kills, %d operations in as many histories, %d outcomes unknown, 0 lost\n", kills, operations, unknown)
}

// killedHub is a hub in a process of its own, with a post that has staff.
type killedHub struct {
	cfg   hub.Config
	file  string
	cmd   *exec.Cmd
	staff []wire.StaffID
	roles map[wire.StaffID]string // as they stand at a quiet moment
}

func newKilledHub(t *testing.T) *killedHub {
	t.Helper()
	dir := t.TempDir()
	h := &killedHub{file: filepath.Join(dir, "hub.toml"), roles: map[wire.StaffID]string{}, cfg: hub.Config{
		Dir: filepath.Join(dir, "hub"), Nodes: hub.Nodes{Listen: freePort(t, "udp")},
		Cluster: hub.ClusterConfig{Listen: freePort(t, "udp")}, Admin: hub.Admin{Listen: freePort(t, "tcp")},
	}.WithDefaults()}
	require.NoError(t, os.WriteFile(h.file, fmt.Appendf(nil, "dir = %q\n[nodes]\nlisten = %q\n[cluster]\nlisten = %q\n[admin]\nlisten = %q\n",
		h.cfg.Dir, h.cfg.Nodes.Listen, h.cfg.Cluster.Listen, h.cfg.Admin.Listen), 0o600))
	_, err := hub.Init(h.cfg, hub.InitOptions{Name: "rabat-1", Passphrase: "a test passphrase", WorkFactor: 1, Now: time.Now()})
	require.NoError(t, err)
	h.start(t)
	t.Cleanup(func() { _ = h.cmd.Process.Kill() })
	reply, err := hub.AskInvite(t.Context(), h.cfg, hub.InviteRequest{Post: "FR-LYO", Addresses: []string{h.cfg.Nodes.Listen}, Hours: 1})
	require.NoError(t, err)
	invitation, err := wire.ParseInvitation(reply.Invitation)
	require.NoError(t, err)
	_, err = node.Join(t.Context(), node.Config{
		Dir: filepath.Join(dir, "node"), Admin: node.Admin{Listen: freePort(t, "tcp")}, Desk: node.Desk{Listen: freePort(t, "tcp")},
	}.WithDefaults(), invitation)
	require.NoError(t, err)
	for range historyPeople {
		r, err := hub.AskStaff(t.Context(), h.cfg, hub.StaffRequest{Action: "add", Post: "FR-LYO", Role: "agent", Name: "Somebody"})
		require.NoError(t, err)
		h.staff = append(h.staff, r.Staff)
		h.roles[r.Staff] = "agent"
	}
	return h
}

// start starts the process and waits until it leads.
func (h *killedHub) start(t *testing.T) {
	t.Helper()
	h.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(programs(t), "hub"), "serve", "--config", h.file)
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, h.cmd.Start())
	require.Eventually(t, func() bool {
		st, err := hub.AskStatus(t.Context(), h.cfg)
		return err == nil && st.Leader
	}, patience, 10*time.Millisecond)
}

func (h *killedHub) stop() error {
	if err := h.cmd.Process.Kill(); err != nil {
		return err
	}
	return ignoreExit(h.cmd.Wait())
}

// segment has clients work until the hub is killed, starts it again and reads
// what stands there now.
func (h *killedHub) segment(t *testing.T) *staffHistory {
	t.Helper()
	b := &staffHistory{begun: time.Now()}
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for id := range historyClients {
		clients.Go(func() {
			for ctx.Err() == nil {
				h.act(ctx, b, id)
			}
		})
	}
	<-time.After(50*time.Millisecond + rand.N(400*time.Millisecond))
	require.NoError(t, h.stop())
	stop()
	clients.Wait()
	h.start(t)
	h.list(t.Context(), b, historyClients)
	return b
}

func (h *killedHub) act(ctx context.Context, b *staffHistory, id int) {
	if rand.IntN(3) == 0 {
		h.list(ctx, b, id)
		return
	}
	roles := access.PostRoles()
	h.change(ctx, b, id, staffWrite{h.staff[rand.IntN(len(h.staff))], string(roles[rand.IntN(len(roles))])})
}

// staffWrite gives a role; staffRead asks for it.
type (
	staffWrite struct {
		staff wire.StaffID
		role  string
	}
	staffRead struct{ staff wire.StaffID }
)

func (h *killedHub) change(ctx context.Context, b *staffHistory, id int, w staffWrite) bool {
	call := time.Now()
	_, err := hub.AskStaff(ctx, h.cfg, hub.StaffRequest{Action: "role", Staff: string(w.staff), Role: w.role})
	switch {
	case err == nil:
		b.add(porcupine.Operation{ClientId: id, Input: w, Call: b.at(call), Output: true, Return: b.at(time.Now())})
	case notDone(err):
	default: // it may have been done, now or later
		b.add(porcupine.Operation{ClientId: id, Input: w, Call: b.at(call), Output: false, Return: math.MaxInt64})
	}
	return err == nil
}

// notDone says that a change never will be: the hub was not reached, or said so.
func notDone(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT) ||
		fault.Is(err, fault.Conflict) && strings.Contains(err.Error(), "conflict: ")
}

func (h *killedHub) list(ctx context.Context, b *staffHistory, id int) {
	call := time.Now()
	lines, err := hub.AskStaffList(ctx, h.cfg, hub.ListRequest{Post: "FR-LYO"})
	if err != nil {
		return
	}
	back := time.Now()
	for _, l := range lines {
		b.add(porcupine.Operation{ClientId: id, Input: staffRead{l.Staff}, Call: b.at(call), Output: l.Role, Return: b.at(back)})
	}
}

// settle writes once more to everybody, behind everything whose outcome was not
// known, so that the next history begins with what is certain.
func (h *killedHub) settle(t *testing.T) {
	t.Helper()
	b := &staffHistory{begun: time.Now()}
	for _, id := range h.staff {
		require.Eventually(t, func() bool { return h.change(t.Context(), b, 0, staffWrite{id, "agent"}) }, patience, 10*time.Millisecond)
		h.roles[id] = "agent"
	}
}

// staffHistory is what clients did and were told.
type staffHistory struct {
	begun   time.Time
	mu      sync.Mutex // guards what follows
	seen    []porcupine.Operation
	unknown int
}

func (b *staffHistory) at(t time.Time) int64 { return int64(t.Sub(b.begun)) }

func (b *staffHistory) add(o porcupine.Operation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o.Return == math.MaxInt64 {
		b.unknown++
	}
	b.seen = append(b.seen, o)
}

// linear reports whether one order explains all answers, of each member of staff.
func (b *staffHistory) linear(before map[wire.StaffID]string) bool {
	byStaff := map[wire.StaffID][]porcupine.Operation{}
	for _, o := range b.seen {
		switch in := o.Input.(type) {
		case staffWrite:
			byStaff[in.staff] = append(byStaff[in.staff], o)
		case staffRead:
			byStaff[in.staff] = append(byStaff[in.staff], o)
		}
	}
	for id, ops := range byStaff {
		model := porcupine.Model{
			Init: func() any { return before[id] },
			Step: func(state, input, output any) (bool, any) {
				if w, writes := input.(staffWrite); writes {
					return true, w.role
				}
				return output == state, state
			},
		}
		if !porcupine.CheckOperations(model, ops) {
			return false
		}
	}
	return true
}

// String lists a history, for whoever must find out.
func (b *staffHistory) String() string {
	var s strings.Builder
	for _, o := range b.seen {
		fmt.Fprintf(&s, "%d: %+v -> %v, %d to %d\n", o.ClientId, o.Input, o.Output, o.Call, o.Return)
	}
	return s.String()
}

// TestStaffHistorySees is the control: a role that was confirmed is gone, or
// comes back.
func TestStaffHistorySees(t *testing.T) {
	const id = wire.StaffID("LYO-1")
	write := func(role string, call, back int64) porcupine.Operation {
		return porcupine.Operation{Input: staffWrite{id, role}, Call: call, Output: true, Return: back}
	}
	read := func(role string, call int64) porcupine.Operation {
		return porcupine.Operation{Input: staffRead{id}, Call: call, Output: role, Return: call + 1}
	}
	holds := func(ops ...porcupine.Operation) bool {
		return (&staffHistory{seen: ops}).linear(map[wire.StaffID]string{id: "agent"})
	}
	require.True(t, holds(write("auditor", 1, 2), read("auditor", 3)))
	require.False(t, holds(write("auditor", 1, 2), read("agent", 3)), "lost")
	require.True(t, holds(write("auditor", 1, math.MaxInt64), read("agent", 3), read("auditor", 5)))
	require.False(t, holds(write("auditor", 1, math.MaxInt64), read("auditor", 3), read("agent", 5)), "taken back")
	require.True(t, notDone(syscall.ECONNREFUSED))
	require.False(t, notDone(fault.New(fault.Unavailable, "test", "", nil)))
}
