package opener

import (
	"errors"
	"io"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// State is what a sealer reads of the ledger: entries, cases, and who may read
// what is sealed to a post. ledger.Views is one.
type State interface {
	ByCommit(n uint64) (ledger.Found, error)
	Case(ref consular.Reference) (ledger.CaseView, error)
	CaseNumber(n uint64) (ledger.CaseView, error)
	Post(id consular.PostID) (ledger.Post, error)
	Node(id wire.NodeID) (ledger.Node, error)
}

// Sealer opens packets to give a part of each to somebody else.
type Sealer struct {
	keys   *seal.IntakeKeys
	images Images
	state  State
	dicts  *seal.Dictionaries
}

// NewSealer gives a sealer with the opener's keys.
func NewSealer(o *Opener, state State) (*Sealer, error) {
	if o == nil || state == nil {
		return nil, fault.New(fault.Invalid, "opener: new sealer", "opener or state missing", nil)
	}
	dicts, err := seal.BuiltIn()
	if err != nil {
		return nil, err
	}
	return &Sealer{keys: o.keys, images: o.images, state: state, dicts: dicts}, nil
}

// packet is one that was opened. Whoever has it destroys it.
type packet struct {
	header  wire.Header
	release wire.Release
	opened  *seal.Opened
}

func (p *packet) destroy() { p.opened.Destroy() }

// packet opens what an entry brought. Its errors are of the packet: they name
// no field's value.
func (s *Sealer) packet(commit uint64) (*packet, error) {
	const op = "opener: open packet"
	found, err := s.state.ByCommit(commit)
	if err != nil {
		return nil, err
	}
	header, err := wire.DecodeHeader(found.Header)
	if err != nil {
		return nil, fault.New(fault.Corrupt, op, "header", err)
	}
	opened, err := s.keys.Open(found.Body, header.Record, wire.BodyAAD(header.Record, header.Kind))
	if err != nil {
		return nil, fault.New(fault.KindOf(err), op, header.Record.String(), err)
	}
	release, err := wire.DecodeRelease(opened.Body())
	if err != nil {
		opened.Destroy()
		return nil, fault.New(fault.KindOf(err), op, header.Record.String(), nil)
	}
	return &packet{header: header, release: release, opened: opened}, nil
}

// each calls fn for every image of the packet, and gives nil when all bundles
// were whole.
func (s *Sealer) each(p *packet, fn func(head seal.PartHead, r io.Reader) error) error {
	for _, image := range p.header.Images {
		if err := s.inBundle(image.Digest, p.opened, fn); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sealer) inBundle(digest wire.Digest, opened *seal.Opened, fn func(seal.PartHead, io.Reader) error) (err error) {
	file, err := s.images.Open(digest)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	bundle, err := opened.OpenBundle(file)
	if err != nil {
		return err
	}
	_, err = bundle.Each(fn)
	return err
}
