package node

import (
	"context"
	"io"
	"time"

	"jaliya/internal/config"
	"jaliya/internal/doctor"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/lang"
	"jaliya/internal/link/pki"
)

// certificateFacts is what a support file tells of a certificate.
type certificateFacts struct {
	Slot   string    `json:"slot"`
	Role   string    `json:"role"`
	Serial string    `json:"serial"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
}

// diskFacts is what it tells of the disk.
type diskFacts struct {
	Kernel     string   `json:"kernel"`
	FileSystem string   `json:"file_system"`
	SyncMedian string   `json:"sync_median"`
	Free       string   `json:"free"`
	Warnings   []string `json:"warnings,omitempty"`
}

// ExamineFor examines and gathers what the support file of a node holds besides.
func ExamineFor(ctx context.Context, path string) doctor.Examined {
	p := examined(path)
	r := p.run(ctx, nil)
	return doctor.Examined{Report: r, Parts: p.parts(ctx)}
}

// Support writes the support file of this running node and gives its SHA-256.
func (n *Node) Support(ctx context.Context, catalog *lang.Catalog, r doctor.Report, w io.Writer) (string, error) {
	p := n.patient()
	p.inside, _ = n.Inside(ctx) // what cannot be read is zero, and the report says why
	p.running = true
	parts, err := doctor.Common(catalog, r)
	if err != nil {
		return "", err
	}
	parts = append(append(parts, p.parts(ctx)...), p.configPart()...)
	if tail := doctor.LogTail(ctx, "", doctor.NodeUnit); len(tail) > 0 {
		parts = append(parts, doctor.LogPart(tail))
	}
	return doctor.Support(w, r.At, parts)
}

// parts are the files that only a node has.
func (p *patient) parts(ctx context.Context) []doctor.Part {
	out := []doctor.Part{doctor.JSON("disk.json", "the disk under the data directory", p.disk())}
	if p.keys != nil {
		out = append(out, doctor.JSON("certificates.json", "certificates of this machine: numbers and dates", p.certificates()))
	}
	if !p.running {
		return out
	}
	out = append(out, doctor.JSON("inside.json", "the running node: memory, counts, link, functions", p.inside))
	if metrics, err := doctor.Fetch(ctx, p.cfg.Admin.Listen, "/metrics"); err == nil {
		out = append(out, doctor.Part{Name: "metrics.txt", About: "what the running node has counted", Data: metrics})
	}
	return out
}

func (p *patient) disk() diskFacts {
	r, err := kv.Preflight(p.cfg.Dir)
	out := diskFacts{Kernel: r.Kernel, FileSystem: r.FileSystem, SyncMedian: r.SyncMedian.String(), Warnings: r.Warnings}
	if err != nil {
		out.Warnings = append(out.Warnings, fault.KindOf(err).String())
	}
	if free, err := kv.FreeSpace(p.cfg.Dir); err == nil {
		out.Free = doctor.Bytes(free)
	}
	return out
}

func (p *patient) certificates() []certificateFacts {
	var out []certificateFacts
	for _, slot := range []pki.Slot{pki.SlotWorking, pki.SlotDevice, pki.SlotDesk} {
		held, err := p.keys.ring.Credential(slot)
		if err != nil {
			continue
		}
		out = append(out, certificateFacts{
			Slot: string(slot), Role: string(held.Identity.Role), Serial: pki.SerialOf(held.Leaf),
			From: held.Leaf.NotBefore, Until: held.Leaf.NotAfter,
		})
	}
	return out
}

// examined is a machine looked at from outside its node.
func examined(path string) *patient {
	p := &patient{path: path}
	p.wrong = config.Load(path, &p.cfg)
	p.cfg = p.cfg.WithDefaults()
	p.ask = func(ctx context.Context) (in Inside, err error) {
		return in, doctor.Ask(ctx, p.cfg.Admin.Listen, pathInside, &in)
	}
	if p.wrong == nil {
		p.who, _ = readRecord[identity](p.cfg.path(fileIdentity)) // a node that has not joined has no name yet
	}
	return p
}

// patient is the running node looked at from inside.
func (n *Node) patient() *patient {
	n.mu.Lock()
	defer n.mu.Unlock()
	return &patient{cfg: n.cfg, who: n.who, national: n.national, keys: n.keys, uplink: n.uplink, ask: n.Inside}
}
