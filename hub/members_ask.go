package hub

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"

	"jaliya/hub/cluster"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// MemberLine is one member as `hub member list` prints it.
type MemberLine struct {
	Name     string    `json:"name"`
	Member   string    `json:"member"`
	Address  string    `json:"address"`
	Standing string    `json:"standing"`          // leader, voter, learner, waiting or removed
	Applied  uint64    `json:"applied,omitempty"` // as the leader heard last
	Heard    time.Time `json:"heard,omitzero"`
	KeptUp   int       `json:"kept_up_seconds"` // without a break
}

// The standings.
const (
	StandingLeader  = "leader"
	StandingVoter   = "voter"
	StandingLearner = "learner" // has no vote yet
	StandingWaiting = "waiting" // is not let in yet
	StandingRemoved = "removed"
)

// listMembers lists them. Progress is known to the leader alone.
func (h *Hub) listMembers(context.Context, struct{}) ([]MemberLine, error) {
	known, err := h.ledger.Members()
	if err != nil {
		return nil, err
	}
	leader, _ := h.cluster.Leader()
	raft := h.cluster.Members()
	lines := make([]MemberLine, 0, len(known))
	for _, m := range known {
		s := h.enlisted.of(m.ID)
		if m.Removed != 0 {
			s = sighting{} // nobody asks it any more
		}
		line := MemberLine{
			Name: m.Name, Member: m.ID.String(), Address: m.Address, Standing: standing(m, raft, leader),
			Applied: s.progress.Applied, Heard: s.at,
		}
		if !s.since.IsZero() {
			line.KeptUp = int(time.Since(s.since).Seconds())
		}
		lines = append(lines, line)
	}
	slices.SortFunc(lines, func(a, b MemberLine) int { return strings.Compare(a.Name, b.Name) })
	return lines, nil
}

func standing(m ledger.Member, raft []cluster.Member, leader string) string {
	at := slices.IndexFunc(raft, func(r cluster.Member) bool { return r.ID == m.ID.String() })
	switch {
	case m.Removed != 0:
		return StandingRemoved
	case at < 0:
		return StandingWaiting
	case raft[at].ID == leader:
		return StandingLeader
	case raft[at].Voter:
		return StandingVoter
	}
	return StandingLearner
}

// MemberRequest names a member.
type MemberRequest struct {
	Name   string `json:"name"`
	Reason string `json:"reason,omitempty"` // of a removal
}

// named finds a member that was not removed.
func (h *Hub) named(name string) (ledger.Member, error) {
	known, err := h.ledger.Members()
	if err != nil {
		return ledger.Member{}, err
	}
	for _, m := range known {
		if m.Name == name && m.Removed == 0 {
			return m, nil
		}
	}
	return ledger.Member{}, fault.New(fault.NotFound, opMembers, "no member is called "+name, nil)
}

// vaultShared wants the images to be where each member reads them: one with a vote
// says that it has what it never got.
func (h *Hub) vaultShared() error {
	return fault.New(fault.Unsupported, opMembers,
		"the vault is a directory of one machine, and this version knows no other: a second member gets no vote", nil)
}

// leads wants this member to lead: it alone can change raft's membership.
func (h *Hub) leads() error {
	if h.cluster.IsLeader() {
		return nil
	}
	id, _ := h.cluster.Leader()
	known, err := h.ledger.Members()
	if err != nil {
		return err
	}
	for _, m := range known {
		if m.ID.String() == id {
			return fault.New(fault.Unavailable, opMembers, "ask at "+m.Name+", which leads", nil)
		}
	}
	return fault.New(fault.Unavailable, opMembers, "no member leads now", nil)
}

// Promotion is what became of a wish to give a member the vote.
type Promotion struct {
	Done   bool `json:"done"`
	KeptUp int  `json:"kept_up_seconds"`
	Needed int  `json:"needed_seconds"`
}

// promote gives a member the vote once it has kept up for long enough (D15). Asked
// before that it changes nothing and says how long it has.
func (h *Hub) promote(ctx context.Context, in MemberRequest) (Promotion, error) {
	m, err := h.named(in.Name)
	if err != nil {
		return Promotion{}, err
	}
	if err := h.leads(); err != nil {
		return Promotion{}, err
	}
	raft := h.cluster.Members()
	at := slices.IndexFunc(raft, func(r cluster.Member) bool { return r.ID == m.ID.String() })
	if at >= 0 && raft[at].Voter {
		return Promotion{Done: true}, nil
	}
	if err := h.vaultShared(); err != nil {
		return Promotion{}, err
	}
	needed := h.cfg.Cluster.Proof.Std()
	p := Promotion{Needed: int(needed.Seconds())}
	s := h.enlisted.of(m.ID)
	if at < 0 || s.since.IsZero() {
		return p, nil
	}
	kept := time.Since(s.since)
	if p.KeptUp = int(kept.Seconds()); kept < needed {
		return p, nil
	}
	p.Done = true
	return p, h.cluster.Promote(ctx, m.ID.String(), m.Address)
}

// removeMember shuts a member out for good; the leader takes it out of raft.
func (h *Hub) removeMember(ctx context.Context, in MemberRequest) (struct{}, error) {
	m, err := h.named(in.Name)
	if err != nil {
		return struct{}{}, err
	}
	if err := h.keepsMajority(m); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, h.propose(ctx, ledger.RemoveMember{Time: time.Now().UnixMilli(), Member: m.ID, Reason: in.Reason})
}

// keepsMajority refuses to remove a voter when those that stay and answer are no
// majority of the voters that stay: nobody could commit anything after.
func (h *Hub) keepsMajority(out ledger.Member) error {
	if err := h.leads(); err != nil {
		return err
	}
	voters, heard := 0, 0
	for _, m := range h.cluster.Members() {
		if !m.Voter || m.ID == out.ID.String() {
			continue
		}
		voters++
		id, err := wire.ParseNodeID(m.ID)
		if err == nil && (m.ID == h.keys.member.ID || !h.enlisted.of(id).since.IsZero()) {
			heard++
		}
	}
	if heard*2 > voters {
		return nil
	}
	return fault.New(fault.Conflict, opMembers, "without it too few members that answer would be left", nil)
}

// transfer gives the lead to a member, or to the one that is furthest.
func (h *Hub) transfer(ctx context.Context, in MemberRequest) (struct{}, error) {
	if err := h.leads(); err != nil {
		return struct{}{}, err
	}
	to := ""
	if in.Name != "" {
		m, err := h.named(in.Name)
		if err != nil {
			return struct{}{}, err
		}
		to = m.ID.String()
	}
	if !slices.ContainsFunc(h.cluster.Members(), func(m cluster.Member) bool {
		return m.Voter && m.ID != h.keys.member.ID && (to == "" || m.ID == to)
	}) {
		return struct{}{}, fault.New(fault.Conflict, opMembers, "there is no other member with a vote to lead", nil)
	}
	return struct{}{}, h.cluster.Transfer(ctx, to)
}

// inviteMember draws an invitation for one more member.
func (h *Hub) inviteMember(ctx context.Context, in InviteRequest) (InviteReply, error) {
	const op = "hub: invite a member"
	if in.Hours <= 0 || in.Hours > 24*7 {
		return InviteReply{}, fault.New(fault.Invalid, op, "hours: 1 to 168", nil)
	}
	if err := reachable(h.cluster.Address()); err != nil {
		return InviteReply{}, err
	}
	now := time.Now()
	i := wire.MemberInvitation{
		Version: wire.Version, Secret: make([]byte, 32), Addresses: in.Addresses,
		Root: wire.Digest(h.keys.trust.Fingerprint()), Expires: now.Add(time.Duration(in.Hours) * time.Hour).UnixMilli(),
	}
	_, _ = rand.Read(i.Secret) // never fails
	if _, err := wire.ParseMemberInvitation(i.Text()); err != nil {
		return InviteReply{}, err
	}
	err := h.propose(ctx, ledger.InviteMember{Time: now.UnixMilli(), Invitation: i.Name(), Expires: i.Expires})
	if err != nil {
		return InviteReply{}, err
	}
	return InviteReply{Invitation: i.Text(), Expires: time.UnixMilli(i.Expires)}, nil
}

func (h *Hub) memberRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /members", answer(h.listMembers))
	mux.HandleFunc("POST /members/invite", answer(h.inviteMember))
	mux.HandleFunc("POST /members/promote", answer(h.promote))
	mux.HandleFunc("POST /members/remove", answer(h.removeMember))
	mux.HandleFunc("POST /members/transfer", answer(h.transfer))
}

// AskMembers lists the members as a running one knows them.
func AskMembers(ctx context.Context, c Config) ([]MemberLine, error) {
	return ask[[]MemberLine](ctx, c, http.MethodGet, "/members", struct{}{})
}

// AskInviteMember draws an invitation for a member.
func AskInviteMember(ctx context.Context, c Config, in InviteRequest) (InviteReply, error) {
	return ask[InviteReply](ctx, c, http.MethodPost, "/members/invite", in)
}

// AskPromote asks the leader to give a member the vote.
func AskPromote(ctx context.Context, c Config, in MemberRequest) (Promotion, error) {
	return ask[Promotion](ctx, c, http.MethodPost, "/members/promote", in)
}

// AskRemoveMember shuts a member out for good.
func AskRemoveMember(ctx context.Context, c Config, in MemberRequest) error {
	_, err := ask[struct{}](ctx, c, http.MethodPost, "/members/remove", in)
	return err
}

// AskTransfer has the leader hand over.
func AskTransfer(ctx context.Context, c Config, in MemberRequest) error {
	_, err := ask[struct{}](ctx, c, http.MethodPost, "/members/transfer", in)
	return err
}
