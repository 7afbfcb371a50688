package openapitest

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"jaliya/internal/openapi"
)

// Transport is Watch from the other end of a connection: a client that uses it
// holds a program that runs to the document.
func (d *Document) Transport(tb testing.TB, below http.RoundTripper) http.RoundTripper {
	tb.Helper()
	return trip(func(r *http.Request) (*http.Response, error) {
		if !strings.HasPrefix(r.URL.Path, openapi.Prefix+"/") {
			return below.RoundTrip(r)
		}
		var sent []byte
		if r.Body != nil {
			var err error
			if sent, err = io.ReadAll(r.Body); err != nil {
				return nil, err
			}
			_ = r.Body.Close() // all of it is read
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(bytes.NewReader(sent))
		}
		response, err := below.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		answered, err := io.ReadAll(response.Body)
		_ = response.Body.Close() // all of it is read
		if err != nil {
			return nil, err
		}
		response.Body = io.NopCloser(bytes.NewReader(answered))
		recorded := httptest.NewRecorder()
		maps.Copy(recorded.Header(), response.Header)
		recorded.Code, recorded.Body = response.StatusCode, bytes.NewBuffer(answered)
		d.hold(tb, exchange{r.Method, r.URL.Path, r.Header.Get("Content-Type"), sent, recorded})
		return response, nil
	})
}

type trip func(*http.Request) (*http.Response, error)

func (t trip) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }
