package portal

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/hub/rpc"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// A member is asked for the list of revoked documents once in voidedFresh, and the
// list is believed while the offices were asked within voidedKept.
const (
	voidedFresh = time.Minute
	voidedKept  = time.Hour
)

const opVoided = "portal: list revoked documents"

// voided is the public list of revoked documents. The portal holds the whole of
// it, so that no member hears which document somebody was shown.
type voided struct {
	mu    sync.Mutex // guards all below
	names []wire.Digest
	asked time.Time     // as of when it holds: every office was asked after it; zero: never
	tried time.Time     // when a member was asked last, whether it answered or not
	under chan struct{} // closed when the question under way has ended; nil while there is none
	fails error         // of the last question; nil: its answer was taken
}

// voidedNames gives the list and when it was said. One question is under way at a
// time. Who has a list that still counts waits for none; all others wait for the
// same one.
func (p *Portal) voidedNames(ctx context.Context) ([]wire.Digest, time.Time, error) {
	v := &p.voided
	ask, under := v.turn(p.Now())
	if ask {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), memberWait) // others wait for it too
		defer cancel()
		said, err := p.Member.Voided(ctx)
		if err := v.heard(said, err); err != nil {
			p.Logger.Warn("list of revoked documents not renewed", slog.String("kind", fault.KindOf(err).Code()), slog.Any("cause", err))
		}
	} else if under != nil {
		select {
		case <-under:
		case <-ctx.Done():
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.counts(p.Now()) {
		cause := v.fails
		if cause == nil {
			cause = errOld
		}
		return nil, time.Time{}, fault.New(fault.Unavailable, opVoided, "", cause)
	}
	return v.names, v.asked, nil
}

// counts reports whether the list may be believed; mu is held.
func (v *voided) counts(now time.Time) bool {
	return !v.asked.IsZero() && now.Sub(v.asked) < voidedKept
}

// turn reports whether the caller is to ask a member, or which question to wait
// for.
func (v *voided) turn(now time.Time) (ask bool, under <-chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	counts := v.counts(now)
	switch {
	case counts && (now.Sub(v.tried) < voidedFresh || v.under != nil):
		return false, nil
	case v.under != nil:
		return false, v.under
	}
	v.tried, v.under = now, make(chan struct{})
	return true, nil
}

// The reasons why an answer is not taken.
var (
	errNeverAsked = errors.New("the member has asked no office yet")
	errBehind     = errors.New("the member is behind what was said before")
	errOld        = errors.New("the offices were asked too long ago")
)

// heard takes an answer, and says why it could not. A member that is behind takes
// nothing back.
func (v *voided) heard(said rpc.Voided, err error) error {
	var names []wire.Digest
	if err == nil {
		names, err = said.List()
	}
	asked := time.UnixMilli(said.AsOf)
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case err != nil:
	case said.AsOf <= 0:
		err = errNeverAsked
	case asked.Before(v.asked):
		err = errBehind
	default:
		v.names, v.asked = names, asked
	}
	v.fails = err
	close(v.under)
	v.under = nil
	return err
}

// lookUp adds to a report whether the document was revoked, and says whether
// that could not be known. Of what is no document of ours nothing is asked.
func (p *Portal) lookUp(ctx context.Context, r *document.Report) (unknown bool) {
	name, known := r.Named()
	if !known {
		return false
	}
	names, asked, err := p.voidedNames(ctx)
	if err != nil {
		return true
	}
	r.Revoke(slices.Contains(names, name), asked)
	return false
}

// voidedAnswer is the public list as programs read it.
type voidedAnswer struct {
	AsOf    time.Time `json:"as_of"`
	Revoked []string  `json:"revoked"`
}

// apiRevoked gives the whole list, so that who verifies offline need not say
// what. Permission: everybody, within a limit.
func (p *Portal) apiRevoked(c *gin.Context) {
	if err := p.paced(p.limits.view, client(c)); err != nil {
		web.Fail(c, err)
		return
	}
	names, asked, err := p.voidedNames(c.Request.Context())
	if err != nil {
		web.Fail(c, err)
		return
	}
	answer := voidedAnswer{AsOf: asked.UTC(), Revoked: make([]string, 0, len(names))}
	for _, one := range names {
		answer.Revoked = append(answer.Revoked, hex.EncodeToString(one[:]))
	}
	web.JSON(c, http.StatusOK, answer)
}
