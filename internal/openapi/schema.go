package openapi

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

type object = map[string]any

var (
	timeType = reflect.TypeFor[time.Time]()
	textType = reflect.TypeFor[encoding.TextMarshaler]()
	selfType = reflect.TypeFor[json.Marshaler]()
)

// schemas gathers the components of one document.
type schemas struct {
	api   API
	named map[string]any
	known map[key]string
}

// key is a type in one direction: what is read and what is written differ.
type key struct {
	of      reflect.Type
	request bool
}

const componentPrefix = "#/components/schemas/"

// of gives the schema of a type.
func (s *schemas) of(k key) object {
	t := k.of
	switch {
	case t.Kind() == reflect.Pointer:
		return s.of(key{of: t.Elem(), request: k.request})
	case t == timeType:
		return object{"type": "string", "format": "date-time"}
	case t.Implements(textType):
		return s.text(t)
	case t.Implements(selfType) || reflect.PointerTo(t).Implements(selfType):
		panic("openapi: " + t.String() + " writes itself as JSON; give its handler another type")
	}
	switch t.Kind() { //nolint:exhaustive // the others are no values of an API
	case reflect.String:
		return s.text(t)
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer", "format": "int64"}
	case reflect.Int8, reflect.Int16, reflect.Int32:
		return object{"type": "integer", "format": "int32"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer", "format": "int64", "minimum": 0}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number", "format": "double"}
	case reflect.Slice, reflect.Array:
		return s.list(k)
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(key{of: t.Elem(), request: k.request})}
	case reflect.Struct:
		return object{"$ref": componentPrefix + s.component(k)}
	}
	panic("openapi: " + t.String() + " has no schema")
}

func (s *schemas) list(k key) object {
	// Bytes are base64; members of a closed list are bytes too, and are words.
	if k.of.Elem().Kind() == reflect.Uint8 && k.of.Kind() == reflect.Slice && !k.of.Elem().Implements(textType) {
		return object{"type": "string", "format": "byte", "contentEncoding": "base64"}
	}
	return object{"type": "array", "items": s.of(key{of: k.of.Elem(), request: k.request})}
}

// text is a string; of a closed list its words are said, as examples, because a
// newer program may know more.
func (s *schemas) text(t reflect.Type) object {
	out := object{"type": "string"}
	words := wordsOf(t)
	if len(words) > 0 {
		out["examples"] = words
	}
	if about := s.api.Comments.of(t); about != "" {
		out["description"] = about
	}
	return out
}

// wordsOf tries the members of a closed list, which are numbered from 1.
func wordsOf(t reflect.Type) (words []any) {
	if t.Kind() != reflect.Uint8 {
		return nil
	}
	for i := range 255 {
		v := reflect.New(t).Elem()
		v.SetUint(uint64(i) + 1)
		marshaler, ok := reflect.TypeAssert[encoding.TextMarshaler](v)
		if !ok {
			return nil
		}
		word, err := marshaler.MarshalText()
		if err != nil {
			return words
		}
		words = append(words, string(word))
	}
	return nil // it takes any number: no list
}

// component gives the name of a type among the components, and makes it.
func (s *schemas) component(k key) string {
	if name, ok := s.known[k]; ok {
		return name
	}
	name := s.name(k)
	if _, taken := s.named[name]; taken {
		panic(fmt.Sprintf("openapi: two types are called %s, one is %s", name, k.of))
	}
	s.known[k] = name
	made := object{"type": "object"}
	s.named[name] = made
	properties, required := object{}, []string{}
	s.fields(k, properties, &required)
	slices.Sort(required)
	made["properties"] = properties
	switch {
	case k.request:
		made["additionalProperties"] = false
	case len(required) > 0:
		made["required"] = required
	}
	if about := s.api.Comments.of(k.of); about != "" {
		made["description"] = about
	}
	return name
}

// name: what is asked is called so where the same type is also an answer.
func (s *schemas) name(k key) string {
	name, given := s.api.Names[k.of]
	if !given {
		name = strings.ToUpper(k.of.Name()[:1]) + k.of.Name()[1:]
		name = strings.TrimSuffix(name, "Body")
	}
	if k.request {
		name += "Input"
	}
	return name
}

// fields adds the members of a struct in the way of encoding/json; those of an
// embedded struct stand among the others.
func (s *schemas) fields(k key, properties object, required *[]string) {
	for f := range k.of.Fields() {
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if f.Anonymous && name == "" {
			s.fields(key{of: f.Type, request: k.request}, properties, required)
			continue
		}
		if !f.IsExported() || tag == "-" {
			continue
		}
		if name == "" {
			panic("openapi: " + k.of.String() + "." + f.Name + " has no name in JSON")
		}
		member := s.of(key{of: f.Type, request: k.request})
		if about := s.api.Comments.ofField(k.of, f.Name); about != "" {
			member["description"] = about
		}
		properties[name] = member
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			if f.Type.Kind() == reflect.Pointer && !k.request {
				panic("openapi: " + k.of.String() + "." + f.Name + " may be null; leave it out instead")
			}
			*required = append(*required, name)
		}
	}
}
