package hub

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/byhand"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
	"jaliya/internal/wire"
)

// openHealth says of each function whether it works, and why not.
func (h *Hub) openHealth() (err error) {
	h.health, err = telemetry.NewHealth(
		telemetry.Check{Name: "ledger", Critical: true, Func: func(context.Context) error {
			_, err := h.ledger.Counts()
			return err
		}},
		telemetry.Check{Name: "leader", Critical: true, Func: func(context.Context) error {
			if id, _ := h.cluster.Leader(); id == "" {
				return fault.New(fault.Unavailable, "hub: find leader", "the cluster has no leader now", nil)
			}
			return nil
		}},
		telemetry.Check{Name: "vault", Critical: true, Func: func(context.Context) error {
			_, err := h.vault.Has(wire.Digest{}, 0)
			return err
		}},
		telemetry.Check{Name: "vault-objects", Func: h.vaultWhole},
		telemetry.Check{Name: "witness", Func: h.witnessAgrees},
	)
	return err
}

// answers reports whether the hub's own commands find what they need: socket and
// leader.
func (h *Hub) answers(ctx context.Context) bool {
	_, err := AskStatus(ctx, h.cfg)
	return err == nil && h.health.Works(ctx)
}

func (h *Hub) serveAdmin(ctx context.Context) error {
	return telemetry.ServeAdmin(ctx, h.cfg.Admin.Listen, telemetry.AdminHandler(h.metrics, h.health))
}

// serveSocket answers the hub's own commands on a unix socket. Whoever may open
// the socket may say all of them: its mode is the permission.
func (h *Hub) serveSocket(ctx context.Context) error {
	l, err := byhand.Listen(ctx, h.cfg.Admin.Socket)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /invite", answer(h.invite))
	mux.HandleFunc("GET /status", answer(func(context.Context, struct{}) (Status, error) { return h.Status() }))
	mux.HandleFunc("GET /checkpoint", answer(h.checkpoint))
	mux.HandleFunc("GET /witnessed", answer(h.witnessedCheckpoint))
	mux.HandleFunc("POST /revoke", answer(h.revoke))
	mux.HandleFunc("POST /certify", answer(h.certify))
	h.keyRoutes(mux)
	h.memberRoutes(mux)
	h.deskRoutes(mux)
	h.officerRoutes(mux)
	h.postRoutes(mux)
	h.forkRoutes(mux)
	h.backupRoutes(mux)
	mux.HandleFunc("POST /alert/test", answer(h.testAlert))
	mux.HandleFunc("POST /staff", answer(h.changeStaff))
	mux.HandleFunc("POST /staff/list", answer(h.listStaff))
	mux.HandleFunc("POST "+byhand.PathImport, byhand.Import(h.tray(), h.takeCarried))
	return telemetry.ServeAdminOn(ctx, l, mux)
}

// answer binds a method to JSON in and out.
func answer[In, Out any](do func(context.Context, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		if r.Method == http.MethodPost {
			d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
			d.DisallowUnknownFields()
			if err := d.Decode(&in); err != nil {
				reply(w, http.StatusBadRequest, Failure{Kind: fault.Invalid.String(), Text: err.Error()})
				return
			}
		}
		out, err := do(r.Context(), in)
		if err != nil {
			reply(w, http.StatusConflict, Failure{Kind: fault.KindOf(err).String(), Text: err.Error()})
			return
		}
		reply(w, http.StatusOK, out)
	}
}

// Failure is the admin socket's answer to what it cannot do.
type Failure struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The operator's command is gone when this fails; there is nobody to tell.
	if err := json.NewEncoder(w).Encode(body); err != nil {
		return
	}
}

// InviteRequest asks for an invitation.
type InviteRequest struct {
	Post      consular.PostID `json:"post"`
	Addresses []string        `json:"addresses"` // host:port by which the node reaches the hub
	Hours     int             `json:"hours"`     // validity
}

// InviteReply brings it. It is shown once.
type InviteReply struct {
	Invitation string    `json:"invitation"`
	Expires    time.Time `json:"expires"`
}

func (h *Hub) invite(ctx context.Context, in InviteRequest) (InviteReply, error) {
	const op = "hub: invite"
	if in.Hours <= 0 || in.Hours > 24*30 {
		return InviteReply{}, fault.New(fault.Invalid, op, "hours: 1 to 720", nil)
	}
	now := time.Now()
	i := wire.Invitation{
		Version: wire.Version, Secret: make([]byte, 32), Post: in.Post, Addresses: in.Addresses,
		Root: wire.Digest(h.keys.trust.Fingerprint()), Expires: now.Add(time.Duration(in.Hours) * time.Hour).UnixMilli(),
	}
	if _, err := rand.Read(i.Secret); err != nil {
		return InviteReply{}, fault.New(fault.Internal, op, "", err)
	}
	if _, err := wire.ParseInvitation(i.Text()); err != nil {
		return InviteReply{}, err
	}
	err := h.propose(ctx, ledger.InviteNode{Time: now.UnixMilli(), Invitation: i.Name(), Post: in.Post, Expires: i.Expires})
	if err != nil {
		return InviteReply{}, err
	}
	return InviteReply{Invitation: i.Text(), Expires: time.UnixMilli(i.Expires)}, nil
}

// RevokeRequest takes a machine out, for good.
type RevokeRequest struct {
	Node   string `json:"node"`
	Reason string `json:"reason"`
}

func (h *Hub) revoke(ctx context.Context, in RevokeRequest) (struct{}, error) {
	id, err := wire.ParseNodeID(in.Node)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, h.propose(ctx, ledger.Revoke{
		Time: time.Now().UnixMilli(), Action: ledger.RevokeForGood, Node: id, Reason: in.Reason,
	})
}

// Status is what `hub status` prints. It holds no personal data.
type Status struct {
	Member   string        `json:"member"`
	Version  string        `json:"version"`
	Leader   bool          `json:"leader"`
	Applied  uint64        `json:"applied"`
	State    string        `json:"state_hash"`
	Counts   ledger.Counts `json:"counts"`
	Nodes    []NodeStatus  `json:"nodes"`
	Sessions int           `json:"sessions"`
	Receipts []string      `json:"receipt_keys"` // hexadecimal, for offline verifiers
}

// NodeStatus is one machine as the ledger knows it.
type NodeStatus struct {
	Node    string          `json:"node"`
	Post    consular.PostID `json:"post"`
	Session uint64          `json:"session"`
	Seen    time.Time       `json:"seen,omitzero"`
	Fenced  bool            `json:"fenced"`
	Revoked bool            `json:"revoked"`
}

// Status reads the hub's state.
func (h *Hub) Status() (Status, error) {
	index, hash, err := h.ledger.StateHash()
	if err != nil {
		return Status{}, err
	}
	counts, err := h.ledger.Counts()
	if err != nil {
		return Status{}, err
	}
	nodes, err := h.ledger.Nodes()
	if err != nil {
		return Status{}, err
	}
	s := Status{
		Member: h.keys.member.Name, Version: telemetry.Version, Leader: h.cluster.IsLeader(),
		Applied: index, State: hash.String(), Counts: counts, Sessions: len(h.registry.Sessions()),
	}
	cluster, err := h.ledger.Cluster()
	if err != nil {
		return Status{}, err
	}
	for _, key := range cluster.Receipt {
		s.Receipts = append(s.Receipts, hex.EncodeToString(key))
	}
	for _, n := range nodes {
		line := NodeStatus{Node: n.ID.String(), Post: n.Post, Session: n.Session, Fenced: n.Fenced, Revoked: n.Revoked}
		if n.Seen != 0 {
			line.Seen = time.UnixMilli(n.Seen)
		}
		s.Nodes = append(s.Nodes, line)
	}
	return s, nil
}
