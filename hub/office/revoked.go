package office

import (
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// shown is how long a revoked document stays on the list that the network asks
// for: longer than any is valid.
const shown = 100 * 24 * time.Hour

// A line of the bucket revoked, under the number: time 8, name 32, id.
const (
	revokedTime = 8
	revokedHead = revokedTime + len(wire.Digest{})
)

// revoke keeps which document counts no more. It outlives the request's content.
func (s *store) revoke(w kv.Writer, q *request, when int64) error {
	product, err := consular.ParseService(q.Product)
	if err != nil {
		return err
	}
	name := document.Name(product, q.Number)
	line := binary.BigEndian.AppendUint64(nil, uint64(when)) //nolint:gosec // G115: a time after 1970
	return w.Put(bucketRevoked, []byte(q.Number), append(append(line, name[:]...), q.ID...))
}

// RevokedLine is a document that does not count any more. Why is nobody's
// business.
type RevokedLine struct {
	Number string    `json:"number"`
	At     time.Time `json:"at"`

	id   string
	name wire.Digest
}

// RevokedList gives the revoked documents.
func (o *Office) RevokedList() ([]RevokedLine, error) {
	out := []RevokedLine{}
	err := o.store.kv.View(func(r kv.Reader) error {
		r.Ascend(bucketRevoked, nil, func(key, value []byte) bool {
			if len(value) > revokedHead {
				out = append(out, RevokedLine{
					Number: string(key), At: at(int64(binary.BigEndian.Uint64(value))), //nolint:gosec // G115: was a time
					id: string(value[revokedHead:]), name: wire.Digest(value[revokedTime:revokedHead]),
				})
			}
			return true
		})
		return nil
	})
	return out, err
}

// revokedPage is how many lines go at once.
const revokedPage = 4000

// revoked tells the network which documents count no more: names, no numbers,
// and no reason.
func (c *Contract) revoked(g *gin.Context) {
	type line struct {
		ID       string `json:"id"`
		Document string `json:"document"`
	}
	list, err := c.office.RevokedList()
	if err != nil {
		c.fail(g, err)
		return
	}
	told, since, after := []line{}, c.office.needs.Now().Add(-shown), g.Query("after")
	for _, one := range list {
		if name := hex.EncodeToString(one.name[:]); one.At.After(since) && name > after {
			told = append(told, line{ID: one.id, Document: name})
		}
	}
	slices.SortFunc(told, func(a, b line) int { return strings.Compare(a.Document, b.Document) })
	told = told[:min(len(told), revokedPage)]
	g.Header("Cache-Control", "no-store")
	web.JSON(g, http.StatusOK, map[string]any{"revoked": told})
}
