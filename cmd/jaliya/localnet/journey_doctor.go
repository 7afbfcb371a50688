package localnet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

// ailment is something that is made wrong at a post, and what its doctor must
// say of it.
type ailment struct {
	tell  string
	ail   func(ctx context.Context) error
	mend  func(ctx context.Context) error // nil: nothing is to be mended
	edit  func(config string) string      // of the configuration that the doctor reads; nil: the post's own
	steps map[string]string               // code by step
	first int                             // number in the sentence for the telephone
	bad   bool                            // the doctor ends with 1
	ready string                          // what /readyz says meanwhile; empty: not asked
}

// told is as much of a doctor's JSON as the journey looks at.
type told struct {
	State string `json:"state"`
	Phone string `json:"phone"`
	Steps []struct {
		Step   string `json:"step"`
		Code   string `json:"code"`
		Number int    `json:"number"`
	} `json:"steps"`
}

func (d told) has(step, code string) bool {
	for _, s := range d.Steps {
		if s.Step == step && s.Code == code {
			return true
		}
	}
	return false
}

// examined breaks a post in one way after the other, and asks its doctor each
// time, in one of the three languages of staff.
func examined(ctx context.Context, t *teller) error {
	post := t.net.Posts[0]
	agent := newClient(post, post.account(access.Agent))
	if err := t.awaitLink(ctx, agent, true); err != nil {
		return err
	}
	for i, a := range append(t.onTheRoad(post, agent), t.onTheMachine(post, agent)...) {
		t.step("", "%s", a.tell)
		if a.ail != nil {
			if err := a.ail(ctx); err != nil {
				return err
			}
		}
		err := t.examine(ctx, post, a, []string{"en", "fr", "ar"}[i%3])
		if a.mend != nil {
			err = errors.Join(err, a.mend(ctx))
		}
		if err != nil {
			return err
		}
	}
	return t.supportFile(ctx, post)
}

// onTheRoad are ailments of the network between a post and the hub.
func (t *teller) onTheRoad(p *Post, agent *client) []ailment {
	wall := func(packets int64) func(context.Context) error {
		return func(context.Context) error { p.relay.Wall(packets); return nil }
	}
	return []ailment{
		{
			tell: "the network drops UDP",
			steps: map[string]string{
				"process": "process-good", "reach": "reach-walled", "tunnel": "tunnel-good", "path": "path-tcp", "link": "link-good",
			}, first: 204, ready: telemetry.StatusReady,
		},
		{
			tell: "the network starves UDP", ail: wall(firstPackets), mend: wall(-1),
			steps: map[string]string{"reach": "reach-walled", "tunnel": "tunnel-good"}, first: 204,
		},
		{
			tell: "nothing is wrong", ready: telemetry.StatusReady,
			steps: map[string]string{"process": "process-good", "reach": "reach-good", "tunnel": "tunnel-good", "link": "link-good"},
		},
		{
			tell: "the line is cut",
			ail:  func(ctx context.Context) error { p.relay.Cut(); return t.awaitLink(ctx, agent, false) },
			mend: func(ctx context.Context) error { p.relay.Restore(); return t.awaitLink(ctx, agent, true) },
			steps: map[string]string{
				"process": "process-degraded", "reach": "reach-silent", "tunnel": "tunnel-cut", "link": "link-down", "desk": "desk-plain",
			}, first: 194, bad: true, ready: telemetry.StatusDegraded,
		},
	}
}

// onTheMachine are ailments of a post's configuration, its printer, its program
// and its keys.
func (t *teller) onTheMachine(p *Post, agent *client) []ailment {
	ring := filepath.Join(p.dir, "keys")
	return []ailment{
		{
			tell:  "the port of the hub is wrong",
			edit:  func(c string) string { return strings.ReplaceAll(c, p.relay.Address(), "127.0.0.1:9") },
			steps: map[string]string{"reach": "reach-closed", "tunnel": "tunnel-closed", "link": "link-good"}, first: 193, bad: true,
		},
		{
			tell:  "the name of the hub is wrong", // RFC 6761 section 6.4
			edit:  func(c string) string { return strings.ReplaceAll(c, p.relay.Address(), "hub.invalid:7700") },
			steps: map[string]string{"names": "names-failed", "reach": "skipped"}, first: 182, bad: true,
		},
		{
			tell:  "the configuration has an unknown key",
			edit:  func(c string) string { return strings.Replace(c, "hubs =", "hub =", 1) },
			steps: map[string]string{"config": "config-wrong", "disk": "skipped", "reach": "skipped", "link": "skipped"}, first: unreadable, bad: true,
		},
		{
			tell:  "the printer is not there",
			edit:  func(c string) string { return strings.ReplaceAll(c, t.net.printer, "127.0.0.1:9") },
			steps: map[string]string{"reach": "reach-good", "printer": "printer-unreachable"}, first: 263, bad: true,
		},
		{
			tell: "the program does not run", ail: func(context.Context) error { return p.process.stop() },
			steps: map[string]string{
				"process": "process-stopped", "journal": "journal-good", "reach": "reach-good", "tunnel": "tunnel-good", "link": "skipped",
			}, first: 162, bad: true,
		},
		{
			tell: "the keys are gone", ail: func(context.Context) error { return os.Rename(ring, ring+".away") },
			mend: func(ctx context.Context) error {
				return errors.Join(os.Rename(ring+".away", ring),
					t.net.programs.start(ctx, p.process, "consulate-node", "serve", "--config", p.config), t.awaitLink(ctx, agent, true))
			},
			steps: map[string]string{"keys": "keys-missing", "certificates": "skipped", "reach": "skipped"}, first: 132, bad: true,
		},
	}
}

// examine asks the doctor and holds it to what an ailment says.
func (t *teller) examine(ctx context.Context, p *Post, a ailment, language string) error {
	const op = "localnet: examine"
	config := p.config
	if a.edit != nil {
		raw, err := os.ReadFile(config) //nolint:gosec // our own file
		if err != nil {
			return fault.New(fault.Storage, op, config, err)
		}
		config = filepath.Join(t.net.dir, "examined.toml")
		if err := write(config, a.edit(string(raw))); err != nil {
			return err
		}
	}
	if a.ready != "" {
		r, err := readiness(ctx, p.Admin)
		if err != nil || r.Status != a.ready {
			return fault.New(fault.Internal, op, a.tell+": /readyz says "+r.Status, err)
		}
	}
	d, failed, err := t.net.doctor(ctx, "--config", config, "--json", "--language", language)
	if err != nil {
		return err
	}
	t.step("", "  %s", d.Phone)
	if failed != a.bad {
		return fault.New(fault.Internal, op, a.tell+": exit code", nil)
	}
	for step, code := range a.steps {
		if !d.has(step, code) {
			return fault.New(fault.Internal, op, a.tell+": not "+code+" at "+step, nil)
		}
	}
	who := string(p.ID)
	if a.first == unreadable {
		who = "" // nobody knows whose the configuration is
	}
	if !strings.Contains(d.Phone, strconv.Itoa(a.first)) || !strings.Contains(d.Phone, who) {
		return fault.New(fault.Internal, op, a.tell+": the sentence says no "+strconv.Itoa(a.first), nil)
	}
	return nil
}

// unreadable is the number of a configuration that is wrong.
const unreadable = 104

// doctor runs a node's doctor; failed says that it ended with 1.
func (n *Network) doctor(ctx context.Context, args ...string) (d told, failed bool, err error) {
	const op = "localnet: run doctor"
	cmd := exec.CommandContext(ctx, n.programs.path("jaliya"), append([]string{"doctor"}, args...)...) //nolint:gosec // our own program
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || exit.ExitCode() != 1 {
			return d, false, fault.New(fault.Other, op, strings.TrimSpace(errs.String()), err)
		}
		failed = true
	}
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		return d, failed, fault.New(fault.Invalid, op, "its JSON", err)
	}
	return d, failed, nil
}

// readiness is what a program says of itself at /readyz.
func readiness(ctx context.Context, admin string) (r telemetry.Report, err error) {
	raw, err := get(ctx, "http://"+admin+"/readyz")
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	return r, err
}
