package ledger

import (
	"errors"
	"strconv"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// maxFired bounds how many timers one tick fires; the next one goes on.
const maxFired = 256

// Tick tells the state what time it is: timers that have passed fire, in the
// order in which they pass. It also carries the leader's state hash at an
// earlier tick, which every member compares with its own (D21).
type Tick struct {
	Time  int64       `cbor:"1,keyasint"`
	Index uint64      `cbor:"2,keyasint,omitempty"` // of the tick whose hash is compared; 0: none
	Hash  wire.Digest `cbor:"3,keyasint"`
}

// checkpoint is what a member remembers of the newest tick.
type checkpoint struct {
	Index uint64      `cbor:"1,keyasint"`
	Hash  wire.Digest `cbor:"2,keyasint"` // the state hash before that tick
}

func (Tick) kind() Kind { return KindTick }

func (c Tick) when() int64 { return c.Time }

func (c Tick) apply(t *tx) (Result, error) {
	if err := c.compare(t); err != nil {
		return Result{}, err
	}
	fired := uint64(0)
	for fired < maxFired {
		due, number, found := t.nextTimer()
		if !found || due > c.Time {
			break
		}
		if err := t.fire(number, due); err != nil {
			return Result{}, err
		}
		fired++
	}
	return Result{Fired: fired}, nil
}

// compare stops this member when the leader had another state at the same
// place: fault.Corrupt, and people compare the files. It then remembers where
// the state stands now.
func (c Tick) compare(t *tx) error {
	held, _, err := load[checkpoint](t.w, inMeta, keyCheckpoint)
	if err != nil {
		return err
	}
	if c.Index != 0 && c.Index == held.Index && c.Hash != held.Hash {
		return fault.New(fault.Corrupt, "ledger: compare state hash", strconv.FormatUint(c.Index, 10),
			errors.New("this member's state and the leader's have parted: keep both files and audit them"))
	}
	now := checkpoint{Index: t.index}
	copy(now.Hash[:], t.w.Get(inMeta, keyHash))
	return t.put(inMeta, keyCheckpoint, now)
}

// NextTick gives the tick for a leader to propose, now in milliseconds since
// 1970.
func (v Views) NextTick(now int64) (Tick, error) {
	return view(v, func(r kv.Reader) (Tick, error) {
		held, _, err := load[checkpoint](r, inMeta, keyCheckpoint)
		return Tick{Time: now, Index: held.Index, Hash: held.Hash}, err
	})
}
