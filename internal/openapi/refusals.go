package openapi

import (
	"net/http"
	"slices"
	"strings"

	"jaliya/internal/web"
)

// refusalsOf gathers what an operation may be refused with: what the line says,
// and what follows from it, because the same few functions read every request.
func refusalsOf(o Operation) map[int][]string {
	out := map[int][]string{}
	add := func(status int, codes ...string) { out[status] = append(out[status], codes...) }
	add(http.StatusInternalServerError, "other", "internal", "corrupt")
	add(http.StatusServiceUnavailable, "unavailable", "storage")
	add(http.StatusGatewayTimeout, "timeout")
	if o.Method != http.MethodGet && o.Method != http.MethodHead {
		add(http.StatusForbidden, string(web.CodeCrossOrigin))
	}
	if len(o.Security) > 0 {
		add(http.StatusUnauthorized, string(web.CodeUnauthenticated))
	}
	if o.Permission != "" {
		add(http.StatusForbidden, "denied")
		add(http.StatusLocked, string(web.CodeLocked))
	}
	if o.Request != nil {
		add(http.StatusBadRequest, string(web.CodeJSON))
		add(http.StatusUnprocessableEntity, "invalid")
	}
	if o.Request != nil || o.Upload != "" {
		add(http.StatusRequestEntityTooLarge, "too-large")
		add(http.StatusUnsupportedMediaType, string(web.CodeContentType))
	}
	if slices.Contains(o.Headers, "If-Match") {
		add(http.StatusPreconditionRequired, string(web.CodeVersionRequired))
		add(http.StatusConflict, string(web.CodeVersionConflict))
		add(http.StatusUnprocessableEntity, "invalid")
	}
	if strings.Contains(o.Path, ":") {
		add(http.StatusNotFound, "not-found")
	}
	for _, r := range o.Refusals {
		add(r.Status, r.Codes...)
	}
	for status, codes := range out {
		slices.Sort(codes)
		out[status] = slices.Compact(codes)
	}
	return out
}

// said names the codes of one status; their words stand once, with all codes.
func said(codes []string) string { return "Refused: " + strings.Join(codes, ", ") }

// codes lists every code that the document names, with its words.
func (s *schemas) codes() object {
	out := object{}
	note := func(code string) {
		text := web.TextOf(web.Code(code), web.English)
		out[code] = object{"title": text.Title, "detail": text.Detail}
	}
	note(string(web.CodeNoRoute))
	note(string(web.CodeMethod))
	for _, o := range s.api.Operations {
		for _, codes := range refusalsOf(o) {
			for _, code := range codes {
				note(code)
			}
		}
	}
	return out
}
