package rpc

import (
	"context"
	"slices"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Caps of a question and an answer, in bytes. The answer that is large is a
// sealed document.
const (
	maxQuestion = 256 << 10
	maxAnswer   = 1 << 20
)

// Member answers a portal's questions. Errors: fault.NotFound for what is not
// there and for what is not the asker's, alike.
type Member interface {
	// Keys gives what the portal seals with.
	Keys(ctx context.Context) (Keys, error)
	// File commits an entry of the portal: level L2 when it returns. The same
	// entry again is answered as the first was.
	File(ctx context.Context, in Filing) (Filed, error)
	// Follow gives what the holder of a slip may read, after the same work
	// whether there is such a request or not.
	Follow(ctx context.Context, in FollowQuestion) (Followed, error)
	// FollowToken gives the same to who scanned a slip.
	FollowToken(ctx context.Context, in TokenQuestion) (Followed, error)
	// Mine lists what a person filed, newest first.
	Mine(ctx context.Context, in Owner) ([]Followed, error)
	// Standing gives the open request that keeps a person from filing another
	// one for the same; fault.NotFound when nothing does.
	Standing(ctx context.Context, in Topic) (Followed, error)
	// Request gives one of them.
	Request(ctx context.Context, in OwnRequest) (Own, error)
	// Payment gives the page where the person pays, or that it is paid.
	Payment(ctx context.Context, in OwnRequest) (Payment, error)
	// PaymentNotice passes on what the payment service sent: a hint to look.
	PaymentNotice(ctx context.Context, in Notice) (Nothing, error)
	// Question gives the issuer's question, sealed to the portal's key.
	Question(ctx context.Context, in Reading) (Sealed, error)
	// Document gives the document of a release, once, sealed to a key that the
	// portal made for it.
	Document(ctx context.Context, in Reading) (Sealed, error)
	// Voided lists all documents that their issuers revoked: the whole list, so
	// that nobody is told which one is looked up.
	Voided(ctx context.Context) (Voided, error)
	// Renew certifies a new key of the portal that asks.
	Renew(ctx context.Context, in RenewQuestion) (Renewed, error)
}

// Voided is the list of revoked documents.
type Voided struct {
	AsOf  int64  `cbor:"1,keyasint"` // ms since 1970: every office was asked after it; 0: not yet
	Names []byte `cbor:"2,keyasint"` // document.Name of each, 32 bytes, one after the other
}

// NewVoided gives a list as of a time.
func NewVoided(asOf int64, names []wire.Digest) Voided {
	v := Voided{AsOf: asOf, Names: make([]byte, 0, len(names)*len(wire.Digest{}))}
	for _, one := range names {
		v.Names = append(v.Names, one[:]...)
	}
	return v
}

// List gives the names. Corrupt: it is no list of them.
func (v Voided) List() ([]wire.Digest, error) {
	const size = len(wire.Digest{})
	if len(v.Names)%size != 0 {
		return nil, fault.New(fault.Corrupt, "rpc: read revoked documents", "length", nil)
	}
	out := make([]wire.Digest, 0, len(v.Names)/size)
	for one := range slices.Chunk(v.Names, size) {
		out = append(out, wire.Digest(one))
	}
	return out, nil
}

// Nothing is an empty question or answer.
type Nothing struct{}

// Keys is what the portal seals with and prints.
type Keys struct {
	Cluster wire.ClusterID `cbor:"1,keyasint"`
	Intake  wire.IntakeKey `cbor:"2,keyasint"` // the newest
	Time    int64          `cbor:"3,keyasint"` // the member's, ms
}

// Filing is one entry of source portal.
type Filing struct {
	Header []byte `cbor:"1,keyasint"`
	Body   []byte `cbor:"2,keyasint"`
}

// Filed says where the entry stands in the national order.
type Filed struct {
	Commit uint64 `cbor:"1,keyasint"`
	Index  uint64 `cbor:"2,keyasint"` // of the log
	Time   int64  `cbor:"3,keyasint"`
}

// Owner is who signed in: the digest of issuer and subject, never a name.
type Owner struct {
	Owner wire.Digest `cbor:"1,keyasint"`
}

// Topic is what a person asks for, as the header of a filing names it.
type Topic struct {
	Owner wire.Digest `cbor:"1,keyasint"`
	Topic wire.Digest `cbor:"2,keyasint"`
}

// OwnRequest names a request of a person's own.
type OwnRequest struct {
	Owner     wire.Digest        `cbor:"1,keyasint"`
	Reference consular.Reference `cbor:"2,keyasint"`
}

// FollowQuestion is what stands on a slip.
type FollowQuestion struct {
	Reference consular.Reference `cbor:"1,keyasint"`
	Code      consular.SlipCode  `cbor:"2,keyasint"`
}

// TokenQuestion is what the QR code of a slip leads to: the digest of its token.
type TokenQuestion struct {
	Token wire.Digest `cbor:"1,keyasint"`
}

// Followed is what the person may read of a request: public statuses only.
type Followed struct {
	Reference consular.Reference `cbor:"1,keyasint"`
	Service   consular.Service   `cbor:"2,keyasint"`
	Pickup    consular.PostID    `cbor:"3,keyasint,omitempty"`
	Status    string             `cbor:"4,keyasint"` // key of the status in the catalog
	Reason    string             `cbor:"5,keyasint,omitempty"`
	Opened    int64              `cbor:"6,keyasint"`
	Updated   int64              `cbor:"7,keyasint"`
	Steps     []Step             `cbor:"8,keyasint"`
	// Promised is the date said to the person, ms; First is the one said at
	// first, and Moved why it is another now: "supplement", "pouch", "payment".
	Promised int64  `cbor:"9,keyasint,omitempty"`
	First    int64  `cbor:"10,keyasint,omitempty"`
	Moved    string `cbor:"11,keyasint,omitempty"`
	// Until is when the person must have acted, or the document ends; zero: no
	// such time runs.
	Until int64 `cbor:"12,keyasint,omitempty"`
}

// Step is one status and when it was reached.
type Step struct {
	Status string `cbor:"1,keyasint"`
	Time   int64  `cbor:"2,keyasint"`
}

// Own is a request as the person who filed it sees it, with what may be done
// now.
type Own struct {
	Followed
	CanPay      bool            `cbor:"20,keyasint,omitempty"`
	CanAnswer   bool            `cbor:"21,keyasint,omitempty"`
	CanOpen     bool            `cbor:"22,keyasint,omitempty"`
	CanPrint    bool            `cbor:"23,keyasint,omitempty"`
	CanWithdraw bool            `cbor:"24,keyasint,omitempty"`
	PrintAt     consular.PostID `cbor:"25,keyasint,omitempty"`
	Version     uint64          `cbor:"26,keyasint"`
}

// Payment says how the fee stands.
type Payment struct {
	State string         `cbor:"1,keyasint"` // "open", "paid", "closed"
	Page  string         `cbor:"2,keyasint,omitempty"`
	Due   consular.Money `cbor:"3,keyasint,omitzero"`
}

// States of a payment.
const (
	PaymentOpen   = "open"
	PaymentPaid   = "paid"
	PaymentClosed = "closed"
)

// Notice is what the payment service sent to the portal, as it came.
type Notice struct {
	Header map[string]string `cbor:"1,keyasint"`
	Body   []byte            `cbor:"2,keyasint"`
}

// Reading asks for something sealed of a person's own request.
type Reading struct {
	OwnRequest
	Record wire.RecordID `cbor:"10,keyasint"` // of the document.released; zero for a question
	Key    []byte        `cbor:"11,keyasint"` // seal.PostPublic, made for this reading
}

// Sealed is an envelope for the key of a Reading.
type Sealed struct {
	Body   []byte `cbor:"1,keyasint"`
	Bundle []byte `cbor:"2,keyasint,omitempty"`
}

// ReadContext is the purpose that a reading is sealed for; the associated data
// is ReadAAD.
const ReadContext = "jaliya/read/1"

// ReadAAD binds what is read to the request, and a document to its release.
func ReadAAD(r OwnRequest, record wire.RecordID) []byte {
	aad := append([]byte(ReadContext+"\x00"), r.Reference.Digits()...)
	return append(aad, record[:]...)
}

// RenewQuestion asks to certify a new key.
type RenewQuestion struct {
	CSR []byte `cbor:"1,keyasint"`
}

// Renewed brings the chain and the trust of today.
type Renewed struct {
	Chain []byte `cbor:"1,keyasint"` // PEM-free form of pki.EncodeChain
	Trust []byte `cbor:"2,keyasint"`
}

// At gives a time of an answer; the zero Time for none.
func At(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
