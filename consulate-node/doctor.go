package node

import (
	"context"
	"os"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/doctor"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
)

// patient is the machine under examination: what its files say, and what the
// running node says of itself, asked over the admin listener or directly.
type patient struct {
	path     string // of the configuration file, "" from inside
	cfg      Config
	wrong    error // why the configuration cannot be read
	who      identity
	national national
	keys     *keys
	uplink   *uplink
	ask      func(context.Context) (Inside, error)

	inside   Inside // after the step "process"
	running  bool
	reached  bool  // a hub was, over one of the roads
	standErr error // of the journal on disk, when nothing runs
}

// Examine is `consulate-node doctor`: the whole path from this machine to the
// hub, with the node running or not. It changes nothing.
func Examine(ctx context.Context, path string) doctor.Report { return examined(path).run(ctx, nil) }

// Examine is the same from inside the running node, for its screen.
func (n *Node) Examine(ctx context.Context, seen func(doctor.Report)) doctor.Report {
	return n.patient().run(ctx, seen)
}

func (p *patient) run(ctx context.Context, seen func(doctor.Report)) doctor.Report {
	return doctor.Run(ctx, doctor.Patient{Role: "node", Who: string(p.who.Post)}, p.checks(), seen)
}

// checks are the steps in the order of the path.
func (p *patient) checks() []doctor.Check {
	return []doctor.Check{
		{Step: "config", Run: p.checkConfig},
		{Step: "disk", Needs: []string{"config"}, Run: p.checkDisk},
		{Step: "sync", Needs: []string{"config", "disk"}, Run: p.checkSync},
		{Step: "keys", Needs: []string{"config", "disk"}, Run: p.checkKeys},
		{Step: "process", Needs: []string{"config"}, Run: p.checkProcess},
		{Step: "journal", Needs: []string{"config", "disk"}, Run: p.checkJournal},
		{Step: "clock", Needs: []string{"config"}, Run: p.checkClock},
		{Step: "certificates", Needs: []string{"config", "keys"}, Run: p.checkCertificates},
		{Step: "names", Needs: []string{"config", "keys"}, Run: p.checkNames},
		{Step: "reach", Needs: []string{"config", "keys", "names"}, Run: p.checkReach},
		{Step: "link", Needs: []string{"config", "process"}, Run: p.checkLink},
		{Step: "backlog", Needs: []string{"config", "journal"}, Run: p.checkBacklog},
		{Step: "receipt", Needs: []string{"config", "journal"}, Run: p.checkReceipt},
		{Step: "desk", Needs: []string{"config", "keys", "process"}, Run: p.checkDesk},
		{Step: "printer", Needs: []string{"config"}, Run: p.checkPrinter},
		{Step: "device", Needs: []string{"config"}, Run: p.checkDevice},
	}
}

func one(code doctor.Code, facts doctor.Facts) []doctor.Finding {
	return []doctor.Finding{{Code: code, Facts: facts}}
}

func (p *patient) checkConfig(context.Context) []doctor.Finding {
	return []doctor.Finding{doctor.Config(p.path, p.wrong)}
}

func (p *patient) checkDisk(context.Context) []doctor.Finding {
	return doctor.Disk(p.cfg.Dir, 3*maxEnrolment)
}

func (p *patient) checkSync(context.Context) []doctor.Finding { return doctor.Sync(p.cfg.Dir) }

// checkKeys opens what the node holds. Opening a ring makes its directory, so
// one that is not there is not opened.
func (p *patient) checkKeys(context.Context) []doctor.Finding {
	if p.keys != nil { // inside: they are open
		return doctor.Keys(nil)
	}
	var err error
	if p.who, err = readRecord[identity](p.cfg.path(fileIdentity)); err != nil {
		return doctor.Keys(err)
	}
	if p.national, err = readRecord[national](p.cfg.path(fileNational)); err != nil {
		return doctor.Keys(err)
	}
	if _, err = os.Stat(p.cfg.path(ringDir)); err != nil {
		return doctor.Keys(fault.New(fault.NotFound, "node: examine keys", ringDir, err))
	}
	if _, err = p.cfg.custody(false); err != nil {
		return []doctor.Finding{{Code: "keys-locked"}}
	}
	if p.keys, err = loadKeys(p.cfg, false); err != nil {
		return doctor.Keys(err)
	}
	hubs := p.cfg.Hubs
	if len(hubs) == 0 {
		hubs = p.national.Hubs
	}
	p.uplink, err = trusted(p.cfg, p.keys, hubs)
	return doctor.Keys(err)
}

func (p *patient) checkProcess(ctx context.Context) []doctor.Finding {
	in, err := p.ask(ctx)
	if p.running = err == nil; p.running {
		p.inside = in
	} else {
		p.inside, p.standErr = p.cfg.stopped()
	}
	if err != nil && !fault.Is(err, fault.Unavailable) {
		return one("process-unavailable", doctor.Facts{"functions": "journal"})
	}
	return doctor.Process(in.Health, err)
}

func (p *patient) checkJournal(context.Context) []doctor.Finding {
	s := p.inside.Journal
	facts := doctor.Facts{"entries": utoa(s.Head), "suspect": s.Suspect}
	foreign := p.who.Incarnation != 0 && s.First != 0 && s.First != p.who.Incarnation
	switch {
	case p.inside.Latched != "":
		return one("journal-latched", facts)
	case p.running && p.inside.Capture != "open":
		facts["free"] = doctor.Bytes(p.inside.Space.Free)
		return one("journal-full", facts)
	case fault.Is(p.standErr, fault.NotFound):
		return one("journal-missing", facts)
	case fault.Is(p.standErr, fault.Unavailable):
		return one("journal-held", facts)
	case s.Suspect != "":
		return one("journal-suspect", facts)
	case p.standErr != nil:
		return one("journal-damaged", facts)
	case foreign || s.Identity != (journal.Identity{}) && s.Identity.Node != p.who.Node:
		return one("journal-foreign", facts)
	}
	return one("journal-good", facts)
}

const (
	clockOff   = 5 * time.Second // worth a look
	clockWrong = 5 * time.Minute // sign-in codes and dates on paper are wrong
)

// checkClock compares this clock with the hub's. Without a measurement there is
// still the last time heard: a clock before it is certainly wrong.
func (p *patient) checkClock(context.Context) []doctor.Finding {
	if st := p.inside.Link; st.Measured {
		offset := time.Duration(st.OffsetMS) * time.Millisecond
		facts := doctor.Facts{"offset": doctor.Span(offset)}
		switch {
		case max(offset, -offset) > clockWrong:
			return one("clock-wrong", facts)
		case max(offset, -offset) > clockOff:
			return one("clock-off", facts)
		}
		return one("clock-good", facts)
	}
	if behind := time.Until(p.national.known()); behind > clockOff {
		return one("clock-behind", doctor.Facts{"offset": doctor.Span(behind)})
	}
	return one("clock-unknown", nil)
}

// now gives the best known hub time.
func (p *patient) now() time.Time {
	return time.Now().Add(time.Duration(p.inside.Link.OffsetMS) * time.Millisecond)
}

func (p *patient) checkCertificates(context.Context) []doctor.Finding {
	var list []doctor.Certificate
	for _, slot := range []pki.Slot{pki.SlotWorking, pki.SlotDevice, pki.SlotDesk} {
		if held, err := p.keys.ring.Credential(slot); err == nil {
			list = append(list, doctor.Certificate{Name: string(slot), Leaf: held.Leaf})
		}
	}
	return doctor.Certificates(list, p.now())
}

func (p *patient) checkNames(ctx context.Context) []doctor.Finding {
	return doctor.Names(ctx, p.uplink.hubs)
}
