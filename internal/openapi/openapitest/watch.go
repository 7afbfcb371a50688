package openapitest

import (
	"bytes"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"jaliya/internal/openapi"
	"jaliya/internal/web"
)

// Watch gives a handler that answers as the one below and fails the test when
// an exchange of the API is not as the document says: an operation, a status, a
// code or a media type that is not listed, a body that does not fit its schema,
// a request that was taken although the document calls it wrong.
func (d *Document) Watch(tb testing.TB, below http.Handler) http.Handler {
	tb.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, openapi.Prefix+"/") {
			below.ServeHTTP(w, r)
			return
		}
		var sent bytes.Buffer
		if r.Body != nil {
			r.Body = tee{io.TeeReader(r.Body, &sent), r.Body}
		}
		method, path := r.Method, r.URL.Path
		media := r.Header.Get("Content-Type")
		recorded := httptest.NewRecorder()
		below.ServeHTTP(recorded, r)
		d.hold(tb, exchange{method, path, media, sent.Bytes(), recorded})
		maps.Copy(w.Header(), recorded.Header())
		w.WriteHeader(recorded.Code)
		_, _ = w.Write(recorded.Body.Bytes()) // a caller that has gone
	})
}

type tee struct {
	io.Reader
	io.Closer
}

type exchange struct {
	method, path, media string
	sent                []byte
	got                 *httptest.ResponseRecorder
}

// hold fails the test for each thing that is not as the document says.
func (d *Document) hold(tb testing.TB, e exchange) {
	tb.Helper()
	for _, complaint := range d.complaints(e) {
		tb.Errorf("%s %s answers %d: %s\nsent: %.300s\nanswered: %.1000s", e.method, e.path, e.got.Code, complaint, e.sent, e.got.Body)
	}
}

func (d *Document) complaints(e exchange) []string {
	o := d.find(e.method, e.path)
	if o == nil {
		if e.got.Code != http.StatusNotFound && e.got.Code != http.StatusMethodNotAllowed {
			return []string{"the document has no such operation"}
		}
		return d.problem(e, []any{string(web.CodeNoRoute), string(web.CodeMethod)})
	}
	status := strconv.Itoa(e.got.Code)
	response := at[object](o.body, "responses", status)
	if response == nil {
		return []string{"the document does not list this status"}
	}
	if codes, refused := response["x-codes"]; refused {
		list, _ := codes.([]any)
		return d.problem(e, list)
	}
	return append(d.request(o, e), d.answer(o, e, response)...)
}

// problem checks a refusal: the document that it is, and its code.
func (d *Document) problem(e exchange, codes []any) []string {
	if e.method == http.MethodHead {
		return nil
	}
	if e.got.Header().Get("Content-Type") != web.ProblemType {
		return []string{"a refusal is a problem document"}
	}
	found := d.fit("/components/schemas/Problem", e.got.Body.Bytes())
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.got.Body.Bytes()))
	if err != nil {
		return []string{err.Error()}
	}
	if code := at[string](value, "code"); !slices.Contains(codes, any(code)) {
		found = append(found, "the document does not list the code "+code)
	}
	return found
}

// request holds what was taken against the schema of the body.
func (d *Document) request(o *Operation, e exchange) []string {
	switch {
	case o.JSON:
		return d.fit(o.pointer+"/requestBody/content/application~1json/schema", e.sent)
	case o.Upload != "" && e.media != o.Upload:
		return []string{"taken with another media type than the document's"}
	}
	return nil
}

func (d *Document) answer(o *Operation, e exchange, response object) []string {
	content := at[object](response, "content")
	if content == nil {
		if e.got.Body.Len() > 0 {
			return []string{"the document knows of no body"}
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(e.got.Header().Get("Content-Type"))
	if err != nil || content[media] == nil {
		return []string{"the document does not list the media type " + media}
	}
	if media != "application/json" {
		return nil
	}
	return d.fit(o.pointer+"/responses/"+strconv.Itoa(e.got.Code)+"/content/application~1json/schema", e.got.Body.Bytes())
}

func (d *Document) fit(pointer string, raw []byte) []string {
	schema, err := d.schema(pointer)
	if err != nil {
		return []string{err.Error()}
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		return []string{err.Error()}
	}
	return nil
}
