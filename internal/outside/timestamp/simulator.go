package timestamp

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"io/fs"
	"math/big"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"jaliya/internal/cms"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/outside"
	"jaliya/internal/revocation"
	"jaliya/internal/timestamp"
)

// Faults of a time-stamping authority, beside those of every simulator.
const (
	WrongNonce   outside.Kind = "wrong-nonce"   // the token answers another question
	WrongImprint outside.Kind = "wrong-imprint" // the token is of something else
	Expired      outside.Kind = "expired"       // the certificate had run out
	Refuse       outside.Kind = "refuse"        // status rejection
)

// Path is where the authority answers.
const Path = "/timestamp"

// maxRequest caps a question, in bytes.
const maxRequest = 4 << 10

// Config is what a simulator runs with.
type Config struct {
	Keys  Keys
	Clock *outside.Clock
	Seed  uint64
}

// Simulator is a running authority.
type Simulator struct {
	cfg    Config
	faults *outside.Faults
	log    *outside.Log
}

// New gives an authority.
func New(cfg Config) (*Simulator, error) {
	if err := errors.Join(cfg.Keys.Good.Validate(), cfg.Keys.Old.Validate()); err != nil {
		return nil, err
	}
	return &Simulator{cfg: cfg, faults: outside.NewFaults(cfg.Seed), log: new(outside.Log)}, nil
}

// Faults gives what goes wrong.
func (s *Simulator) Faults() *outside.Faults { return s.faults }

// Admin gives the handler with which people break it.
func (s *Simulator) Admin() http.Handler { return outside.Admin(s.faults, s.log) }

// Handler gives the contract's handler.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path, s.stamp)
	return &outside.Service{Mux: mux, Faults: s.faults, Log: s.log}
}

// Policy gives the policy of the simulator's tokens, in an arc for examples.
func Policy() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 999, 1} }

func (s *Simulator) stamp(w http.ResponseWriter, r *http.Request) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != timestamp.QueryType {
		outside.Problem(w, http.StatusUnsupportedMediaType, "unsupported")
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		outside.Problem(w, http.StatusRequestEntityTooLarge, "too-large")
		return
	}
	answer, err := s.answer(raw)
	if err != nil {
		outside.Problem(w, http.StatusInternalServerError, "internal")
		return
	}
	w.Header().Set("Content-Type", timestamp.ReplyType)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(answer) // a caller that is gone is no matter
}

func (s *Simulator) answer(raw []byte) ([]byte, error) {
	fires := func(kind outside.Kind) bool {
		_, yes := s.faults.Fires(kind, "POST "+Path)
		return yes
	}
	if fires(Refuse) {
		return timestamp.EncodeRejection(timestamp.BadRequest), nil
	}
	a := timestamp.Authority{Signer: s.cfg.Keys.Good, Policy: Policy()}
	if fires(Expired) {
		a.Signer = s.cfg.Keys.Old
	}
	at := s.cfg.Clock.Now()
	nonce, imprint := fires(WrongNonce), fires(WrongImprint)
	if !nonce && !imprint {
		return a.Respond(raw, at)
	}
	q, err := timestamp.ParseRequest(raw)
	if err != nil {
		return a.Respond(raw, at)
	}
	if nonce && q.Nonce != nil {
		q.Nonce = new(big.Int).Add(q.Nonce, big.NewInt(1))
	}
	if imprint {
		q.Imprint.Digest = slices.Clone(q.Imprint.Digest)
		q.Imprint.Digest[0] ^= 1
	}
	token, err := a.Token(q.Imprint, q.Nonce, at)
	if err != nil {
		return nil, err
	}
	return timestamp.EncodeGranted(token), nil
}

// Keys are what an authority signs with: a certificate that is good, and one
// that has run out.
type Keys struct {
	Good, Old cms.Signer
	Root      *x509.Certificate
	Lists     []*x509.RevocationList // of revoked certificates: none is
}

// ListsFile holds the lists of revoked certificates beside time.pem.
const ListsFile = "time-lists.pem"

// NewKeys makes the keys of a test authority.
func NewKeys(at time.Time) (Keys, error) {
	const years = 10
	a, err := issuer.NewAuthority("Test time", issuer.Life{From: at.AddDate(-2, 0, 0).UTC(), To: at.AddDate(years, 0, 0).UTC()})
	if err != nil {
		return Keys{}, err
	}
	good, err := a.Times("Test time stamps", issuer.Years(at, years))
	if err != nil {
		return Keys{}, err
	}
	old, err := a.Times("Old test time stamps", issuer.Life{From: at.AddDate(-2, 0, 0).UTC(), To: at.AddDate(-1, 0, 0).UTC()})
	if err != nil {
		return Keys{}, err
	}
	lists, err := a.Lists(issuer.Years(at, years))
	return Keys{Good: good, Old: old, Root: a.Root(), Lists: lists}, err
}

// LoadKeys reads the keys in a directory, made there the first time; time.pem
// is the root that readers trust.
func LoadKeys(dir string, at time.Time) (Keys, error) {
	name := func(n string) string { return filepath.Join(dir, n) }
	if _, err := os.Stat(name("time.pem")); errors.Is(err, fs.ErrNotExist) {
		k, err := NewKeys(at)
		if err != nil {
			return k, err
		}
		for file, s := range map[string]cms.Signer{"stamp": k.Good, "stamp-old": k.Old} {
			if err := issuer.SaveSigner(name(file+".key"), name(file+".pem"), s); err != nil {
				return k, err
			}
		}
		if err := revocation.Save(name(ListsFile), k.Lists...); err != nil {
			return k, err
		}
		return k, issuer.SaveCertificates(name("time.pem"), k.Root)
	} else if err != nil {
		return Keys{}, fault.New(fault.Storage, "timestamp: load keys", "time.pem", err)
	}
	good, err := issuer.LoadSigner(name("stamp.key"), name("stamp.pem"))
	if err != nil {
		return Keys{}, err
	}
	old, err := issuer.LoadSigner(name("stamp-old.key"), name("stamp-old.pem"))
	if err != nil {
		return Keys{}, err
	}
	root, err := issuer.LoadCertificates(name("time.pem"))
	if err != nil {
		return Keys{}, err
	}
	lists, err := revocation.Load(name(ListsFile))
	if fault.Is(err, fault.NotFound) { // keys of before there were lists
		err = nil
	}
	return Keys{Good: good, Old: old, Root: root[0], Lists: lists}, err
}
