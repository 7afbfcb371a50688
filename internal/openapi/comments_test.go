package openapi_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/openapi"
)

// commented builds a document with the words of a checkout.
func commented(t *testing.T, root string, value any) any {
	t.Helper()
	comments, err := openapi.NewComments(root, "jaliya")
	require.NoError(t, err)
	raw, err := openapi.Build(openapi.API{
		Title: "test", Comments: comments,
		Operations: []table{{Method: "GET", Path: "/a", ID: "a", Answers: openapi.OK(value)}},
	})
	require.NoError(t, err)
	var out any
	require.NoError(t, json.Unmarshal(raw, &out))
	return dig(t, out, "components", "schemas")
}

// TestComments: types are described by the comments of this code.
func TestComments(t *testing.T) {
	made := commented(t, filepath.Join("..", ".."), consular.Contact{})
	require.NotEmpty(t, dig(t, made, "Contact", "description"))
}

// TestCommentsOf: how a comment becomes a description, in a checkout of its own
// with files that are not read.
func TestCommentsOf(t *testing.T) {
	root := t.TempDir()
	folder := filepath.Join(root, "internal", "consular")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	_, err := openapi.NewComments(root, "jaliya")
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	for name, text := range map[string]string{
		filepath.Join(root, "go.mod"): "module jaliya\n",
		filepath.Join(folder, "name.go"): `package consular

// Name is a name
// in two scripts, see consular.PostID and example.org. More.
type Name struct {
	// Arabic are letters.
	Arabic string
	Latin string // as in the passport
}

func name() {}
`,
		filepath.Join(folder, "name_test.go"): "package consular\n\n// Name of a test.\ntype Name struct{}\n",
		filepath.Join(folder, "broken.go"):    "package consular\n\n// Name breaks off.\ntype Name struct {",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	require.Equal(t, "Name", reflect.TypeFor[consular.Name]().Name())
	made := commented(t, root, consular.Name{})
	require.Equal(t, "A name in two scripts, see PostID and example.org. More.", dig(t, made, "Name", "description"))
	require.Equal(t, "Letters.", dig(t, made, "Name", "properties", "arabic", "description"))
	require.Equal(t, "as in the passport", dig(t, made, "Name", "properties", "latin", "description"))
}
