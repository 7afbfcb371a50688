package openapi_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/openapi"
	"jaliya/internal/web"
)

type inner struct {
	Count uint16 `json:"count"`
}

// shape has one member of each kind.
type shape struct {
	inner

	Name    string             `json:"name"`
	Sexes   []consular.Sex     `json:"sexes"` // bytes in Go, words in JSON
	Raw     []byte             `json:"raw,omitempty"`
	At      time.Time          `json:"at,omitzero"`
	Below   *shape             `json:"below,omitempty"`
	By      map[string]float64 `json:"by"`
	Service consular.Service   `json:"service"`
	Hidden  string             `json:"-"`
	private int
}

type optional struct {
	Name string `json:"name"`
	Age  *int   `json:"age"`
}

type table = openapi.Operation

func build(t *testing.T, lines ...table) map[string]any {
	t.Helper()
	raw, err := openapi.Build(openapi.API{Title: "test", Operations: lines, Parameters: map[string]openapi.Parameter{
		"id": {Description: "an id", Pattern: "^x$"}, "If-Match": {Description: "version"},
	}})
	require.NoError(t, err)
	again, err := openapi.Build(openapi.API{Title: "test", Operations: lines, Parameters: map[string]openapi.Parameter{
		"id": {Description: "an id", Pattern: "^x$"}, "If-Match": {Description: "version"},
	}})
	require.NoError(t, err)
	require.Equal(t, string(raw), string(again), "the same table, the same text")
	var out map[string]any
	require.NoError(t, json.Unmarshal(raw, &out))
	return out
}

func dig(t *testing.T, v any, path ...string) any {
	t.Helper()
	for _, name := range path {
		of, ok := v.(map[string]any)
		require.True(t, ok, name)
		require.Contains(t, of, name)
		v = of[name]
	}
	return v
}

// TestSchemas: what encoding/json does with a type, for answers and requests.
func TestSchemas(t *testing.T) {
	_ = shape{private: 1}.private
	doc := build(
		t,
		table{Method: "GET", Path: "/a", ID: "a", Answers: openapi.OK(shape{})},
		table{Method: "POST", Path: "/a", ID: "b", Request: optional{}, Required: []string{"name"}, Answers: openapi.Done()},
		table{Method: "PUT", Path: "/a", ID: "c", Request: shape{}, Answers: openapi.Done()},
	)
	require.Equal(t, "3.1.0", doc["openapi"])
	answer := dig(t, doc, "components", "schemas", "Shape")
	require.ElementsMatch(t, []any{"by", "count", "name", "service", "sexes"}, dig(t, answer, "required"))
	require.NotContains(t, dig(t, answer, "properties"), "Hidden")
	require.NotContains(t, dig(t, answer, "properties"), "private")
	require.NotContains(t, answer, "additionalProperties", "answers may gain members")
	for member, want := range map[string]string{
		"count": `{"type":"integer","format":"int64","minimum":0}`,
		"raw":   `{"type":"string","format":"byte","contentEncoding":"base64"}`,
		"at":    `{"type":"string","format":"date-time"}`,
		"below": `{"$ref":"#/components/schemas/Shape"}`,
		"by":    `{"type":"object","additionalProperties":{"type":"number","format":"double"}}`,
		"sexes": `{"type":"array","items":{"type":"string","examples":["M","F"]}}`,
	} {
		raw, err := json.Marshal(dig(t, answer, "properties", member))
		require.NoError(t, err)
		require.JSONEq(t, want, string(raw), member)
	}
	require.Equal(t, "cnie.first", dig(t, answer, "properties", "service", "examples").([]any)[0])
	asked := dig(t, doc, "components", "schemas", "OptionalInput")
	require.Equal(t, []any{"name"}, dig(t, asked, "required"))
	require.Equal(t, false, dig(t, asked, "additionalProperties"))
	require.NotContains(t, dig(t, doc, "components", "schemas", "ShapeInput"), "required", "readers take what is left out")
}

// TestRefusalsFollow: what a line need not say, because every such line can be
// refused so.
func TestRefusalsFollow(t *testing.T) {
	doc := build(
		t,
		table{Method: "GET", Path: "/a", ID: "open", Answers: openapi.OK(optionalAnswer{})},
		table{
			Method: "POST", Path: "/a/:id", ID: "shut", Permission: "visit.write", Security: []string{"token"}, Headers: []string{"If-Match"},
			Request: optional{}, Answers: openapi.Done(), Refusals: []openapi.Refusals{openapi.Refuse(409, "released", "released")},
		},
	)
	codes := func(path, method, status string) any {
		return dig(t, doc, "paths", openapi.Prefix+path, method, "responses", status, "x-codes")
	}
	shut := func(status string) any { return codes("/a/{id}", "post", status) }
	require.Equal(t, []any{"version-conflict", "released"}, append([]any{}, shut("409").([]any)[1], shut("409").([]any)[0]))
	require.Equal(t, []any{"malformed"}, shut("400"))
	require.Equal(t, []any{"unauthenticated"}, shut("401"))
	require.Equal(t, []any{"cross-origin", "denied"}, shut("403"))
	require.Equal(t, []any{"not-found"}, shut("404"))
	require.Equal(t, []any{"too-large"}, shut("413"))
	require.Equal(t, []any{"content-type"}, shut("415"))
	require.Equal(t, []any{"invalid"}, shut("422"))
	require.Equal(t, []any{"session-locked"}, shut("423"))
	require.Equal(t, []any{"version-required"}, shut("428"))
	require.Len(t, dig(t, doc, "paths", openapi.Prefix+"/a", "get", "responses"), 4, "200, and what is our own failure")
	require.Equal(t, web.TextOf(web.CodeReleased, web.English).Detail, dig(t, doc, "x-problem-codes", "released", "detail"))
}

type optionalAnswer struct {
	Name string `json:"name"`
}

type (
	unnamed  struct{ Name string }
	nullable struct {
		Age *int `json:"age"`
	}
)

// TestWrongTables: a table that cannot be true is not built.
func TestWrongTables(t *testing.T) {
	for name, line := range map[string]table{
		"ErrParameter":     {Method: "GET", Path: "/a/:other", ID: "a", Answers: openapi.Done()},
		"ErrNoMember":      {Method: "POST", Path: "/a", ID: "a", Request: optional{}, Required: []string{"family"}, Answers: openapi.Done()},
		"ErrNoName":        {Method: "GET", Path: "/a", ID: "a", Answers: openapi.OK(unnamed{})},
		"ErrNull":          {Method: "GET", Path: "/a", ID: "a", Answers: openapi.OK(nullable{})},
		"ErrAnything":      {Method: "GET", Path: "/a", ID: "a", Answers: openapi.OK(struct{ F func() }{})},
		"ErrWritesItself":  {Method: "GET", Path: "/a", ID: "a", Answers: openapi.OK(json.RawMessage{})},
		"ErrAnonymousType": {Method: "POST", Path: "/a", ID: "a", Request: "text", Required: []string{"a"}, Answers: openapi.Done()},
	} {
		t.Run(name, func(t *testing.T) {
			require.Panics(t, func() { _, _ = openapi.Build(openapi.API{Operations: []table{line}}) })
		})
	}
}
