package portal

import (
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// How old the list of revoked documents may be: it is asked for anew after the
// first, and without an answer believed until the second.
const (
	voidedFresh = time.Minute
	voidedKept  = time.Hour
)

// voided is the public list of revoked documents. The portal holds the whole of
// it, so that no member hears which document somebody was shown.
type voided struct {
	mu    sync.Mutex // guards both below, and is held while a member is asked
	names []wire.Digest
	asked time.Time // when a member said so; zero: never
}

// voidedNames gives the list and when it was said.
func (p *Portal) voidedNames(ctx context.Context) ([]wire.Digest, time.Time, error) {
	p.voided.mu.Lock()
	defer p.voided.mu.Unlock()
	if now := p.Now(); p.voided.asked.IsZero() || now.Sub(p.voided.asked) >= voidedFresh {
		ctx, cancel := context.WithTimeout(ctx, memberWait)
		defer cancel()
		names, err := p.Member.Voided(ctx)
		if err == nil {
			p.voided.names, p.voided.asked = names, now
		} else if p.voided.asked.IsZero() || now.Sub(p.voided.asked) >= voidedKept {
			return nil, time.Time{}, fault.New(fault.Unavailable, "portal: list revoked documents", "", err)
		}
	}
	return p.voided.names, p.voided.asked, nil
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
