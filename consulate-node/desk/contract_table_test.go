package desk

import (
	"net/http"
	"reflect"
	"slices"

	"jaliya/consulate-node/staff"
	"jaliya/internal/access"
	"jaliya/internal/openapi"
)

// Who may ask: a program by its token, a person by the session of a browser.
var (
	callers  = []string{"token", "session"}
	sessions = []string{"session"}
)

const (
	tagVisits   = "visits"
	tagImages   = "images"
	tagRequests = "requests"
	tagNode     = "node"
	tagPouches  = "pouches"
	tagCards    = "cards"
	tagSession  = "sign-in"

	again = "The caller draws the id: sending the same again gives what is there and changes nothing."
)

// Contract is the table that deploy/openapi/desk.json is made from.
func Contract() openapi.API {
	return openapi.API{
		Title: "Jaliya: the desk of a consular post",
		Description: "Enrolment, release, following and hand-over at one post. Programs send the bearer token of a service " +
			"account, browsers the cookie of a session; the role decides, and `x-permission` names what it must carry.\n\n" +
			"Refusals are problem documents (RFC 9457). `code` is stable and is what programs match; title and detail follow " +
			"`Accept-Language` (ar, fr, en). `violations` name fields and rules, never values; `next` says what the caller needs " +
			"to go on. `x-codes` of a response lists its codes, `x-problem-codes` all of them. Every answer carries `X-Request-Id`.\n\n" +
			"A JSON body is at most 64 KiB and has no unknown members. Answers may gain members: leave room for them. A visit has a " +
			"version, which is its entity tag; whatever changes the visit names the version seen in `If-Match`.\n\n" +
			"An image is announced with its size and SHA-256, then sent in pieces of any size from `Upload-Offset` on; the last " +
			"byte completes it. At most 8 MiB each, 24 of a visit, 40 megapixels. An upload that broke off continues where HEAD says.",
		Servers: []openapi.Server{{URL: "/", Description: "the desk of the post, on its own network"}},
		Schemes: map[string]map[string]any{
			"token": {
				"type": "http", "scheme": "bearer",
				"description": "Token of a service account, drawn by `consulate-node token`: jal_ and 52 letters and digits.",
			},
			"session": {
				"type": "apiKey", "in": "cookie", "name": access.DeskCookie,
				"description": "Session of a member of staff. A request with an Authorization header is a program's, and its cookie counts for nothing.",
			},
		},
		Parameters: parameters(),
		Names: map[reflect.Type]string{
			reflect.TypeFor[View](): "Visit", reflect.TypeFor[staff.View](): "Session", reflect.TypeFor[staff.Line](): "StaffMember",
			reflect.TypeFor[staff.Trust](): "StaffTrust", reflect.TypeFor[authenticatorBody](): "NewAuthenticator",
		},
		Operations: slices.Concat(visitLines(), imageLines(), requestLines(), changeLines(), pouchLines(), cardLines(), leaveLines(), sessionLines()),
	}
}

func parameters() map[string]openapi.Parameter {
	return map[string]openapi.Parameter{
		"visit":     {Description: "Id of the visit, drawn by whoever began it.", Pattern: "^[0-9a-f]{32}$", Example: "00112233445566778899aabbccddeeff"},
		"name":      {Description: "portrait, signature, exceptions, print-FINGER, scan-PAPER and scan-PAPER-2 to -9.", Example: "print-right-thumb"},
		"reference": {Description: "Reference of the request: 18 digits, with or without spaces.", Example: "123456789012345678"},
		"change":    {Description: "Id of a change, drawn by whoever said it.", Pattern: "^[0-9a-f]{32}$", Example: "00112233445566778899aabbccddeeff"},
		"pouch":     {Description: "Label of the pouch, 16 characters.", Example: "MAFRLYO026000071"},
		"If-Match":  {Description: "The version of the visit that the caller has seen, as entity tag.", Example: `"3"`},
		"Upload-Offset": {
			Description: "Byte of the image at which the body begins.", Example: "0",
		},
		headerSecond: {Description: "Bearer token of the second person, of programs where two persons are needed.", Optional: true},
	}
}

func visitLines() []openapi.Operation {
	const visit = "/visits/:visit"
	version, tagged := []string{"If-Match"}, map[string]string{"ETag": "version of the visit, in quotes", "Location": "where the visit stands"}
	lines := []openapi.Operation{
		{
			Method: http.MethodPost, Path: "/visits", ID: "beginVisit", Tag: tagVisits, Summary: "Begin a visit", Security: callers,
			Permission: string(access.VisitWrite), Request: beginBody{}, Required: []string{"visit", "service"}, Idempotent: again,
			Answers:  []openapi.Answer{{Status: http.StatusCreated, Value: View{}, Headers: tagged}},
			Refusals: []openapi.Refusals{openapi.Refuse(http.StatusConflict, "exists", "released"), openapi.Refuse(http.StatusInsufficientStorage, "full")},
		},
		{
			Method: http.MethodGet, Path: "/visits", ID: "listVisits", Tag: tagVisits, Summary: "Visits that are not released", Security: callers,
			Permission: string(access.VisitRead), Answers: openapi.OK(visitsBody{}),
		},
		{
			Method: http.MethodGet, Path: visit, ID: "getVisit", Tag: tagVisits, Summary: "A visit", Security: callers,
			Permission: string(access.VisitRead), Answers: []openapi.Answer{{Status: http.StatusOK, Value: View{}, Headers: tagged}},
			Refusals: []openapi.Refusals{openapi.Refuse(http.StatusConflict, "released")},
		},
		{
			Method: http.MethodPatch, Path: visit, ID: "changeVisit", Tag: tagVisits, Summary: "Another service or pickup post", Security: callers,
			Permission: string(access.VisitWrite), Headers: version, Request: changeBody{},
			Answers:  []openapi.Answer{{Status: http.StatusOK, Value: View{}, Headers: tagged}},
			Refusals: []openapi.Refusals{openapi.Refuse(http.StatusConflict, "released")},
		},
		{
			Method: http.MethodDelete, Path: visit, ID: "discardVisit", Tag: tagVisits, Summary: "Destroy a draft", Security: callers,
			Permission: string(access.VisitWrite), Headers: version, Answers: openapi.Done(),
			Refusals: []openapi.Refusals{openapi.Refuse(http.StatusConflict, "released")},
		},
		{
			Method: http.MethodGet, Path: visit + "/review", ID: "reviewVisit", Tag: tagVisits, Summary: "What a release would seal, and what stands against it", Security: callers,
			Permission: string(access.VisitRead), Answers: []openapi.Answer{{Status: http.StatusOK, Value: Review{}, Headers: map[string]string{"ETag": tagged["ETag"]}}},
			Refusals: []openapi.Refusals{openapi.Refuse(http.StatusConflict, "released")},
		},
		{
			Method: http.MethodPost, Path: visit + "/release", ID: "releaseVisit", Tag: tagVisits, Summary: "Seal a visit and send it", Security: callers,
			Permission: string(access.VisitRelease), Headers: version, Answers: openapi.OK(releasedBody{}),
			Description: "By another person than everybody who captured. The one place where a slip code stands in an answer.",
			Idempotent:  "A release that is asked for again answers the same, with `repeated`.",
			Refusals: []openapi.Refusals{
				openapi.Refuse(http.StatusForbidden, "four-eyes"), openapi.Refuse(http.StatusUnprocessableEntity, "incomplete"),
				openapi.Refuse(http.StatusConflict, "released", "upload-incomplete", "amend-decided", "amend-elsewhere", "amend-open"),
				openapi.Refuse(http.StatusServiceUnavailable, "no-intake-key"), openapi.Refuse(http.StatusInsufficientStorage, "full"),
			},
		},
		{
			Method: http.MethodPost, Path: visit + "/payment", ID: "payVisit", Tag: tagVisits, Summary: "Record how the fee was settled", Security: callers,
			Permission: string(access.VisitWrite), Headers: version, Request: payBody{}, Required: []string{"method"},
			Answers:    []openapi.Answer{{Status: http.StatusOK, Value: View{}, Headers: tagged}},
			Idempotent: "The same payment again changes nothing and draws no second receipt.",
			Refusals:   []openapi.Refusals{openapi.Refuse(http.StatusConflict, "released"), openapi.Refuse(http.StatusInsufficientStorage, "full")},
		},
		{
			Method: http.MethodDelete, Path: visit + "/slip", ID: "forgetSlip", Tag: tagVisits, Summary: "The person has the slip: forget its code", Security: callers,
			Permission: string(access.VisitWrite), Answers: openapi.Done(), Idempotent: "A code that is forgotten stays so.",
		},
	}
	for _, group := range Groups() {
		form, _ := NewForm(group)
		lines = append(lines, openapi.Operation{
			Method: http.MethodPut, Path: visit + "/" + string(group), ID: "put" + titled(string(group)), Tag: tagVisits, Security: callers,
			Summary:     "Save the group " + string(group) + " as it was typed",
			Description: "Text, right or wrong: what is wrong is kept and stands in `warnings`.",
			Permission:  string(access.VisitWrite), Headers: version, Request: reflect.ValueOf(form).Elem().Interface(),
			Answers:    []openapi.Answer{{Status: http.StatusOK, Value: View{}, Headers: tagged}},
			Idempotent: "The whole group is replaced by what is sent.",
			Refusals:   []openapi.Refusals{openapi.Refuse(http.StatusConflict, "released"), openapi.Refuse(http.StatusInsufficientStorage, "full")},
		})
	}
	return lines
}

func titled(s string) string { return string(s[0]-'a'+'A') + s[1:] }

func imageLines() []openapi.Operation {
	const image = "/visits/:visit/images/:name"
	progress := map[string]string{
		headerOffset: "bytes that are held", headerLength: "bytes announced", headerComplete: "?1 or ?0", "ETag": "version of the visit, in quotes",
	}
	released := openapi.Refuse(http.StatusConflict, "released")
	return []openapi.Operation{
		{
			Method: http.MethodPost, Path: image, ID: "startImage", Tag: tagImages, Summary: "Announce an image", Security: callers,
			Permission: string(access.VisitWrite), Request: imageBody{}, Required: []string{"size", "sha256"},
			Answers:    []openapi.Answer{{Status: http.StatusCreated, Value: ImageStatus{}, Headers: progress}},
			Idempotent: "The same announcement again gives the upload that is under way.",
			Refusals: []openapi.Refusals{
				released, openapi.Refuse(http.StatusConflict, "exists", "upload-complete", "conflict"), openapi.Refuse(http.StatusInsufficientStorage, "full"),
			},
		},
		{
			Method: http.MethodHead, Path: image, ID: "imageStatus", Tag: tagImages, Summary: "How far an upload has come", Security: callers,
			Permission: string(access.VisitWrite), Answers: []openapi.Answer{{Status: http.StatusOK, Headers: progress}},
			Refusals: []openapi.Refusals{released, openapi.Refuse(http.StatusUnprocessableEntity, "invalid")},
		},
		{
			Method: http.MethodPatch, Path: image, ID: "appendImage", Tag: tagImages, Summary: "Send a piece of an image", Security: callers,
			Permission: string(access.VisitWrite), Headers: []string{headerOffset}, Upload: mediaOffset,
			Answers: []openapi.Answer{{Status: http.StatusOK, Value: ImageStatus{}, Headers: progress}},
			Refusals: []openapi.Refusals{
				released, openapi.Refuse(http.StatusConflict, "wrong-offset", "upload-complete"),
				openapi.Refuse(http.StatusUnprocessableEntity, "invalid", "digest-mismatch", "media-type", "picture-too-large", "picture-too-small", "picture-cut"),
				openapi.Refuse(http.StatusUnsupportedMediaType, "media-type"), openapi.Refuse(http.StatusInsufficientStorage, "full"),
			},
		},
		{
			Method: http.MethodDelete, Path: image, ID: "dropImage", Tag: tagImages, Summary: "Remove an image", Security: callers,
			Permission: string(access.VisitWrite), Refusals: []openapi.Refusals{released, openapi.Refuse(http.StatusUnprocessableEntity, "invalid")},
			Answers: []openapi.Answer{{Status: http.StatusOK, Value: View{}, Headers: map[string]string{"ETag": progress["ETag"]}}},
		},
	}
}

func requestLines() []openapi.Operation {
	const request = "/requests/:reference"
	bad := openapi.Refuse(http.StatusUnprocessableEntity, "invalid")
	return []openapi.Operation{
		{
			Method: http.MethodGet, Path: request, ID: "getRequest", Tag: tagRequests, Summary: "What the post knows of a request", Security: callers,
			Permission: string(access.RequestRead), Answers: openapi.OK(RequestView{}), Refusals: []openapi.Refusals{bad},
		},
		{
			Method: http.MethodGet, Path: request + "/receipt", ID: "getReceipt", Tag: tagRequests, Summary: "Printable proof that the hub has the request", Security: callers,
			Permission: string(access.RequestRead), Answers: openapi.OK(proofBody{}),
			Refusals: []openapi.Refusals{bad, openapi.Refuse(http.StatusConflict, "not-secured")},
		},
		{
			Method: http.MethodPost, Path: request + "/amendments", ID: "amendRequest", Tag: tagRequests, Summary: "Begin a visit that replaces what this post released", Security: callers,
			Permission: string(access.VisitWrite), Request: amendBody{}, Required: []string{"visit"}, Idempotent: again,
			Answers: []openapi.Answer{{Status: http.StatusCreated, Value: View{}, Headers: map[string]string{"ETag": "version of the visit, in quotes", "Location": "where the visit stands"}}},
			Refusals: []openapi.Refusals{
				openapi.Refuse(http.StatusConflict, "exists", "released", "amend-decided", "amend-elsewhere", "amend-open"),
				openapi.Refuse(http.StatusForbidden, "no-match"), openapi.Refuse(http.StatusNotFound, "no-match"),
				openapi.Refuse(http.StatusTooManyRequests, "too-many-attempts"), openapi.Refuse(http.StatusInsufficientStorage, "full"),
			},
		},
		{
			Method: http.MethodPost, Path: request + "/read", ID: "readRequest", Tag: tagRequests, Summary: "Somebody has read what the hub refused", Security: callers,
			Permission: string(access.VisitWrite), Answers: openapi.Done(), Refusals: []openapi.Refusals{bad}, Idempotent: "What was read stays read.",
		},
		{
			Method: http.MethodGet, Path: "/waiting", ID: "listWaiting", Tag: tagRequests, Summary: "Requests that wait for this post", Security: callers,
			Permission: string(access.RequestRead), Answers: openapi.OK(requestsBody{}),
		},
		{
			Method: http.MethodPost, Path: "/follow", ID: "follow", Tag: tagRequests, Summary: "Where a request stands, for who holds its slip", Security: callers,
			Description: "Unknown reference and wrong slip code answer alike.",
			Permission:  string(access.RequestFollow), Request: followBody{}, Required: []string{"reference", "slip_code"}, Answers: openapi.OK(FollowView{}),
			Refusals: []openapi.Refusals{openapi.Refuse(http.StatusNotFound, "no-match"), openapi.Refuse(http.StatusTooManyRequests, "too-many-attempts")},
		},
		{
			Method: http.MethodGet, Path: "/status", ID: "getStatus", Tag: tagNode, Summary: "Journal, receipts, clock and link of the node", Security: callers,
			Permission: string(access.NodeStatus), Answers: openapi.OK(Status{}),
		},
		{
			Method: http.MethodGet, Path: "/queue", ID: "getQueue", Tag: tagNode, Summary: "What waits for the hub, why, and when it is tried next", Security: callers,
			Description: "The first 100 entries with their images, in the order in which they go. Nothing in it names a person. Attempts are counted since the node started.",
			Permission:  string(access.NodeStatus), Answers: openapi.OK(QueueView{}),
		},
	}
}
