package portal

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	contracts "jaliya/deploy/openapi"
	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/web"
)

// followBody is the body of POST /api/v1/follow.
type followBody struct {
	Reference string `json:"reference"` // 18 digits of any script, spaces allowed
	SlipCode  string `json:"slip_code"` // 8 digits, spaces allowed
}

// followAnswer is a request as programs read it: keys of the catalog, no words.
type followAnswer struct {
	Reference consular.Reference `json:"reference"`
	Service   string             `json:"service"`
	Pickup    consular.PostID    `json:"pickup,omitempty"`
	Status    string             `json:"public_status"`
	Reason    string             `json:"reason,omitempty"`
	Opened    time.Time          `json:"opened"`
	Updated   time.Time          `json:"updated"`
	Promised  time.Time          `json:"promised,omitzero"`
	First     time.Time          `json:"first_promised,omitzero"`
	Moved     string             `json:"moved_by,omitempty"` // status in which the time was lost
	Until     time.Time          `json:"act_until,omitzero"`
	Steps     []followStep       `json:"steps"`
	Next      []string           `json:"next"` // statuses that usually come
}

type followStep struct {
	Status string    `json:"public_status"`
	At     time.Time `json:"at"`
}

func (p *Portal) registerAPI(e *gin.Engine) {
	e.POST(apiPrefix+"follow", p.apiFollow)
	web.ServeContract(e, contracts.Portal)
	e.GET(apiPrefix+"revoked", p.apiRevoked)
}

// apiFollow answers programs as the page answers people. Permission: everybody,
// within the same limits.
func (p *Portal) apiFollow(c *gin.Context) {
	var in followBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	_, f, err := p.find(c.Request.Context(), client(c), asked{reference: in.Reference, code: in.SlipCode})
	if err != nil {
		web.Fail(c, err)
		return
	}
	web.JSON(c, http.StatusOK, answerOf(f))
}

func answerOf(f rpc.Followed) followAnswer {
	a := followAnswer{
		Reference: f.Reference, Service: f.Service.String(), Pickup: f.Pickup, Status: f.Status, Reason: f.Reason,
		Opened: rpc.At(f.Opened), Updated: rpc.At(f.Updated), Promised: rpc.At(f.Promised), First: rpc.At(f.First),
		Moved: f.Moved, Until: rpc.At(f.Until), Steps: make([]followStep, 0, len(f.Steps)), Next: append([]string{}, comes(f)...),
	}
	for _, step := range f.Steps {
		a.Steps = append(a.Steps, followStep{Status: step.Status, At: rpc.At(step.Time)})
	}
	return a
}
