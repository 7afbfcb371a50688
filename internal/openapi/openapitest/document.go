package openapitest

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

type object = map[string]any

// Document is an OpenAPI document read back as anybody would read it.
type Document struct {
	Operations []*Operation

	mu       sync.Mutex // guards the two below: requests come at the same time
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

// Operation is one method of one path.
type Operation struct {
	Method, Path string // the path with its prefix, "{visit}" in it
	ID           string
	Permission   string
	Signed       bool // somebody must be known
	Token        bool // a program may be that
	JSON         bool // it takes a JSON body
	Upload       string
	Headers      []string
	pointer      string
	body         object
}

const resource = "https://jaliya.invalid/openapi.json"

// Read reads a document.
func Read(tb testing.TB, raw []byte) *Document {
	tb.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(tb, err)
	d := &Document{compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	d.compiler.AssertFormat()
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	closeAnswers(value)
	require.NoError(tb, d.compiler.AddResource(resource, value))
	for path, item := range at[object](value, "paths") {
		for method, op := range asObject(item) {
			if method == "parameters" {
				continue
			}
			d.Operations = append(d.Operations, read(strings.ToUpper(method), path, asObject(op)))
		}
	}
	require.NotEmpty(tb, d.Operations)
	return d
}

// closeAnswers makes an unknown member of an answer an error: readers are to
// leave room for more, but what is written here and not said is a fault.
func closeAnswers(value any) {
	for _, one := range at[object](value, "components", "schemas") {
		schema := asObject(one)
		if _, said := schema["additionalProperties"]; !said && schema["properties"] != nil {
			schema["additionalProperties"] = false
		}
	}
}

func read(method, path string, op object) *Operation {
	o := &Operation{
		Method: method, Path: path, ID: at[string](op, "operationId"), Permission: at[string](op, "x-permission"),
		Signed: len(at[[]any](op, "security")) > 0, body: op,
		pointer: "/paths/" + escape(path) + "/" + strings.ToLower(method),
	}
	for _, one := range at[[]any](op, "security") {
		if _, there := asObject(one)["token"]; there {
			o.Token = true
		}
	}
	content := at[object](op, "requestBody", "content")
	for media := range content {
		o.JSON = media == "application/json"
		if !o.JSON {
			o.Upload = media
		}
	}
	for _, p := range at[[]any](op, "parameters") {
		if at[string](p, "in") == "header" {
			o.Headers = append(o.Headers, at[string](p, "name"))
		}
	}
	return o
}

// find gives the operation of a request's method and path.
func (d *Document) find(method, path string) *Operation {
	var found *Operation
	for _, o := range d.Operations {
		// Of two that fit, the one with fewer holes is meant, as in the router.
		if o.Method == method && fits(o.Path, path) && (found == nil || strings.Count(o.Path, "{") < strings.Count(found.Path, "{")) {
			found = o
		}
	}
	return found
}

func fits(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && (!strings.HasPrefix(want[i], "{") || got[i] == "") {
			return false
		}
	}
	return true
}

// schema compiles the schema at a JSON pointer of the document.
func (d *Document) schema(pointer string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if held := d.compiled[pointer]; held != nil {
		return held, nil
	}
	made, err := d.compiler.Compile(resource + "#" + pointer)
	d.compiled[pointer] = made
	return made, err
}

func escape(s string) string {
	s = strings.NewReplacer("~", "~0", "/", "~1").Replace(s)
	return strings.NewReplacer("{", "%7B", "}", "%7D").Replace(s)
}

func asObject(v any) object {
	o, _ := v.(object)
	return o
}

// at walks into a value, and gives the zero value for what is not there.
func at[T any](v any, path ...string) T {
	for _, name := range path {
		v = asObject(v)[name]
	}
	out, _ := v.(T)
	return out
}
