package localnet

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	for i, a := range t.ailments(post, agent) {
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

func (t *teller) ailments(p *Post, agent *client) []ailment {
	wall := func(packets int64) func(context.Context) error {
		return func(context.Context) error { p.relay.Wall(packets); return nil }
	}
	ring := filepath.Join(p.dir, "keys")
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
			tell:  "a key of the configuration is misspelt",
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
		raw, err := os.ReadFile(config)
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

// shortSecret is what a text of a person must have to be looked for: shorter ones
// stand in other words.
const shortSecret = 5

// supportFile enrols somebody, writes a support file with the whole log of the
// node, and looks through it for what was said of the person.
func (t *teller) supportFile(ctx context.Context, p *Post) error {
	const op = "localnet: look through support file"
	v := t.people.visitor(p)
	r, err := enrol(ctx, newClient(p, p.account(access.Agent)), newClient(p, p.account(access.Supervisor)), v)
	if err != nil {
		return err
	}
	t.step(r.Level, "a visit is saved at %s under reference %s", p.City, r.Printed)
	file := filepath.Join(t.net.dir, "support.zip")
	_, _, err = t.net.doctor(ctx, "--config", p.config, "--json", "--support", file, "--log", filepath.Join(t.net.dir, p.process.name+".log"))
	if err != nil {
		return err
	}
	archive, err := zip.OpenReader(file)
	if err != nil {
		return fault.New(fault.Storage, op, file, err)
	}
	defer func() { _ = archive.Close() }() // only read
	size, names := 0, []string{}
	for _, f := range archive.File {
		text, err := unpack(f)
		if err != nil {
			return fault.New(fault.Corrupt, op, f.Name, err)
		}
		names, size = append(names, f.Name), size+len(text)
		for _, secret := range append(secrets([]any{v.Groups["person"], v.Groups["contact"]}), r.Printed, strings.ReplaceAll(r.Printed, "-", ""), r.SlipCode, p.Accounts[0].Token) {
			if len(secret) >= shortSecret && strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
				return fault.New(fault.Internal, op, f.Name+" holds something of the person "+secret, nil)
			}
		}
	}
	for _, name := range []string{"CONTENTS.txt", "doctor.en.txt", "inside.json", "config.toml", "log.txt"} {
		if !slices.Contains(names, name) {
			return fault.New(fault.Internal, op, name+" is not in it", nil)
		}
	}
	t.step("", "the support file holds %d files, %d bytes, and nothing of the person", len(names), size)
	return nil
}

// secrets are all texts that were entered of a person: names, numbers, dates,
// places, addresses.
func secrets(v any) (out []string) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return nil
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, one := range v {
				walk(one)
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		case string:
			if len(v) >= shortSecret {
				out = append(out, v)
			}
		}
	}
	walk(tree)
	return out
}

func unpack(f *zip.File) (string, error) {
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(r)
	return string(raw), errors.Join(err, r.Close())
}

// readiness is what a program says of itself at /readyz.
func readiness(ctx context.Context, admin string) (r telemetry.Report, err error) {
	raw, err := get(ctx, "http://"+admin+"/readyz")
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	return r, err
}
