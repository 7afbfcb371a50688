package handover

import (
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// pouch is a bag for this post, as it lies sealed in the store.
type pouch struct {
	Label      consular.PouchID     `cbor:"1,keyasint"`
	Revision   uint64               `cbor:"2,keyasint"` // of the manifest
	Seal       string               `cbor:"3,keyasint"`
	Total      uint16               `cbor:"4,keyasint"`
	State      uint8                `cbor:"5,keyasint"` // workflow.State, as this post knows it
	Version    uint64               `cbor:"6,keyasint"`
	Cards      []consular.Reference `cbor:"7,keyasint,omitempty"`
	Pair       [2]string            `cbor:"8,keyasint"` // who opened it
	Broken     bool                 `cbor:"9,keyasint,omitempty"`
	Extras     []extra              `cbor:"10,keyasint,omitempty"`
	Announced  int64                `cbor:"11,keyasint"` // hub time, ms; the others as the desk's clock
	Arrived    int64                `cbor:"12,keyasint,omitempty"`
	Opened     int64                `cbor:"13,keyasint,omitempty"`
	Reconciled int64                `cbor:"14,keyasint,omitempty"`
	Said       []wire.RecordID      `cbor:"15,keyasint,omitempty"`
	Refused    uint16               `cbor:"16,keyasint,omitempty"` // why the hub refused an entry about it
}

// extra is a card that was in the bag and not on its manifest.
type extra struct {
	Serial string          `cbor:"1,keyasint"`
	Post   consular.PostID `cbor:"2,keyasint,omitempty"` // where it should be, when this post knows
}

// flow gives the pouch as the workflow's table moves it.
func (p *pouch) flow(post consular.PostID) workflow.Case {
	c := workflow.Case{
		Kind: workflow.KindPouch, State: workflow.State(p.State), Version: p.Version, Pickup: post,
		Serial: workflow.Digest(wire.SerialDigest(p.Seal)), Pouch: workflow.PouchID(wire.PouchOf(p.Label)), Count: p.Total,
	}
	if p.Opened != 0 {
		c.Holder = post
	}
	return c
}

// take keeps what a step made of it.
func (p *pouch) take(c workflow.Case) { p.State, p.Version = uint8(c.State), c.Version }

// complete reports whether all parts of the manifest are here.
func (p *pouch) complete() bool { return len(p.Cards) == int(p.Total) }

// counted reports whether two persons have counted it.
func (p *pouch) counted() bool { return p.Reconciled != 0 }

func millis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
