package hub

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"jaliya/hub/backup"
	"jaliya/hub/ledger"
	"jaliya/internal/byhand"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

const (
	opBacking = "hub: give a backup"

	// backingPatience is how long a reader of the state may take for one part of
	// it: its transaction keeps pages from being used again (D6).
	backingPatience = time.Minute
)

// backupRoutes are what `jaliya backup` asks for. Whoever may open the socket
// may have a backup: the state as it is, the keys encrypted, objects as sealed.
func (h *Hub) backupRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /backup/state", h.giveState)
	mux.HandleFunc("POST /backup/keys", answer(h.giveKeys))
	mux.HandleFunc("GET /backup/objects/{digest}", h.giveObject)
	mux.HandleFunc("POST /backup/sign", answer(h.signBackup))
}

// stateHead stands before the bytes of a state, in a line of JSON. SHA-256 of
// the bytes stands behind them.
type stateHead struct {
	Point ledger.Point `json:"point"`
	Size  int64        `json:"size"`
}

// giveState streams the state as it is. The head goes out with the first byte of
// the content, as nothing is applied before that.
func (h *Hub) giveState(w http.ResponseWriter, _ *http.Request) {
	err := byhand.Stream(w, map[string]string{"Content-Type": "application/octet-stream"}, func(to io.Writer) error {
		return h.ledger.ExportPoint(func(p ledger.Point, size int64, content io.WriterTo) error {
			head, err := json.Marshal(stateHead{Point: p, Size: size})
			if err != nil {
				return fault.New(fault.Internal, opBacking, "head", err)
			}
			sum := sha256.New()
			out := &hurried{to: to, limits: http.NewResponseController(w), before: append(head, '\n')}
			n, err := content.WriteTo(io.MultiWriter(out, sum))
			switch {
			case err != nil:
				return err
			case n != size:
				return fault.New(fault.Internal, opBacking, "size is not as announced", nil)
			}
			_, err = out.Write(sum.Sum(nil))
			return err
		})
	})
	if err != nil {
		reply(w, http.StatusConflict, Failure{Kind: fault.KindOf(err).String(), Text: err.Error()})
	}
}

// hurried ends with a reader that does not read, and writes something before the
// first byte.
type hurried struct {
	to     io.Writer
	limits *http.ResponseController
	before []byte
}

// Write implements io.Writer.
func (h *hurried) Write(b []byte) (int, error) {
	if err := h.limits.SetWriteDeadline(time.Now().Add(backingPatience)); err != nil {
		return 0, err
	}
	if h.before != nil {
		if _, err := h.to.Write(h.before); err != nil {
			return 0, err
		}
		h.before = nil
	}
	return h.to.Write(b)
}

// giveObject streams a sealed object that was proved just now.
func (h *Hub) giveObject(w http.ResponseWriter, r *http.Request) {
	err := byhand.Stream(w, map[string]string{"Content-Type": "application/octet-stream"}, func(to io.Writer) error {
		digest, err := wire.ParseDigest(r.PathValue("digest"))
		if err != nil {
			return err
		}
		object, err := h.vault.Open(digest)
		if err != nil {
			return err
		}
		defer func() { _ = object.Close() }() // only read
		_, err = io.Copy(to, object)
		return err
	})
	if err != nil {
		reply(w, http.StatusConflict, Failure{Kind: fault.KindOf(err).String(), Text: err.Error()})
	}
}

// backupSignRequest brings a manifest.
type backupSignRequest struct {
	Manifest []byte `json:"manifest"`
}

// backupSignReply brings the signature over it.
type backupSignReply struct {
	Key       []byte `json:"key"`
	Signature []byte `json:"signature"`
}

// signBackup signs the manifest of a backup of this hub, with the key that signs
// receipts: who keeps that key's public half knows whose backup it is.
func (h *Hub) signBackup(_ context.Context, in backupSignRequest) (backupSignReply, error) {
	m, err := backup.Decode(in.Manifest)
	if err != nil {
		return backupSignReply{}, err
	}
	applied, _, err := h.ledger.StateHash()
	if err != nil {
		return backupSignReply{}, err
	}
	if m.Cluster != h.keys.cluster.String() || m.Index > applied {
		return backupSignReply{}, fault.New(fault.Denied, opBacking, "the manifest is not of this hub", nil)
	}
	key := h.keys.signer()
	return backupSignReply{Key: key.Public().Bytes(), Signature: key.Sign(seal.DomainBackup, in.Manifest)}, nil
}
