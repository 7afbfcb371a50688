package hub

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"net"
	"os"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// JoinedHub says what a join achieved, for people to check.
type JoinedHub struct {
	Cluster     string `json:"cluster"`
	Member      string `json:"member"`
	Fingerprint string `json:"fingerprint"` // of the root that the other member proved
}

const opEnlist = "hub: join"

// enlistPatience is how long one member may take to answer.
const enlistPatience = 30 * time.Second

// Join makes this machine a member of the hub of the invitation, without a vote. It
// may be asked again with the same invitation until it has succeeded: who it is, is on
// disk before the hub hears of it.
func Join(ctx context.Context, c Config, name string, i wire.MemberInvitation) (JoinedHub, error) {
	c = c.WithDefaults()
	if _, err := os.Stat(c.keyPath(fileCluster)); !errors.Is(err, fs.ErrNotExist) {
		return JoinedHub{}, fault.New(fault.Exists, opEnlist, c.Dir+" is initialized already", err)
	}
	if err := reachable(c.Cluster.Address); err != nil {
		return JoinedHub{}, err
	}
	if err := os.MkdirAll(c.keyPath(""), 0o700); err != nil {
		return JoinedHub{}, fault.New(fault.Storage, opEnlist, c.Dir, err)
	}
	who, err := c.ownMember(name)
	if err != nil {
		return JoinedHub{}, err
	}
	id, err := wire.ParseNodeID(who.ID)
	if err != nil {
		return JoinedHub{}, err
	}
	reply, err := askMembers(ctx, i, memberRequest{
		Version: wire.Version, Secret: i.Secret, Member: id, Name: name, Address: c.Cluster.Address,
	})
	if err != nil {
		return JoinedHub{}, err
	}
	return JoinedHub{
		Cluster: reply.Cluster.String(), Member: who.String(), Fingerprint: pki.Fingerprint(i.Root).String(),
	}, c.settleIn(reply, i.Root)
}

// reachable wants an address by which the other members find this one.
func reachable(address string) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host == "" || ip != nil && ip.IsUnspecified() {
		return fault.New(fault.Invalid, opEnlist, "cluster.address: host:port by which the other members reach this one", err)
	}
	return nil
}

// ownMember draws who this machine is, once.
func (c Config) ownMember(name string) (pki.Identity, error) {
	raw, err := os.ReadFile(c.keyPath(fileMember))
	if err == nil {
		held, err := pki.ParseIdentity(string(raw))
		if err == nil && held.Name != name {
			err = fault.New(fault.Exists, opEnlist, "the directory belongs to "+held.Name, nil)
		}
		return held, err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return pki.Identity{}, fault.New(fault.Storage, opEnlist, fileMember, err)
	}
	id, err := pki.NewID()
	if err != nil {
		return pki.Identity{}, err
	}
	fresh := pki.Identity{Role: pki.Member, Name: name, ID: id}
	if err := fresh.Validate(); err != nil {
		return pki.Identity{}, err
	}
	return fresh, writePublic(c.keyPath(fileMember), []byte(fresh.String()))
}

// askMembers tries each address of the invitation in turn.
func askMembers(ctx context.Context, i wire.MemberInvitation, r memberRequest) (memberReply, error) {
	var failed error
	for _, address := range i.Addresses {
		reply, err := askMember(ctx, address, i, r)
		if err == nil {
			return reply, nil
		}
		failed = errors.Join(failed, err)
		if kind := fault.KindOf(err); kind != fault.Unavailable && kind != fault.Timeout {
			break
		}
	}
	return memberReply{}, failed
}

func askMember(ctx context.Context, address string, i wire.MemberInvitation, r memberRequest) (reply memberReply, err error) {
	ctx, cancel := context.WithTimeout(ctx, enlistPatience)
	defer cancel()
	conf, err := pki.JoinClient(pki.Fingerprint(i.Root), time.Now, link.ALPNMember)
	if err != nil {
		return reply, err
	}
	remote, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return reply, fault.New(fault.Unavailable, opEnlist, address, err)
	}
	conn, err := net.ListenUDP("udp", nil)
	if err != nil {
		return reply, fault.New(fault.Unavailable, opEnlist, "", err)
	}
	d, err := link.NewDialer(conn, link.DefaultConfig())
	if err != nil {
		return reply, errors.Join(err, conn.Close())
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	session, err := d.Dial(ctx, remote, link.ALPNMember, conf)
	if err != nil {
		return reply, err
	}
	defer session.CloseWithReason(link.CodeDone, "")
	raw, err := link.Exchange(ctx, session, wire.Marshal(r), maxMember)
	if err != nil {
		return reply, err
	}
	return reply, wire.Unmarshal(raw, maxMember, &reply)
}

// settleIn keeps what the other member sent. The cluster id is written last: a
// directory without it never joined.
func (c Config) settleIn(reply memberReply, root wire.Digest) error {
	trust, err := pki.ParseTrustBundle(reply.Trust)
	if err != nil {
		return err
	}
	if sha256.Sum256(trust.Root.Raw) != [32]byte(root) {
		return fault.New(fault.Denied, opEnlist, "the hub's root is not the invitation's", nil)
	}
	box, err := c.ownCustody()
	if err != nil {
		return err
	}
	if err := c.writeShared(box, reply.Shared); err != nil {
		return err
	}
	for _, file := range []struct {
		name string
		data []byte
	}{{fileTrust, reply.Trust}, {fileJoined, nil}, {fileCluster, []byte(reply.Cluster.String())}} {
		if err := writePublic(c.keyPath(file.name), file.data); err != nil {
			return err
		}
	}
	return nil
}

// ownCustody opens what wraps this member's files, and makes the key file when a join
// that was cut short has not.
func (c Config) ownCustody() (seal.Custody, error) {
	box, err := c.custody(false)
	if fault.Is(err, fault.NotFound) {
		return c.custody(true)
	}
	return box, err
}
