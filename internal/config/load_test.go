package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/config"
	"jaliya/internal/fault"
)

type deskConfig struct {
	Listen string          `toml:"listen"`
	Idle   config.Duration `toml:"idle"`
}

type nodeConfig struct {
	Post    string            `toml:"post"`
	Retries int               `toml:"retries"`
	Reserve config.Size       `toml:"reserve"`
	Desk    deskConfig        `toml:"desk"`
	Hubs    []string          `toml:"hubs"`
	Devices map[string]string `toml:"devices"`
}

func defaults() nodeConfig {
	return nodeConfig{
		Retries: 3,
		Reserve: 1 << 30,
		Desk:    deskConfig{Listen: ":8443", Idle: config.Duration(15 * time.Minute)},
	}
}

func (c *nodeConfig) Validate() error {
	if c.Post == "" {
		return errors.New("post is empty")
	}
	return nil
}

func TestLoad(t *testing.T) {
	tests := []struct {
		name string
		text string
		kind fault.Kind
		says []string // each must stand in the error
	}{
		{name: "OK", text: "post = \"FR-LYO\"\nreserve = \"256KiB\"\nhubs = [\"a\", \"b\"]\n[desk]\nidle = \"72h\"\n"},
		{
			name: "ErrSyntax", text: "post = \"FR-LYO\"\n\nretries = = 3\n",
			kind: fault.Invalid, says: []string{"line 3, column 11"},
		},
		{
			name: "ErrUnknownKeysAllNamed", text: "post = \"FR-LYO\"\nretrys = 4\n[desk]\nlisten = \":1\"\nidel = \"1h\"\n[ship]\nx = 1\n",
			kind: fault.Invalid, says: []string{`line 2: unknown key "retrys"`, `line 5: unknown key "desk.idel"`, `line 6: unknown key "ship"`},
		},
		{
			name: "ErrWrongType", text: "post = \"FR-LYO\"\nretries = \"many\"\n",
			kind: fault.Invalid, says: []string{"line 2, column 11"},
		},
		{
			name: "ErrDurationWithoutUnit", text: "post = \"FR-LYO\"\n[desk]\nidle = 30\n",
			kind: fault.Invalid, says: []string{"line 3", `"30" is not a duration such as "72h"`},
		},
		{
			name: "ErrSizeAmbiguous", text: "post = \"FR-LYO\"\nreserve = \"64MB\"\n",
			kind: fault.Invalid, says: []string{"line 2", `"64MB" is not a size`},
		},
		{
			name: "ErrDuplicateKey", text: "post = \"FR-LYO\"\npost = \"FR-PAR\"\n",
			kind: fault.Invalid, says: []string{"post"},
		},
		{name: "ErrValidate", text: "retries = 4\n", kind: fault.Invalid, says: []string{"post is empty"}},
		{name: "ErrTooLarge", text: strings.Repeat("#", config.MaxFile+1), kind: fault.TooLarge, says: []string{"1048576"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "node.toml")
			require.NoError(t, os.WriteFile(path, []byte(tt.text), 0o600))
			got := defaults()
			err := config.Load(path, &got)
			if tt.kind == fault.Other {
				require.NoError(t, err)
				return
			}
			require.Equal(t, tt.kind, fault.KindOf(err))
			for _, part := range append(tt.says, path) {
				require.ErrorContains(t, err, part)
			}
		})
	}
}

func TestLoadKeepsDefaults(t *testing.T) {
	got := defaults()
	require.NoError(t, config.Parse("test", []byte("post = \"FR-LYO\"\n[desk]\nidle = \"1h\"\n"), &got))
	want := defaults()
	want.Post = "FR-LYO"
	want.Desk.Idle = config.Duration(time.Hour)
	require.Equal(t, want, got)
}

func TestLoadWithoutValidate(t *testing.T) {
	var got deskConfig
	require.NoError(t, config.Parse("test", []byte("listen = \":1\""), &got))
	require.Equal(t, ":1", got.Listen)
}

func TestLoadFileErrors(t *testing.T) {
	dir := t.TempDir()
	t.Run("ErrMissing", func(t *testing.T) {
		got := defaults()
		err := config.Load(filepath.Join(dir, "none.toml"), &got)
		require.Equal(t, fault.NotFound, fault.KindOf(err))
		require.Equal(t, 1, strings.Count(err.Error(), dir), "the path is named once: %v", err)
	})
	t.Run("ErrDirectory", func(t *testing.T) {
		got := defaults()
		require.Error(t, config.Load(dir, &got))
	})
}

// FuzzParse asserts that no file, however broken, does more than answer with
// an error of the kind Invalid.
func FuzzParse(f *testing.F) {
	f.Add([]byte("post = \"FR-LYO\"\nreserve = \"256KiB\"\n[desk]\nidle = \"72h\"\n"))
	f.Add([]byte("[[desk]]\nlisten = 3"))
	f.Add([]byte("devices = { scanner = \"x\", a.b = 1 }\nhubs = [1, 2]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got := defaults()
		if err := config.Parse("fuzz", data, &got); err != nil {
			require.Equal(t, fault.Invalid, fault.KindOf(err))
		}
	})
}
