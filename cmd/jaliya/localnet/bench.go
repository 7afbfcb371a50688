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
	"slices"
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
	rawEvery   = 5   // saves for each raw append that is measured between them
	drainLimit = 20 * time.Minute
	alone      = 30 * 24 * time.Hour // over which the entries were made, none of them sent
)

// Work says how much a bench does.
type Work struct {
	Entries int // that a node holds before it may send
	Loads   int // of the page by which citizens follow a request
}

// Bench measures a whole node, hub and portal as processes: start and memory of
// a node that holds many unsent entries, how fast they become L2, the page by
// which citizens follow a request, and what a flood of it does to a desk.
func Bench(ctx context.Context, o Options, w Work, out io.Writer) (err error) {
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
	saved, raw, err := fill(ctx, p, w.Entries)
	if err != nil {
		return err
	}
	v := &verdicts{out: out}
	v.say("raw append+fsync of 1 KiB, p50", "%.0f us", micros(raw))
	v.say("durable save of an entry, p50", "%.0f us  %.2f x raw", micros(saved), micros(saved)/micros(raw))
	p.process.env = nil // its memory is measured: nothing but itself bounds it
	began := time.Now()
	if err := n.serve(ctx, p); err != nil {
		return err
	}
	v.within(time.Since(began), readyWithin, fmt.Sprintf("node ready with %d entries held", w.Entries))
	if err := n.drain(ctx, p, drained{entries: w.Entries, raw: float64(time.Second) / float64(raw), verdicts: v}); err != nil {
		return err
	}
	if err := n.weights(ctx, p, out); err != nil {
		return err
	}
	if err := n.pages(ctx, p, w.Loads, out); err != nil {
		return err
	}
	return errors.Join(n.flood(ctx, p, out), v.err("localnet: bench of a node"))
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

type drained struct {
	entries int
	raw     float64 // appends a second that the disk can do
	*verdicts
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
	d.say("entries through ship, intake, raft", "%.0f /s  %.2f x raw", rate, rate/d.raw)
	d.below(peakNode, nodeAnonymous, "node's anonymous memory, from start, peak")
	d.below(peakHub, hubAnonymous, "hub's anonymous memory, peak")
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

// rawFile appends and syncs, and nothing else: what the disk can do.
type rawFile struct {
	f   *os.File
	buf []byte
}

func newRawFile(dir string) (*rawFile, error) {
	f, err := os.CreateTemp(dir, "raw")
	if err != nil {
		return nil, fault.New(fault.Storage, "localnet: measure disk", dir, err)
	}
	return &rawFile{f: f, buf: make([]byte, 1024)}, nil
}

func (r *rawFile) append() error {
	_, err := r.f.Write(r.buf)
	if err == nil {
		err = r.f.Sync()
	}
	if err != nil {
		return fault.New(fault.Storage, "localnet: measure disk", r.f.Name(), err)
	}
	return nil
}

func (r *rawFile) close() error { return errors.Join(r.f.Close(), os.Remove(r.f.Name())) }

// times are how long single writes took.
type times []time.Duration

func (t *times) measure(do func() error) error {
	began := time.Now()
	err := do()
	*t = append(*t, time.Since(began))
	return err
}

func (t *times) median() time.Duration {
	slices.Sort(*t)
	return (*t)[len(*t)/2]
}

// fill appends releases, each followed by small entries. Between them the disk
// itself is measured, so that both medians are of the same minutes.
func fill(ctx context.Context, p *Post, entries int) (saves, raw time.Duration, err error) {
	var cfg node.Config
	if err := config.Load(p.config, &cfg); err != nil {
		return 0, 0, err
	}
	n, err := node.Open(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	disk, err := newRawFile(p.dir)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, disk.close()) }()
	var saved, appended times
	var reference string
	since := time.Now().Add(-alone)
	for i := range entries {
		d, err := benchDraft(p.ID, i%(benchViews+1) == 0, reference)
		if err != nil {
			return 0, 0, err
		}
		reference = d.Header.Reference
		d.Header.Time = since.Add(time.Duration(i) * (alone / time.Duration(entries))).UnixMilli()
		err = saved.measure(func() error {
			_, err := n.Journal().Append(ctx, d)
			return err
		})
		if err == nil && i%rawEvery == 0 {
			err = appended.measure(disk.append)
		}
		if err != nil {
			return 0, 0, err
		}
	}
	return saved.median(), appended.median(), nil
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
