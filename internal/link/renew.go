package link

import (
	"context"
	"crypto/x509"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
)

// RenewerOptions are the parts of a Renewer.
type RenewerOptions struct {
	Ring *pki.Keyring
	Slot pki.Slot     // what is renewed
	Want pki.Identity // whom the new certificate must name
	// Via are the credentials to ask with, in order: the first that is in its
	// time is used, else the last. A node asks with its device certificate
	// alone, so that a stolen working certificate dies within its week (D51);
	// a member asks with its working one.
	Via []pki.Slot
	// SameKey asks for a certificate of the key that the slot holds, which is how a
	// device keeps the identity that the ledger knows it by.
	SameKey bool
	// Before is how long before its end a certificate is renewed (pki.RenewBefore);
	// 0 means at a third of its life.
	Before time.Duration
	// Ask sends a signing request over a session opened with a credential and
	// gives the chain that came back.
	Ask func(ctx context.Context, via pki.Slot, csr []byte) ([]*x509.Certificate, error)
	// Verifier checks what came back, before it is put to use.
	Verifier *pki.Verifier
	Now      func() time.Time // best known hub time
	Log      *slog.Logger     // nil means silence

	MinRetry time.Duration // first pause after a failure; 0 means 30 s
	MaxRetry time.Duration // longest pause after failures; 0 means 1 h
}

// Renewer keeps one credential fresh: it renews it at a third of its life, or so
// long before its end, and retries with jitter until it has a new one, however
// long the link or the machine was down.
type Renewer struct {
	RenewerOptions
	kick   chan struct{} // holds at most one kick; never closed
	told   time.Time     // when a failure was logged last; Run's alone
	status atomic.Pointer[RenewStatus]
}

// RenewStatus is what a status page shows.
type RenewStatus struct {
	NotAfter time.Time // end of the present certificate; zero without one
	RenewAt  time.Time
	Failures int   // in a row
	Last     error // of the last attempt
}

// longestNap bounds how long the renewer sleeps without looking at the time: a
// suspended machine's timers stand still, its clock does not.
const longestNap = time.Hour

// NewRenewer checks that everything needed is there.
func NewRenewer(o RenewerOptions) (*Renewer, error) {
	const op = "link: new renewer"
	r := &Renewer{RenewerOptions: o, kick: make(chan struct{}, 1)}
	if r.Ring == nil || r.Ask == nil || r.Now == nil || len(r.Via) == 0 {
		return nil, fault.New(fault.Invalid, op, "ring, ask, now or via missing", nil)
	}
	if err := r.Verifier.Validate(); err != nil {
		return nil, err
	}
	if err := r.Want.Validate(); err != nil {
		return nil, err
	}
	setDefault(&r.MinRetry, 30*time.Second)
	setDefault(&r.MaxRetry, time.Hour)
	if r.Log == nil {
		r.Log = slog.New(slog.DiscardHandler)
	}
	r.status.Store(&RenewStatus{})
	return r, nil
}

// Status tells how renewal stands.
func (r *Renewer) Status() RenewStatus { return *r.status.Load() }

// Kick ends a pause: the link is back, or the time is known better.
func (r *Renewer) Kick() {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// Lapsed reports whether the present certificate is over, and if so ends a
// pause: whoever cannot dial with it says so at each attempt, and so the return
// of a link is not slept through, however long it was away.
func (r *Renewer) Lapsed() bool {
	c, err := r.Ring.Credential(r.Slot)
	if err != nil || !r.Now().After(c.Leaf.NotAfter) {
		return false
	}
	r.Kick()
	return true
}

// Run renews until ctx ends, and returns nil then. The caller waits for it.
func (r *Renewer) Run(ctx context.Context) error {
	var pending *pki.Pending
	defer func() {
		if pending != nil {
			r.discard(pending)
		}
	}()
	failures := 0
	for {
		pause := r.due()
		if pause <= 0 {
			err := r.attempt(ctx, &pending)
			if err == nil {
				failures, pause = 0, max(r.due(), r.MinRetry)
			} else {
				failures++
				pause = Backoff(failures, r.MinRetry, r.MaxRetry)
			}
			r.note(failures, err)
		}
		if !r.sleep(ctx, min(pause, longestNap)) {
			return nil
		}
	}
}

// due tells how long the present certificate needs no renewal.
func (r *Renewer) due() time.Duration {
	c, err := r.Ring.Credential(r.Slot)
	if err != nil {
		return 0
	}
	now := r.Now()
	if now.Before(c.Leaf.NotBefore) {
		return 0 // our clock, or the issuer's, went back
	}
	return r.renewAt(c.Leaf).Sub(now)
}

func (r *Renewer) renewAt(leaf *x509.Certificate) time.Time {
	if r.Before > 0 {
		return pki.RenewBefore(leaf, r.Before)
	}
	return pki.RenewAt(leaf)
}

// attempt asks once. The key is kept over failed attempts, so that an answer
// lost on the way costs the issuer one more certificate and us nothing.
func (r *Renewer) attempt(ctx context.Context, pending **pki.Pending) error {
	if *pending == nil {
		prepare := r.Ring.Prepare
		if r.SameKey {
			prepare = r.Ring.Again
		}
		p, err := prepare(r.Slot)
		if err != nil {
			return err
		}
		*pending = p
	}
	chain, err := r.Ask(ctx, r.via(), (*pending).CSR)
	if err != nil {
		return err
	}
	if err := r.check(chain); err != nil {
		return err
	}
	p := *pending
	before, _ := r.Ring.Credential(r.Slot)
	err = r.Ring.Install(p, chain)
	if after, _ := r.Ring.Credential(r.Slot); after != before {
		*pending = nil // in use, even if the old key could not be destroyed
	}
	return err
}

func (r *Renewer) check(chain []*x509.Certificate) error {
	usage := x509.ExtKeyUsageClientAuth
	if r.Want.Role == pki.Desk {
		usage = x509.ExtKeyUsageServerAuth
	}
	peer, err := r.Verifier.Verify(chain, usage)
	if err != nil {
		return err
	}
	if peer.Identity != r.Want {
		return fault.New(fault.Denied, "link: renew", "the new certificate names another", nil)
	}
	return nil
}

// via chooses the credential to ask with.
func (r *Renewer) via() pki.Slot {
	now := r.Now()
	i := slices.IndexFunc(r.Via, func(slot pki.Slot) bool {
		c, err := r.Ring.Credential(slot)
		return err == nil && !now.After(c.Leaf.NotAfter)
	})
	if i < 0 {
		i = len(r.Via) - 1
	}
	return r.Via[i]
}

func (r *Renewer) note(failures int, err error) {
	s := RenewStatus{Failures: failures, Last: err}
	if c, e := r.Ring.Credential(r.Slot); e == nil {
		s.NotAfter, s.RenewAt = c.Leaf.NotAfter, r.renewAt(c.Leaf)
	}
	r.status.Store(&s)
	if err != nil {
		// A post that is alone for weeks asks every few seconds in the end.
		if failures > 1 && r.Now().Sub(r.told) < longestNap {
			return
		}
		r.told = r.Now()
		r.Log.Warn("certificate not renewed", slog.String("slot", string(r.Slot)),
			slog.Int("failures", failures), slog.String("error", err.Error()))
		return
	}
	r.Log.Info("certificate renewed", slog.String("slot", string(r.Slot)), slog.Time("until", s.NotAfter))
}

func (r *Renewer) discard(p *pki.Pending) {
	if err := r.Ring.Discard(p); err != nil {
		r.Log.Warn("unused key left behind", slog.String("slot", string(r.Slot)), slog.String("error", err.Error()))
	}
}

func (r *Renewer) sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-r.kick:
	case <-timer.C:
	}
	return true
}

// Backoff gives the pause before attempt n+1 after n failures: doubling from
// low to high, and of that a random half at least, so that 71 nodes do not
// come back as one.
func Backoff(failures int, low, high time.Duration) time.Duration {
	d := high
	if shift := max(failures-1, 0); shift < 32 && low < high>>shift {
		d = low << shift
	}
	if d <= 1 {
		return d
	}
	return d/2 + rand.N(d/2) //nolint:gosec // G404: spreads load, hides nothing
}
