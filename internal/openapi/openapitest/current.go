package openapitest

import (
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"jaliya/internal/openapi"
)

// Root finds the checkout that a test runs in.
func Root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	require.NoError(tb, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		require.NotEqual(tb, dir, above, "no go.mod above the test")
		dir = above
	}
}

// Current makes the document anew, with the words of the code's comments, and
// compares it with the file of the repository; with update it writes the file.
func Current(tb testing.TB, api openapi.API, file string, update bool) {
	tb.Helper()
	root := Root(tb)
	comments, err := openapi.NewComments(root, "jaliya")
	require.NoError(tb, err)
	api.Comments = comments
	made, err := openapi.Build(api)
	require.NoError(tb, err)
	path := filepath.Join(root, "deploy", "openapi", file)
	if update {
		require.NoError(tb, os.WriteFile(path, made, 0o644)) //nolint:gosec // a file of the repository, for everybody
	}
	held, err := os.ReadFile(path) //nolint:gosec // the name is the test's own
	require.NoError(tb, err)
	if string(held) != string(made) {
		tb.Errorf("deploy/openapi/%s is not what the handlers say: run the test with -update and look at the difference", file)
	}
}

// Routes compares the routes of an engine with the document, in both
// directions, and gives the permission of each operation by its route.
func (d *Document) Routes(tb testing.TB, routes gin.RoutesInfo) {
	tb.Helper()
	var served, written []string
	for _, r := range routes {
		if strings.HasPrefix(r.Path, openapi.Prefix+"/") {
			served = append(served, r.Method+" "+openapi.PathOf(r.Path))
		}
	}
	for _, o := range d.Operations {
		written = append(written, o.Method+" "+o.Path)
	}
	sort.Strings(served)
	sort.Strings(written)
	require.Equal(tb, served, written)
}

// Permission gives the permission that the document names for a route.
func (d *Document) Permission(method, router string) string {
	for _, o := range d.Operations {
		if o.Method == method && o.Path == openapi.Prefix+openapi.PathOf(router) {
			return o.Permission
		}
	}
	return "no such operation"
}
