package e2e

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/stretchr/testify/require"

	node "jaliya/consulate-node"
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
	"jaliya/hub"
	"jaliya/internal/doctor"
	"jaliya/internal/link/pki"
	"jaliya/internal/seal"
	"jaliya/internal/telemetry"
	"jaliya/internal/wire"
)

// outpatient is a node that has joined and does not run, before a hub that does.
type outpatient struct {
	t *testing.T
	pair
	file string // configuration
}

func newOutpatient(t *testing.T) *outpatient {
	t.Helper()
	p := &outpatient{t: t, pair: startPair(t), file: filepath.Join(t.TempDir(), "node.toml")}
	require.NoError(t, p.node.Close())
	p.configure(p.cfg)
	return p
}

func (p *outpatient) configure(cfg node.Config) {
	p.t.Helper()
	cfg.Log.Format = telemetry.FormatText
	raw, err := toml.Marshal(cfg)
	require.NoError(p.t, err)
	require.NoError(p.t, os.WriteFile(p.file, raw, 0o600))
}

// says holds the doctor to codes by step, "reach-good" for "reach".
func (p *outpatient) says(t *testing.T, codes ...doctor.Code) doctor.Report {
	t.Helper()
	r := node.Examine(t.Context(), p.file)
	found := map[doctor.Code]bool{}
	for _, one := range r.Steps {
		found[one.Code] = true
	}
	for _, c := range codes {
		require.True(t, found[c], "no %s in %v", c, r.Steps)
	}
	return r
}

// swap replaces a file of the node until the test ends.
func (p *outpatient) swap(t *testing.T, name string, change func(raw []byte) []byte) {
	t.Helper()
	path := filepath.Join(p.cfg.Dir, filepath.FromSlash(name))
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, change(before), 0o600))
	t.Cleanup(func() { require.NoError(t, os.WriteFile(path, before, 0o600)) })
}

// heard is as much of national.cbor as the test changes.
type heard struct {
	Cluster  wire.ClusterID   `cbor:"1,keyasint"`
	Hubs     []string         `cbor:"2,keyasint"`
	Receipts [][]byte         `cbor:"3,keyasint"`
	Intake   []wire.IntakeKey `cbor:"4,keyasint"`
	Heard    int64            `cbor:"5,keyasint"`
}

// TestDoctorOfStoppedNode makes things wrong on the disk of a node, and in front
// of it, and reads what its doctor says.
func TestDoctorOfStoppedNode(t *testing.T) {
	t.Parallel() // it waits for answers, most of the time
	p := newOutpatient(t)
	t.Run("OK", func(t *testing.T) {
		r := p.says(t, "config-good", "keys-good", "process-stopped", "certificates-good", "names-good", "reach-good", "tunnel-good")
		require.Equal(t, "FR-LYO", r.Who)
		require.Equal(t, doctor.Bad, r.State, "a program that does not run is bad")
		require.Len(t, r.Broken(doctor.Bad), 1)
	})
	t.Run("ErrClockBehindTheHub", func(t *testing.T) {
		p.swap(t, "national.cbor", func(raw []byte) []byte {
			var n heard
			require.NoError(t, wire.Unmarshal(raw, 1<<20, &n))
			n.Heard = time.Now().Add(time.Hour).UnixMilli()
			return wire.Marshal(n)
		})
		p.says(t, "clock-behind")
	})
	t.Run("ErrKeysDamaged", func(t *testing.T) {
		p.swap(t, "keys/data.key", func(raw []byte) []byte { return raw[:len(raw)/2] })
		p.says(t, "keys-damaged", "skipped")
	})
	t.Run("ErrKeysLocked", func(t *testing.T) {
		p.swap(t, "keys/kek", func([]byte) []byte { return nil })
		p.says(t, "keys-locked", "skipped")
	})
	t.Run("ErrJournalHeld", func(t *testing.T) {
		n, err := node.Open(p.cfg, testLogger())
		require.NoError(t, err)
		defer func() { require.NoError(t, n.Close()) }()
		p.says(t, "process-stopped", "journal-held")
	})
	t.Run("ErrJournalDamaged", func(t *testing.T) {
		p.swap(t, "journal/journal.db", func(raw []byte) []byte { return make([]byte, len(raw)) })
		p.says(t, "journal-damaged")
	})
	t.Run("ErrOthersMayLook", func(t *testing.T) {
		require.NoError(t, os.Chmod(p.cfg.Dir, 0o755))
		defer func() { require.NoError(t, os.Chmod(p.cfg.Dir, 0o700)) }()
		p.says(t, "disk-open")
	})
	t.Run("ErrDirectoryGone", func(t *testing.T) {
		cfg := p.cfg
		cfg.Dir = filepath.Join(t.TempDir(), "none")
		p.configure(cfg)
		defer p.configure(p.cfg)
		p.says(t, "disk-missing", "skipped")
	})
	t.Run("ErrOtherNation", func(t *testing.T) {
		_, other := startHub(t)
		cfg := p.cfg
		cfg.Hubs = []string{other.Nodes.Listen}
		p.configure(cfg)
		defer p.configure(p.cfg)
		p.says(t, "reach-other-hub", "tunnel-other-hub")
	})
	t.Run("OKOneOfTwoHubs", func(t *testing.T) {
		cfg := p.cfg
		cfg.Hubs = []string{p.hcfg.Nodes.Listen, freePort(t, "tcp")}
		p.configure(cfg)
		defer p.configure(p.cfg)
		r := p.says(t, "reach-good", "reach-closed", "tunnel-good", "tunnel-closed")
		require.Len(t, r.Broken(doctor.Bad), 1, "only the program is bad: %v", r.Broken(doctor.Bad))
	})
	t.Run("ErrCertificateExpired", func(t *testing.T) {
		p.expire(t)
		p.says(t, "certificates-expired", "reach-own-expired", "tunnel-own-expired")
	})
}

// TestDoctorOfRevokedNode is a machine that was reported stolen.
func TestDoctorOfRevokedNode(t *testing.T) {
	t.Parallel() // it waits for answers, most of the time
	p := newOutpatient(t)
	st, err := hub.AskStatus(t.Context(), p.hcfg)
	require.NoError(t, err)
	require.Len(t, st.Nodes, 1)
	require.NoError(t, hub.AskRevoke(t.Context(), p.hcfg, hub.RevokeRequest{Node: st.Nodes[0].Node, Reason: "stolen"}))
	p.says(t, "certificates-good", "reach-revoked", "tunnel-revoked")
}

// TestDoctorOfMember looks at both ports of the posts, and at one that stopped.
func TestDoctorOfMember(t *testing.T) {
	t.Parallel() // it waits for answers, most of the time
	_, cfg := startHub(t)
	file := filepath.Join(t.TempDir(), "hub.toml")
	examine := func(cfg hub.Config) map[string]doctor.Code {
		cfg.Log.Format = telemetry.FormatText
		raw, err := toml.Marshal(cfg)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, raw, 0o600))
		out := map[string]doctor.Code{}
		for _, one := range hub.Examine(t.Context(), file).Report.Steps {
			if one.Step == "ports" || one.Step == "process" {
				out[one.Step+one.Subject] = one.Code
			}
		}
		return out
	}
	got := examine(cfg)
	require.Equal(t, doctor.Code("ports-good"), got["portsnodes"], "%v", got)
	require.Equal(t, doctor.Code("ports-good"), got["portsnodes.tcp"], "%v", got)

	cfg.Nodes.TCP = freePort(t, "tcp") // as after a change that was not followed by a restart
	got = examine(cfg)
	require.Equal(t, doctor.Code("ports-silent"), got["portsnodes.tcp"], "%v", got)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", cfg.Nodes.TCP) // somebody else has it
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	require.Equal(t, doctor.Code("ports-silent"), examine(cfg)["portsnodes.tcp"])

	cfg.Admin.Listen = freePort(t, "tcp")
	require.Equal(t, doctor.Code("process-stopped"), examine(cfg)["process"])
}

// expire puts a certificate of the hub's own issuer into the working slot whose
// life is over.
func (p *outpatient) expire(t *testing.T) {
	t.Helper()
	box, err := seal.OpenKeyFile(p.hcfg.Custody.KeyFile)
	require.NoError(t, err)
	secret, err := seal.LoadSecret(filepath.Join(p.hcfg.Dir, "keys", "authority-node.key"), box, "authority")
	require.NoError(t, err)
	issuer, err := pki.ParseAuthority(secret)
	require.NoError(t, err)
	dir := filepath.Join(p.cfg.Dir, "keys", "ring")
	store, err := pki.NewFileKeys(dir)
	require.NoError(t, err)
	ring, err := pki.OpenKeyring(dir, store)
	require.NoError(t, err)
	held, err := ring.Credential(pki.SlotWorking)
	require.NoError(t, err)
	fresh, err := ring.Prepare(pki.SlotWorking)
	require.NoError(t, err)
	chain, err := issuer.IssueCSR(fresh.CSR, pki.Request{Identity: held.Identity, Now: time.Now(), Life: time.Nanosecond})
	require.NoError(t, err)
	require.NoError(t, ring.Install(fresh, chain))
}

// TestDoctorOfRunningNode has the doctor ask a program that answers as a running
// node does, in states that take weeks, or a broken disk, to come about.
func TestDoctorOfRunningNode(t *testing.T) {
	t.Parallel() // it waits for answers, most of the time
	p := newOutpatient(t)
	good := func() node.Inside {
		now := time.Now()
		return node.Inside{
			Capture: "open", Health: telemetry.Report{Status: telemetry.StatusReady},
			Journal: journal.Standing{Head: 9, Receipted: 9, Receipt: now},
			Link:    ship.Status{Phase: ship.Following.String(), Since: now, Transport: "quic", Measured: true},
		}
	}
	inside := good()
	status := http.StatusOK
	admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/inside" {
			http.NotFound(w, r)
			return
		}
		if status != http.StatusOK {
			http.Error(w, "storage", status) // as a node whose journal cannot be read
			return
		}
		_ = json.NewEncoder(w).Encode(inside)
	}))
	t.Cleanup(admin.Close)
	cfg := p.cfg
	cfg.Admin.Listen = strings.TrimPrefix(admin.URL, "http://")
	p.configure(cfg)
	week := 7 * 24 * time.Hour
	for _, tt := range []struct {
		name  string
		wrong func(in *node.Inside)
		want  []doctor.Code
	}{
		{"OK", func(*node.Inside) {}, []doctor.Code{"process-good", "journal-good", "clock-good", "link-good", "backlog-good", "receipt-good", "desk-silent"}},
		{"ErrClockWrong", func(in *node.Inside) { in.Link.OffsetMS = -600_000 }, []doctor.Code{"clock-wrong", "reach-good"}},
		{"ErrClockOff", func(in *node.Inside) { in.Link.OffsetMS = 20_000 }, []doctor.Code{"clock-off"}},
		{
			"ErrClockWeeksBehind", func(in *node.Inside) { in.Link.OffsetMS = (2 * week).Milliseconds() },
			[]doctor.Code{"clock-wrong", "certificates-expired", "reach-hub-expired", "tunnel-hub-expired"},
		},
		{"ErrLatched", func(in *node.Inside) { in.Latched = "storage" }, []doctor.Code{"journal-latched"}},
		{"ErrFull", func(in *node.Inside) { in.Capture = "full" }, []doctor.Code{"journal-full"}},
		{"ErrSuspect", func(in *node.Inside) { in.Journal.Suspect = "lock" }, []doctor.Code{"journal-suspect"}},
		{"ErrDegraded", func(in *node.Inside) {
			in.Health = telemetry.Report{Status: telemetry.StatusDegraded, Functions: []telemetry.Function{{Name: "link"}}}
		}, []doctor.Code{"process-degraded"}},
		{"ErrNoSession", func(in *node.Inside) {
			in.Link = ship.Status{Phase: ship.Dialing.String(), Since: time.Now().Add(-time.Hour), Attempts: 40}
		}, []doctor.Code{"link-down", "clock-unknown", "reach-good"}},
		{"OKComingBack", func(in *node.Inside) {
			in.Link = ship.Status{Phase: ship.Dialing.String(), Since: time.Now(), Attempts: 1}
		}, []doctor.Code{"link-dialing"}},
		{"ErrOtherHistory", func(in *node.Inside) { in.Link.Phase = ship.Quarantined.String() }, []doctor.Code{"link-quarantined"}},
		{"ErrWaitsForHours", func(in *node.Inside) {
			in.Journal.Receipted, in.Journal.Oldest = 3, time.Now().Add(-3*time.Hour)
		}, []doctor.Code{"backlog-waiting"}},
		{"ErrWaitsForWeeks", func(in *node.Inside) {
			in.Journal.Receipted, in.Journal.Oldest = 3, time.Now().Add(-5*week)
		}, []doctor.Code{"backlog-old"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inside = good()
			tt.wrong(&inside)
			p.says(t, tt.want...)
		})
	}
	t.Run("ErrCannotAnswer", func(t *testing.T) {
		status = http.StatusServiceUnavailable
		defer func() { status = http.StatusOK }()
		p.says(t, "process-unavailable")
	})
	t.Run("ErrOtherDesk", func(t *testing.T) {
		inside = good()
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", p.cfg.Desk.Listen)
		require.NoError(t, err)
		defer func() { require.NoError(t, l.Close()) }()
		p.says(t, "desk-plain")
	})
}

// TestDoctorOnFullDisk runs the program on a file system of its own that is full,
// where the system lets a test have one.
func TestDoctorOnFullDisk(t *testing.T) {
	t.Parallel() // it waits for answers, most of the time
	p := newOutpatient(t)
	mount := filepath.Join(t.TempDir(), "full")
	require.NoError(t, os.Mkdir(mount, 0o700))
	unshared := func(script string) ([]byte, error) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		script = "mount -t tmpfs -o size=4m,mode=0700 none " + mount + " || exit 77\n" + script
		return exec.CommandContext(ctx, "unshare", "--map-root-user", "--mount", "sh", "-c", script).Output()
	}
	if _, err := unshared("exit 0"); err != nil {
		t.Skip("no file system of our own: ", err)
	}
	cfg := p.cfg
	cfg.Dir = filepath.Join(mount, "node")
	cfg.Custody.KeyFile = ""
	p.configure(cfg)
	out, err := unshared("find " + p.cfg.Dir + " -name ballast -delete\ncp -a " + p.cfg.Dir + " " + cfg.Dir + "\n" +
		filepath.Join(programs(t), "consulate-node") + " doctor --config " + p.file + " --json --language en")
	require.Error(t, err, "a full disk is bad")
	var told struct {
		Phone string `json:"phone"`
		Steps []struct {
			Code doctor.Code `json:"code"`
		} `json:"steps"`
	}
	require.NoError(t, json.Unmarshal(out, &told), "%s", out)
	require.Contains(t, told.Phone, "FR-LYO, step 2 of")
	require.Contains(t, told.Phone, "code 115:")
}
