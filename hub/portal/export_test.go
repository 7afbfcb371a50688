package portal

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/hub/rpc"
)

// Renew gets the next certificate when it is time.
func Renew(ctx context.Context, c Config, m rpc.Member, now time.Time) (bool, error) {
	i, err := loadIdentity(c)
	if err != nil {
		return false, err
	}
	i.now = func() time.Time { return now }
	return i.renew(ctx, m)
}

// Fresh says whether the certificate still holds.
func Fresh(c Config, now time.Time) error {
	i, err := loadIdentity(c)
	if err != nil {
		return err
	}
	i.now = func() time.Time { return now }
	return i.certificate()
}

// Engine gives all routes of a portal.
func Engine(p *Portal) *gin.Engine { return p.engine }
