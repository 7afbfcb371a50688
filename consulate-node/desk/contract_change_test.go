package desk

import (
	"net/http"

	"jaliya/internal/access"
	"jaliya/internal/openapi"
)

// changeLines are the operations of changes in the contract.
func changeLines() []openapi.Operation {
	const of, change = "/requests/:reference/changes", "/changes/:change"
	bad := openapi.Refuse(http.StatusUnprocessableEntity, "invalid")
	write, read := string(access.VisitWrite), string(access.RequestRead)
	settled := openapi.Refuse(http.StatusConflict, "change-open")
	return []openapi.Operation{
		{
			Method: http.MethodPost, Path: of, ID: "changeRequest", Tag: tagRequests, Summary: "The person collects elsewhere, or withdraws", Security: callers,
			Description: "Of any request, known at this post or not. It names the version of the request that the post last heard of.",
			Permission:  write, Request: requestChangeBody{}, Required: []string{"change", "what", "document"}, Idempotent: again,
			Answers:  openapi.OK(ChangeView{}),
			Refusals: []openapi.Refusals{bad, openapi.Refuse(http.StatusConflict, "exists", "change-late"), openapi.Refuse(http.StatusServiceUnavailable, "no-intake-key")},
		},
		{
			Method: http.MethodGet, Path: of, ID: "listChangesOfRequest", Tag: tagRequests, Summary: "What this post said of a request", Security: callers,
			Permission: read, Answers: openapi.OK(changesBody{}), Refusals: []openapi.Refusals{bad},
		},
		{
			Method: http.MethodGet, Path: "/changes", ID: "listChanges", Tag: tagRequests, Summary: "Changes that the hub gave back and nobody has settled", Security: callers,
			Permission: read, Answers: openapi.OK(changesBody{}),
		},
		{
			Method: http.MethodGet, Path: change, ID: "getChange", Tag: tagRequests, Summary: "One change: what was wanted, what stands", Security: callers,
			Permission: read, Answers: openapi.OK(ChangeView{}),
		},
		{
			Method: http.MethodPost, Path: change + "/stand", ID: "letStand", Tag: tagRequests, Summary: "What stands at the hub is right", Security: callers,
			Permission: write, Answers: openapi.OK(ChangeView{}), Refusals: []openapi.Refusals{settled}, Idempotent: "What was settled stays settled.",
		},
		{
			Method: http.MethodPost, Path: change + "/repeat", ID: "repeatChange", Tag: tagRequests, Summary: "Say it again on top of what stands", Security: callers,
			Permission: write, Request: repeatBody{}, Required: []string{"change"}, Idempotent: again, Answers: openapi.OK(ChangeView{}),
			Refusals: []openapi.Refusals{
				bad, openapi.Refuse(http.StatusConflict, "exists", "change-late", "change-open"), openapi.Refuse(http.StatusServiceUnavailable, "no-intake-key"),
			},
		},
	}
}
