package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// slipLife is how long a slip can be printed again. The code is kept sealed
// under the node's data key from the commit of the release until somebody says
// that the person has it, or this time is over: without that, a crash between
// the commit and the printer would leave a person who cannot follow the
// request. Afterwards only the hash is left.
const slipLife = 24 * time.Hour

type slip struct {
	Code  string `json:"code"`
	Token string `json:"token,omitempty"` // consular.FollowToken.Text of the QR code; none where the slip before stays good
	Until int64  `json:"until"`           // wall clock of the desk, ms
}

func (d *Desk) sealSlip(visit wire.RecordID, s slip) ([]byte, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, fault.New(fault.Internal, "desk: seal slip", visit.String(), nil)
	}
	defer clear(plain)
	return d.slips.Seal(cell(bucketSlips, visit[:]), plain)
}

// openSlip gives code and token while they are kept, and empty ones afterwards.
func (d *Desk) openSlip(visit wire.RecordID) (slip, error) {
	var s slip
	err := d.o.Journal.View(func(r kv.Reader) error {
		var err error
		s, err = d.readSlip(visit, r.Get(bucketSlips, visit[:]))
		return err
	})
	if err != nil || d.o.Clock().UnixMilli() >= s.Until {
		return slip{}, err
	}
	return s, nil
}

func (d *Desk) readSlip(visit wire.RecordID, sealed []byte) (s slip, err error) {
	if sealed == nil {
		return s, nil
	}
	plain, err := d.slips.Open(cell(bucketSlips, visit[:]), sealed)
	if err != nil {
		return s, err
	}
	defer clear(plain)
	if json.Unmarshal(plain, &s) != nil {
		return s, fault.New(fault.Corrupt, "desk: open slip", visit.String(), nil)
	}
	return s, nil
}

// SlipGiven says that the person has the slip: the code is forgotten, durable
// on return. Said again, it changes nothing.
func (d *Desk) SlipGiven(ctx context.Context, p access.Principal, visit wire.RecordID) error {
	if err := p.Require(access.VisitWrite); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fault.New(fault.Timeout, "desk: forget slip", "", err)
	}
	if _, err := d.o.Journal.ByRecord(visit); err != nil {
		return err
	}
	return d.o.Journal.Update(func(w kv.Writer) error { return w.Delete(bucketSlips, visit[:]) })
}

// Sweep forgets the slip codes whose time is over. The node calls it at times;
// New does as well. It gives how many there were.
func (d *Desk) Sweep() (swept int, err error) {
	now := d.o.Clock().UnixMilli()
	err = d.o.Journal.Update(func(w kv.Writer) error {
		var over [][]byte
		w.Ascend(bucketSlips, nil, func(key, value []byte) bool {
			s, err := d.readSlip(wire.RecordID(key), value)
			if err != nil || s.Until <= now {
				over = append(over, bytes.Clone(key))
			}
			return true
		})
		swept = len(over)
		for _, key := range over {
			if err := w.Delete(bucketSlips, key); err != nil {
				return err
			}
		}
		return nil
	})
	return swept, err
}

// CheckPortal takes the address of a portal as slips print it: an origin without
// a path, http on this machine alone. An empty one is for none.
func CheckPortal(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != address ||
		(u.Scheme != "https" && (u.Scheme != "http" || (u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1"))) {
		return fault.New(fault.Invalid, "desk: check portal", "an address without a path, https://portal.example.ma", nil)
	}
	return nil
}
