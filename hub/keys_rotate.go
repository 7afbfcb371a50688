package hub

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"time"

	"jaliya/hub/cluster"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Files of a receipt key that is published and does not sign yet: the wrapped
// key, and the moment in which the ledger had it, which is written last.
const (
	fileReceiptNext = "receipt-next.key"
	fileReceiptTold = "receipt-next.told"
)

// RotateRequest asks for fresh keys.
type RotateRequest struct {
	Intake  bool `json:"intake"`
	Receipt bool `json:"receipt"`
	Now     bool `json:"now"` // sign with the published receipt key although not every post has heard it
}

// RotateReply says what was made and who is waited for.
type RotateReply struct {
	Intake  uint32        `json:"intake,omitempty"`  // number that visits are sealed to from now on
	Receipt string        `json:"receipt,omitempty"` // public key, hexadecimal
	Signs   bool          `json:"signs"`             // the receipt key signs from now on; false: it is published
	Waiting []WaitingPost `json:"waiting,omitempty"` // have not heard the published key yet
}

// WaitingPost is a machine that has not heard a key.
type WaitingPost struct {
	Node string          `json:"node"`
	Post consular.PostID `json:"post"`
}

const opRotate = "hub: rotate keys"

func (h *Hub) keyRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /keys/rotate", answer(func(ctx context.Context, in RotateRequest) (RotateReply, error) {
		h.changing.Lock()
		defer h.changing.Unlock()
		return h.rotateKeys(ctx, in)
	}))
	mux.HandleFunc("POST /authorities", answer(func(_ context.Context, in AuthoritiesRequest) (AuthoritiesReply, error) {
		h.changing.Lock()
		defer h.changing.Unlock()
		return h.takeAuthorities(in)
	}))
}

// rotateKeys makes what is asked for. A private key is on disk before anybody
// hears of its public half: what is sealed or signed with it outlives a crash.
func (h *Hub) rotateKeys(ctx context.Context, in RotateRequest) (RotateReply, error) {
	var out RotateReply
	if !in.Intake && !in.Receipt {
		return out, fault.New(fault.Invalid, opRotate, "say which: intake, receipt or both", nil)
	}
	if err := alone(h.cluster.Members()); err != nil {
		return out, err
	}
	box, err := h.cfg.custody(false)
	if err != nil {
		return out, err
	}
	news := in.Intake
	if in.Intake {
		if out.Intake, err = h.rotateIntake(ctx, box); err != nil {
			return out, err
		}
	}
	if in.Receipt {
		fresh, err := h.rotateReceipt(ctx, box, in.Now, &out)
		if err != nil {
			return out, err
		}
		news = news || fresh || in.Now
	}
	if news { // posts come again within seconds, and their welcome tells them
		h.registry.Reconnect(link.ALPNShip)
	}
	return out, nil
}

// alone wants a hub of one member. A fresh key is written where the command runs;
// another member would go on with the old one: it could not open what posts seal,
// and after a change of leader it would sign with a key that was put away.
func alone(members []cluster.Member) error {
	if len(members) <= 1 {
		return nil
	}
	return fault.New(fault.Unsupported, opRotate,
		"the hub has "+strconv.Itoa(len(members))+" members, and the others would keep the old keys: nothing was changed", nil)
}

func (h *Hub) rotateIntake(ctx context.Context, box seal.Custody) (uint32, error) {
	public, err := h.keys.intake.Rotate()
	if err != nil {
		return 0, err
	}
	if err := h.keys.intake.Save(h.cfg.keyPath(fileIntake), box); err != nil {
		return 0, err
	}
	return public.ID, h.propose(ctx, ledger.RotateKeys{
		Time: time.Now().UnixMilli(), Intake: []wire.IntakeKey{{Number: public.ID, Public: public.Encode()}},
	})
}

// rotateReceipt goes in two steps, so that nobody is handed a signature whose key
// he does not know: the first publishes the next key, and when each post has been
// welcomed since, the second signs with it. Old keys stay in the ledger and at
// the posts, where they prove old receipts; their private halves are gone. It
// reports whether there is a key that no post knew before.
func (h *Hub) rotateReceipt(ctx context.Context, box seal.Custody, now bool, out *RotateReply) (fresh bool, err error) {
	next, err := h.publishReceipt(ctx, box)
	if err != nil {
		return false, err
	}
	out.Receipt = hex.EncodeToString(next.key.Public().Bytes())
	if out.Waiting, err = h.notHeard(next.told); err != nil {
		return next.fresh, err
	}
	if len(out.Waiting) > 0 && !now {
		return next.fresh, nil
	}
	if err := next.key.Save(h.cfg.keyPath(fileReceipt), box); err != nil {
		return next.fresh, err
	}
	h.keys.receipt.Store(next.key)
	out.Signs = true
	return next.fresh, h.putAwayNext()
}

// putAwayNext removes the files of a published key that signs by now.
func (h *Hub) putAwayNext() error {
	for _, name := range []string{fileReceiptTold, fileReceiptNext} {
		if err := os.Remove(h.cfg.keyPath(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fault.New(fault.Storage, opRotate, name, err)
		}
	}
	return nil
}

// published is the next receipt key, and the moment in which the ledger had it.
type published struct {
	key   *seal.SigningKey
	told  int64
	fresh bool // just now
}

// publishReceipt gives the next key, making and publishing it when there is none.
// Cut short at any place, it goes on with the same key.
func (h *Hub) publishReceipt(ctx context.Context, box seal.Custody) (published, error) {
	path := h.cfg.keyPath(fileReceiptNext)
	next, err := seal.LoadSigningKey(path, box)
	if err == nil && next.KeyID == h.keys.signer().KeyID { // it signs already: cut short before this was put away
		if err := h.putAwayNext(); err != nil {
			return published{}, err
		}
		err = fault.New(fault.NotFound, opRotate, fileReceiptNext, nil)
	}
	if fault.Is(err, fault.NotFound) {
		if next, err = seal.GenerateSigningKey(); err == nil {
			err = next.Save(path, box)
		}
	}
	if err != nil {
		return published{}, err
	}
	if raw, err := os.ReadFile(h.cfg.keyPath(fileReceiptTold)); err == nil {
		if told, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
			return published{key: next, told: told}, nil
		}
	}
	if err := h.propose(ctx, ledger.RotateKeys{
		Time: time.Now().UnixMilli(), Receipt: [][]byte{next.Public().Bytes()},
	}); err != nil {
		return published{}, err
	}
	told := time.Now().UnixMilli()
	return published{key: next, told: told, fresh: true},
		writePublic(h.cfg.keyPath(fileReceiptTold), []byte(strconv.FormatInt(told, 10)))
}

// notHeard lists the machines that may speak and have opened no session since.
// One that exchanges files alone is among them: it learns keys from answers, and
// nobody knows which of them arrived.
func (h *Hub) notHeard(since int64) ([]WaitingPost, error) {
	nodes, err := h.ledger.Nodes()
	if err != nil {
		return nil, err
	}
	var out []WaitingPost
	for _, n := range nodes {
		if !n.Revoked && !n.Fenced && n.SessionAt <= since {
			out = append(out, WaitingPost{Node: n.ID.String(), Post: n.Post})
		}
	}
	return out, nil
}
