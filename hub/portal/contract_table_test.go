package portal

import (
	"net/http"
	"reflect"

	"github.com/gin-gonic/gin"

	"jaliya/internal/openapi"
)

// Routes lists what the portal answers.
func (p *Portal) Routes() gin.RoutesInfo { return p.engine.Routes() }

// Contract is the table that deploy/openapi/portal.json is made from.
func Contract() openapi.API {
	return openapi.API{
		Title: "Jaliya: the portal for citizens",
		Description: "What anybody who holds a slip may read of its request. No sign-in: reference and slip code are asked for each " +
			"time, in the body, and attempts are limited by client and by reference.\n\n" +
			"Refusals are problem documents (RFC 9457). `code` is stable and is what programs match; title and detail follow " +
			"`Accept-Language` (ar, fr, en). A request that came too soon says in `next.retry_after` and `Retry-After` how many seconds to wait. " +
			"A body is at most 64 KiB of JSON and has no unknown members. Answers may gain members: leave room for them.",
		Servers: []openapi.Server{{URL: "/", Description: "the portal"}},
		Names: map[reflect.Type]string{
			reflect.TypeFor[followAnswer](): "Followed", reflect.TypeFor[followStep](): "Step",
			reflect.TypeFor[voidedAnswer](): "Revoked",
		},
		Operations: []openapi.Operation{{
			Method: http.MethodPost, Path: "/follow", ID: "follow", Tag: "requests", Summary: "Where a request stands, by what is printed on its slip",
			Description: "An unknown reference and a wrong slip code get the same answer, in size and in time. Statuses are keys of the catalog.",
			Request:     followBody{}, Required: []string{"reference", "slip_code"}, Answers: openapi.OK(followAnswer{}),
			Refusals: []openapi.Refusals{
				openapi.Refuse(http.StatusNotFound, "no-match"), openapi.Refuse(http.StatusTooManyRequests, "too-many-attempts"),
			},
		}, {
			Method: http.MethodGet, Path: "/revoked", ID: "listRevoked", Tag: "documents", Summary: "All documents that their issuers revoked",
			Description: "The whole list, so that nobody is told which document is looked up. A document is named by SHA-256, in hexadecimal, " +
				"over jaliya/document/1, a zero byte, its product (record.police), a zero byte, its number. It tells no reasons.",
			Answers: openapi.OK(voidedAnswer{}), Refusals: []openapi.Refusals{openapi.Refuse(http.StatusTooManyRequests, "too-many-attempts")},
		}},
	}
}
