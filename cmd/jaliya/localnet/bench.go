package localnet

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	node "jaliya/consulate-node"
	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

const (
	// benchViews is how many small entries follow each release: the national
	// year has 2.4 million entries for 363,000 requests.
	benchViews = 6
	benchBody  = 900 // bytes of a sealed body, about 1 KiB an entry
	rawWrites  = 400
	drainLimit = 20 * time.Minute
)

// Bench measures a whole node and hub as processes: start and memory of a node
// that holds many unsent entries, and how fast they become L2.
func Bench(ctx context.Context, o Options, entries int, out io.Writer) (err error) {
	raw, err := rawAppends(o.Dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "raw append+fsync of 1 KiB          %8.0f /s\n", raw)
	o.Posts = 1
	n, err := Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Stop(ctx)) }()
	p := n.Posts[0]
	if err := p.process.stop(); err != nil {
		return err
	}
	saved, err := fill(ctx, p, entries)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "durable saves, one after another    %8.0f /s   %.2f x raw\n", saved, raw/saved)
	began := time.Now()
	if err := n.programs.start(ctx, p.process, "consulate-node", "serve", "--config", p.config); err != nil {
		return err
	}
	fmt.Fprintf(out, "node ready with %d entries held %8.2f s\n", entries, time.Since(began).Seconds())
	return n.drain(ctx, p, drained{entries: entries, raw: raw, out: out})
}

type drained struct {
	entries int
	raw     float64
	out     io.Writer
}

// drain watches the backlog go, and both processes' memory.
func (n *Network) drain(ctx context.Context, p *Post, d drained) error {
	c := newClient(p, p.account(access.Agent))
	began, peakNode, peakHub := time.Now(), 0, 0
	err := eventually(ctx, "the backlog to drain", drainLimit, func() (bool, error) {
		peakNode, peakHub = max(peakNode, anonymous(p.process)), max(peakHub, anonymous(n.Hub))
		var s struct {
			Unsecured int `json:"unsecured"`
		}
		err := c.do(ctx, call{Method: http.MethodGet, Path: "/status", Into: &s})
		return s.Unsecured == 0, err
	})
	if err != nil {
		return err
	}
	rate := float64(d.entries) / time.Since(began).Seconds()
	fmt.Fprintf(d.out, "entries through ship, intake, raft  %8.0f /s   %.2f x raw\n", rate, rate/d.raw)
	fmt.Fprintf(d.out, "node's anonymous memory, peak       %8d MiB\n", peakNode>>20)
	fmt.Fprintf(d.out, "hub's anonymous memory, peak        %8d MiB\n", peakHub>>20)
	return nil
}

// anonymous gives RssAnon of a process in bytes, 0 when it cannot be read: the
// map of a bbolt file is the kernel's to take back, and does not count.
func anonymous(p *process) int {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }() // only read
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "RssAnon:"); ok {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}

// rawAppends gives how many appends of 1 KiB with fsync the disk does a second.
func rawAppends(dir string) (rate float64, err error) {
	const op = "localnet: measure disk"
	f, err := os.CreateTemp(dir, "raw")
	if err != nil {
		return 0, fault.New(fault.Storage, op, dir, err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	buf := make([]byte, 1024)
	began := time.Now()
	for range rawWrites {
		if _, err := f.Write(buf); err != nil {
			return 0, fault.New(fault.Storage, op, dir, err)
		}
		if err := f.Sync(); err != nil {
			return 0, fault.New(fault.Storage, op, dir, err)
		}
	}
	return rawWrites / time.Since(began).Seconds(), nil
}

// fill appends releases, each followed by small entries, and gives saves a second.
func fill(ctx context.Context, p *Post, entries int) (rate float64, err error) {
	var cfg node.Config
	if err := config.Load(p.config, &cfg); err != nil {
		return 0, err
	}
	n, err := node.Open(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	began := time.Now()
	var reference string
	for i := range entries {
		d, err := benchDraft(p.ID, i%(benchViews+1) == 0, reference)
		if err != nil {
			return 0, err
		}
		reference = d.Header.Reference
		if _, err := n.Journal().Append(ctx, d); err != nil {
			return 0, err
		}
	}
	return float64(entries) / time.Since(began).Seconds(), nil
}

func benchDraft(post consular.PostID, release bool, reference string) (journal.Draft, error) {
	d := journal.Draft{
		Header: wire.Header{
			Record: wire.NewRecordID(), Kind: wire.KindFileViewed, Post: post, Reference: reference,
			Time: time.Now().UnixMilli(), IntakeKey: 1,
		},
		Body: make([]byte, benchBody),
	}
	if _, err := rand.Read(d.Body); err != nil {
		return d, fault.New(fault.Internal, "localnet: random body", "", err)
	}
	if !release {
		return d, nil
	}
	fresh, err := consular.NewReference(rand.Reader)
	slip := wire.Digest(d.Body[:32])
	d.Header.Kind, d.Header.Reference, d.Header.SlipHash = wire.KindRequestReleased, fresh.Digits(), &slip
	d.Header.Service, d.Header.Pickup = uint8(consular.CNIEFirst), post
	return d, err
}

// BenchDir gives a directory for a bench, on the disk of the working directory:
// a temporary file system would measure memory.
func BenchDir() (string, error) {
	if err := os.MkdirAll("build", 0o755); err != nil { //nolint:gosec // holds nothing secret
		return "", fault.New(fault.Storage, "localnet: bench directory", "", err)
	}
	dir, err := os.MkdirTemp("build", "bench-")
	if err != nil {
		return "", fault.New(fault.Storage, "localnet: bench directory", "", err)
	}
	return filepath.Abs(dir)
}
