package node

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
	"jaliya/internal/telemetry"
	"jaliya/internal/wire"
)

// Joined says what a join achieved, for people to check.
type Joined struct {
	Node        string          `json:"node"`
	Post        consular.PostID `json:"post"`
	Cluster     string          `json:"cluster"`
	Fingerprint string          `json:"fingerprint"`       // of the root that the hub proved
	Waiting     uint64          `json:"waiting,omitempty"` // messages for the post that come when the node is started
}

// Join makes this machine the node of the invitation's post. It may be asked
// again with the same invitation until it has succeeded: identity and keys are
// on disk before the hub hears of them.
func Join(ctx context.Context, c Config, i wire.Invitation) (Joined, error) {
	const op = "node: join"
	c = c.WithDefaults()
	if err := os.MkdirAll(c.path("keys"), 0o700); err != nil {
		return Joined{}, fault.New(fault.Storage, op, c.Dir, err)
	}
	if _, err := os.Stat(c.path(fileNational)); err == nil {
		return Joined{}, fault.New(fault.Exists, op, c.Dir+" has joined already", nil)
	}
	who, err := c.ownIdentity(i.Post)
	if err != nil {
		return Joined{}, err
	}
	k, err := loadKeys(c, true)
	if err != nil {
		return Joined{}, err
	}
	reply, err := k.joinReply(ctx, c, who, i)
	if err != nil {
		return Joined{}, err
	}
	if err := k.install(reply); err != nil {
		return Joined{}, err
	}
	hubs := c.Hubs
	if len(hubs) == 0 {
		hubs = i.Addresses
	}
	if err := writeFile(c.path(fileTrust), reply.Trust); err != nil {
		return Joined{}, err
	}
	// Written last: a directory with it has joined.
	err = writeRecord(c.path(fileNational), national{
		Cluster: reply.Cluster, Hubs: hubs, Receipts: reply.Receipts, Intake: reply.Intake, Heard: reply.Time,
	})
	return Joined{
		Node: who.Node.String(), Post: who.Post, Cluster: reply.Cluster.String(),
		Fingerprint: pki.Fingerprint(i.Root).String(), Waiting: reply.Notices,
	}, err
}

// ownIdentity draws who this machine is, once.
func (c Config) ownIdentity(post consular.PostID) (identity, error) {
	held, err := readRecord[identity](c.path(fileIdentity))
	switch {
	case err == nil && held.Post != post:
		return identity{}, fault.New(fault.Exists, "node: join", "the directory belongs to "+string(held.Post), nil)
	case err == nil, !fault.Is(err, fault.NotFound):
		return held, err
	}
	fresh := identity{Node: wire.NewNodeID(), Post: post, Incarnation: wire.NewIncarnation()}
	return fresh, writeRecord(c.path(fileIdentity), fresh)
}

// joinReply gives the hub's answer, which is kept before anything is done with
// it: the invitation is used up by then, and certificates that are half installed
// could not be asked for again.
func (k *keys) joinReply(ctx context.Context, c Config, who identity, i wire.Invitation) (wire.JoinReply, error) {
	reply, err := readRecord[wire.JoinReply](c.path(fileReply))
	if fault.Is(err, fault.NotFound) {
		if reply, err = k.askToJoin(ctx, c, who, i); err == nil {
			err = writeRecord(c.path(fileReply), reply)
		}
	}
	if err != nil {
		return wire.JoinReply{}, err
	}
	return reply, checkRoot(reply.Trust, i.Root)
}

// askToJoin tries each address of the invitation in turn.
func (k *keys) askToJoin(ctx context.Context, c Config, who identity, i wire.Invitation) (wire.JoinReply, error) {
	fresh, err := k.prepare(c.Desk)
	if err != nil {
		return wire.JoinReply{}, err
	}
	request := wire.JoinRequest{
		Version: wire.Version, Secret: i.Secret, Post: who.Post, Node: who.Node, DeviceCSR: fresh.device.CSR,
		WorkingCSR: fresh.working.CSR, JournalKey: k.journal.Public().Bytes(), PostKey: k.post.Public().Encode(),
		Software: telemetry.Version, Time: time.Now().UnixMilli(),
	}
	if fresh.desk != nil {
		request.DeskCSR, request.DeskNames = fresh.desk.CSR, c.Desk.names()
	}
	raw := wire.Marshal(request)
	addresses := i.Addresses
	if len(c.Hubs) > 0 {
		addresses = c.Hubs
	}
	var failed error
	for _, address := range addresses {
		reply, road, err := exchangeJoin(ctx, address, i, raw)
		if err == nil {
			return reply, errors.Join(checkRoot(reply.Trust, i.Root), remember(c.path(fileRoad), road))
		}
		failed = errors.Join(failed, err)
		if kind := fault.KindOf(err); kind != fault.Unavailable && kind != fault.Timeout {
			break
		}
	}
	return wire.JoinReply{}, failed
}

func exchangeJoin(ctx context.Context, address string, i wire.Invitation, request []byte) (reply wire.JoinReply, road link.Road, err error) {
	conf, err := pki.JoinClient(pki.Fingerprint(i.Root), time.Now, link.ALPNJoin)
	if err != nil {
		return reply, road, err
	}
	d, err := openDialer()
	if err != nil {
		return reply, road, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	session, err := reachToJoin(ctx, d, address, conf)
	if err != nil {
		return reply, road, err
	}
	defer session.CloseWithReason(link.CodeDone, "")
	raw, err := link.Exchange(ctx, session, request, wire.FrameJoin.Limit())
	if err != nil {
		return reply, road, err
	}
	return reply, session.Road(), wire.Unmarshal(raw, wire.FrameJoin.Limit(), &reply)
}

// joinPatience is how long a join waits for QUIC before it tries TCP.
const joinPatience = 10 * time.Second

// reachToJoin dials over UDP, and over TCP where nothing comes back.
func reachToJoin(ctx context.Context, d *link.Dialer, address string, conf *tls.Config) (*link.Session, error) {
	remote, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "node: resolve hub", address, err)
	}
	within, cancel := context.WithTimeout(ctx, joinPatience)
	defer cancel()
	session, failed := d.Dial(within, remote, link.ALPNJoin, conf)
	if kind := fault.KindOf(failed); kind != fault.Timeout && kind != fault.Unavailable {
		return session, failed
	}
	outer := conf.Clone()
	outer.NextProtos = []string{link.ALPNTunnel}
	session, err = link.Tunnel{Address: address, TLS: outer, Config: link.DefaultConfig()}.Dial(ctx, link.ALPNJoin, conf)
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	return session, nil
}

func openDialer() (*link.Dialer, error) {
	conn, err := net.ListenUDP("udp", nil)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "node: open socket", "", err)
	}
	d, err := link.NewDialer(conn, link.DefaultConfig())
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return d, nil
}

// prepared are the keys that wait for their certificates; desk is nil for one
// that does not speak TLS.
type prepared struct{ device, working, desk *pki.Pending }

func (k *keys) prepare(d Desk) (p prepared, err error) {
	if p.device, err = k.ring.Prepare(pki.SlotDevice); err != nil {
		return p, err
	}
	if p.working, err = k.ring.Prepare(pki.SlotWorking); err != nil || !d.secure() {
		return p, err
	}
	p.desk, err = k.ring.Prepare(pki.SlotDesk)
	return p, err
}

// install puts the certificates into their slots; one that is there already, from
// a join that was cut short, stays. A desk's that did not come is asked for by
// the renewal.
func (k *keys) install(reply wire.JoinReply) error {
	for _, one := range []struct {
		slot  pki.Slot
		chain []byte
	}{{pki.SlotDevice, reply.Device}, {pki.SlotWorking, reply.Working}, {pki.SlotDesk, reply.Desk}} {
		if one.slot == pki.SlotDesk && len(one.chain) == 0 {
			continue
		}
		certs, err := pki.DecodeChain(one.chain)
		if err != nil {
			return err
		}
		if held, err := k.ring.Credential(one.slot); err == nil && held.Leaf.Equal(certs[0]) {
			continue
		}
		pending, err := k.ring.Prepare(one.slot) // the key that waits since the request
		if err != nil {
			return err
		}
		if err := k.ring.Install(pending, certs); err != nil {
			return err
		}
	}
	return nil
}

// checkRoot refuses a trust bundle whose root is not the invitation's.
func checkRoot(bundle []byte, want wire.Digest) error {
	trust, err := pki.ParseTrustBundle(bundle)
	if err != nil {
		return err
	}
	if sha256.Sum256(trust.Root.Raw) != [32]byte(want) {
		return fault.New(fault.Denied, "node: check root", "the hub's root is not the invitation's", nil)
	}
	return nil
}

// Paths of the files that offline verifiers read.
func (c Config) journalDir() string { return filepath.Join(c.Dir, "journal") }
