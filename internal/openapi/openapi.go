package openapi

import (
	"net/http"
	"reflect"
	"strings"
)

// API is one surface: what its document says besides the operations.
type API struct {
	Title, Description string
	Servers            []Server
	Schemes            map[string]map[string]any // security schemes by name
	Operations         []Operation
	Parameters         map[string]Parameter // of paths and headers, by name
	Names              map[reflect.Type]string
	Comments           *Comments // nil: no words from the code
}

// Server is where a surface usually stands.
type Server struct {
	URL         string `json:"url"`
	Description string `json:"description,omitempty"`
}

// Parameter is what stands in a path or a header.
type Parameter struct {
	Description string
	Pattern     string
	Example     string
	Values      []string
	Optional    bool // of a header
}

// Operation is one line of the table.
type Operation struct {
	Method, Path string // the path in the notation of the router, below the prefix
	ID, Tag      string
	Summary      string
	Description  string
	Permission   string     // empty: everybody, or whoever is signed in
	Security     []string   // names of schemes, any of which will do; empty: everybody
	Headers      []string   // of the request, among the parameters of the API
	Request      any        // a value of the type of the body; nil: no JSON body
	Required     []string   // members without which no request is good
	Upload       string     // media type of a body that is not JSON
	Answers      []Answer   // what comes when it is done
	Refusals     []Refusals // besides those that follow from the rest of the line
	Idempotent   string     // why sending it again does no harm; empty: it is not said
}

// Answer is one way in which an operation ends well.
type Answer struct {
	Status  int
	Value   any      // of the type of the body; nil: no JSON body
	Media   []string // media types of a body that is not JSON
	Headers map[string]string
}

// Refusals are codes of problems with one status.
type Refusals struct {
	Status int
	Codes  []string
}

// Refuse gives a line of refusals.
func Refuse(status int, codes ...string) Refusals { return Refusals{Status: status, Codes: codes} }

// OK gives the answer 200 with a value.
func OK(value any) []Answer { return []Answer{{Status: http.StatusOK, Value: value}} }

// Created gives the answer 201 with a value.
func Created(value any) []Answer { return []Answer{{Status: http.StatusCreated, Value: value}} }

// Done gives the answer without a body.
func Done() []Answer { return []Answer{{Status: http.StatusNoContent}} }

// PathOf gives a router's path in the notation of the document: ":visit"
// becomes "{visit}".
func PathOf(router string) string {
	parts := strings.Split(router, "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

func namesIn(router string) (names []string) {
	for part := range strings.SplitSeq(router, "/") {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			names = append(names, name)
		}
	}
	return names
}
