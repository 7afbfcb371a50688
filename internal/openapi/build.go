package openapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// Prefix is where the operations of every surface stand.
const Prefix = "/api/v1"

// Build gives the document as text, the same for the same table. It panics for
// a table that cannot be right: that is a fault of the program, and of tests.
func Build(api API) ([]byte, error) {
	s := &schemas{api: api, named: map[string]any{}, known: map[key]string{}}
	problem := s.component(key{of: reflect.TypeFor[web.Problem]()})
	paths := map[string]object{}
	for _, o := range api.Operations {
		path := Prefix + PathOf(o.Path)
		if paths[path] == nil {
			paths[path] = object{}
			if parameters := s.inPath(o); len(parameters) > 0 {
				paths[path]["parameters"] = parameters
			}
		}
		paths[path][strings.ToLower(o.Method)] = s.operation(o, problem)
	}
	document := object{
		"openapi": "3.1.0",
		"info": object{
			"title": api.Title, "version": "1", "description": api.Description,
		},
		"servers": api.Servers,
		"paths":   paths,
		"components": object{
			"schemas": s.named, "securitySchemes": api.Schemes,
		},
		"x-problem-codes": s.codes(),
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return nil, fault.New(fault.Internal, "openapi: build", api.Title, err)
	}
	return out.Bytes(), nil
}

func (s *schemas) inPath(o Operation) (list []any) {
	for _, name := range namesIn(o.Path) {
		list = append(list, s.parameter(name, "path"))
	}
	return list
}

func (s *schemas) parameter(name, in string) object {
	p, ok := s.api.Parameters[name]
	if !ok {
		panic("openapi: nothing is said of the parameter " + name)
	}
	schema := object{"type": "string"}
	if p.Pattern != "" {
		schema["pattern"] = p.Pattern
	}
	if len(p.Values) > 0 {
		schema["enum"] = p.Values
	}
	out := object{"name": name, "in": in, "required": !p.Optional, "description": p.Description, "schema": schema}
	if p.Example != "" {
		out["example"] = p.Example
	}
	return out
}

func (s *schemas) operation(o Operation, problem string) object {
	out := object{
		"operationId": o.ID, "summary": o.Summary, "tags": []string{o.Tag},
		"responses": s.responses(o, problem),
	}
	about := []string{}
	for _, text := range []string{o.Description, o.Idempotent} {
		if text != "" {
			about = append(about, text)
		}
	}
	if len(about) > 0 {
		out["description"] = strings.Join(about, "\n\n")
	}
	if o.Permission != "" {
		out["x-permission"] = o.Permission
	}
	if o.Idempotent != "" {
		out["x-idempotent"] = true
	}
	out["security"] = securityOf(o)
	var headers []any
	for _, name := range o.Headers {
		headers = append(headers, s.parameter(name, "header"))
	}
	if headers != nil {
		out["parameters"] = headers
	}
	switch {
	case o.Request != nil:
		schema := s.of(key{of: reflect.TypeOf(o.Request), request: true})
		if len(o.Required) > 0 {
			s.require(schema, o.Required)
		}
		out["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": schema}}}
	case o.Upload != "":
		out["requestBody"] = object{"required": true, "content": object{o.Upload: object{
			"schema": object{"type": "string", "format": "binary"},
		}}}
	}
	return out
}

// require notes at a component of requests what none is good without; a name
// that is no member is a mistake of the table.
func (s *schemas) require(ref object, names []string) {
	name, _ := ref["$ref"].(string)
	made, ok := s.named[strings.TrimPrefix(name, componentPrefix)].(object)
	if !ok {
		panic("openapi: required members are of named types only")
	}
	properties, _ := made["properties"].(object)
	for _, member := range names {
		if _, ok := properties[member]; !ok {
			panic("openapi: " + name + " has no member " + member)
		}
	}
	made["required"] = slices.Sorted(slices.Values(names))
}

func securityOf(o Operation) []any {
	out := []any{}
	for _, scheme := range o.Security {
		out = append(out, object{scheme: []string{}})
	}
	return out
}

func (s *schemas) responses(o Operation, problem string) object {
	out := object{}
	for _, a := range o.Answers {
		out[strconv.Itoa(a.Status)] = s.answer(o, a)
	}
	for status, codes := range refusalsOf(o) {
		if o.Method == http.MethodHead {
			out[strconv.Itoa(status)] = object{"description": said(codes), "x-codes": codes}
			continue
		}
		out[strconv.Itoa(status)] = object{
			"description": said(codes), "x-codes": codes,
			"content": object{web.ProblemType: object{"schema": object{"$ref": componentPrefix + problem}}},
		}
	}
	return out
}

func (s *schemas) answer(o Operation, a Answer) object {
	out := object{"description": http.StatusText(a.Status)}
	content := object{}
	switch {
	case o.Method == http.MethodHead: // it has no body whatever it would say
	case a.Value != nil:
		content["application/json"] = object{"schema": s.of(key{of: reflect.TypeOf(a.Value)})}
	default:
		for _, media := range a.Media {
			content[media] = object{"schema": object{"type": "string", "format": "binary"}}
		}
	}
	if len(content) > 0 {
		out["content"] = content
	}
	if len(a.Headers) > 0 {
		headers := object{}
		for name, about := range a.Headers {
			headers[name] = object{"description": about, "schema": object{"type": "string"}}
		}
		out["headers"] = headers
	}
	return out
}
