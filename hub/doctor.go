package hub

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"jaliya/internal/config"
	"jaliya/internal/doctor"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/link/pki"
	"jaliya/internal/telemetry"
)

// patient is the member under examination: what its files say, and what the
// running process says of itself.
type patient struct {
	path    string
	cfg     Config
	wrong   error
	keys    *keys
	running bool
	status  Status
	health  telemetry.Report
}

// Examine is `hub doctor` for a member, with the member running or not. It
// changes nothing.
func Examine(ctx context.Context, path string) doctor.Examined {
	p := &patient{path: path}
	p.wrong = config.Load(path, &p.cfg)
	p.cfg = p.cfg.WithDefaults()
	who := ""
	if raw, err := os.ReadFile(p.cfg.keyPath(fileMember)); err == nil {
		if id, err := pki.ParseIdentity(string(raw)); err == nil {
			who = id.Name
		}
	}
	r := doctor.Run(ctx, doctor.Patient{Role: "member", Who: who}, p.checks(), nil)
	return doctor.Examined{Report: r, Parts: p.parts(ctx)}
}

// checks are the steps in the order in which a record arrives.
func (p *patient) checks() []doctor.Check {
	return []doctor.Check{
		{Step: "config", Run: func(context.Context) []doctor.Finding {
			return []doctor.Finding{doctor.Config(p.path, p.wrong)}
		}},
		{Step: "disk", Needs: []string{"config"}, Run: func(context.Context) []doctor.Finding {
			return doctor.Disk(p.cfg.Dir, p.cfg.Vault.Reserve.Bytes())
		}},
		{Step: "sync", Needs: []string{"config", "disk"}, Run: func(context.Context) []doctor.Finding { return doctor.Sync(p.cfg.Dir) }},
		{Step: "keys", Needs: []string{"config", "disk"}, Run: p.checkKeys},
		{Step: "process", Needs: []string{"config"}, Run: p.checkProcess},
		{Step: "ledger", Needs: []string{"config", "disk"}, Run: p.checkLedger},
		{Step: "certificates", Needs: []string{"config", "keys"}, Run: p.checkCertificates},
		{Step: "leader", Needs: []string{"config", "process"}, Run: p.checkLeader},
		{Step: "ports", Needs: []string{"config", "keys"}, Run: p.checkPorts},
		{Step: "vault", Needs: []string{"config"}, Run: p.checkVault},
		{Step: "outside", Needs: []string{"config"}, Run: p.checkOutside},
	}
}

func one(code doctor.Code, facts doctor.Facts) []doctor.Finding {
	return []doctor.Finding{{Code: code, Facts: facts}}
}

// checkKeys opens what the member holds. Opening a ring makes its directory, so
// one that is not there is not opened.
func (p *patient) checkKeys(context.Context) []doctor.Finding {
	if _, err := os.Stat(p.cfg.keyPath(fileCluster)); err != nil {
		return doctor.Keys(fault.New(fault.NotFound, "hub: examine keys", fileCluster, err))
	}
	if _, err := p.cfg.custody(false); err != nil {
		return []doctor.Finding{{Code: "keys-locked"}}
	}
	if _, err := os.Stat(p.cfg.keyPath("member")); err != nil {
		return doctor.Keys(fault.New(fault.NotFound, "hub: examine keys", "member", err))
	}
	var err error
	p.keys, err = loadKeys(p.cfg)
	return doctor.Keys(err)
}

func (p *patient) checkProcess(ctx context.Context) []doctor.Finding {
	err := doctor.Ask(ctx, p.cfg.Admin.Listen, "/readyz", &p.health)
	p.running = err == nil
	return doctor.Process(p.health, err)
}

// checkLedger looks at the file of a stopped member; a running one has it open
// and answers for it.
func (p *patient) checkLedger(context.Context) []doctor.Finding {
	path := filepath.Join(p.cfg.Dir, "ledger.db")
	if p.running {
		for _, f := range p.health.Functions {
			if f.Name == "ledger" && !f.OK {
				return one("ledger-damaged", nil)
			}
		}
		return one("ledger-good", nil)
	}
	if reason, suspect := kv.Suspect(path); suspect {
		return one("ledger-suspect", doctor.Facts{"suspect": reason})
	}
	db, err := kv.Open(path, kv.Options{ReadOnly: true, LockTimeout: time.Second})
	switch {
	case fault.Is(err, fault.NotFound):
		return one("ledger-missing", nil)
	case fault.Is(err, fault.Unavailable):
		return one("ledger-held", nil)
	case err != nil:
		return one("ledger-damaged", nil)
	}
	if err := db.Close(); err != nil {
		return one("ledger-damaged", nil)
	}
	return one("ledger-good", nil)
}

func (p *patient) checkCertificates(context.Context) []doctor.Finding {
	var list []doctor.Certificate
	if held, err := p.keys.ring.Credential(pki.SlotWorking); err == nil {
		list = append(list, doctor.Certificate{Name: "working", Leaf: held.Leaf})
	}
	if a := p.keys.authority(pki.Member); a != nil {
		list = append(list, doctor.Certificate{Name: "authority", Leaf: a.Cert})
	}
	return doctor.Certificates(append(list, doctor.Certificate{Name: "root", Leaf: p.keys.trust.Root}), time.Now())
}

// checkLeader asks for what only the member's own commands are told, over its
// socket.
func (p *patient) checkLeader(ctx context.Context) []doctor.Finding {
	for _, f := range p.health.Functions {
		if f.Name == "leader" && !f.OK {
			return one("leader-none", nil)
		}
	}
	var err error
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if p.status, err = AskStatus(ctx, p.cfg); err != nil {
		return one("leader-none", nil)
	}
	role := "@doctor.leader.follows"
	if p.status.Leader {
		role = "@doctor.leader.leads"
	}
	return one("leader-good", doctor.Facts{"role": role, "applied": utoa(p.status.Applied), "nodes": utoa(uint64(len(p.status.Nodes)))})
}

// parts are the files that only a member has.
func (p *patient) parts(ctx context.Context) []doctor.Part {
	var out []doctor.Part
	if !p.running {
		return out
	}
	out = append(out,
		doctor.JSON("health.json", "functions of the running member", p.health),
		doctor.JSON("status.json", "applied index, counts, nodes by number", p.status))
	if metrics, err := doctor.Fetch(ctx, p.cfg.Admin.Listen, "/metrics"); err == nil {
		out = append(out, doctor.Part{Name: "metrics.txt", About: "what the running member has counted", Data: metrics})
	}
	return out
}
