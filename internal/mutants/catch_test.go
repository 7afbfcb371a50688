//go:build mutants

package mutants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	envOnly  = "JALIYA_MUTANTS"        // a regular expression of names, all when absent
	envModul = "JALIYA_CRASH_MODFILE"  // go.mod with the recording store, for the tag crashstates
	testTime = 3 * time.Minute         // a test that does not end sees nothing
	cutTime  = "JALIYA_CRASH_TIME=10s" // for tests of crash states
)

// TestMutants builds each mistake into the test that must see it, and wants the
// test to hold without it and to fail with it.
func TestMutants(t *testing.T) {
	list, err := readMutants()
	require.NoError(t, err)
	only, err := regexp.Compile(os.Getenv(envOnly))
	require.NoError(t, err)
	work := bench{dir: t.TempDir()}
	var asked int
	var caught atomic.Int64
	t.Run("all", func(t *testing.T) {
		for _, m := range list {
			if !only.MatchString(m.name) {
				continue
			}
			asked++
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				require.NoError(t, work.sound(t.Context(), m), "without the mistake")
				seen, err := work.seen(t.Context(), m)
				require.NoError(t, err)
				require.True(t, seen, "%s\n%s %s does not see it", m.why, m.pkg, m.test)
				caught.Add(1)
				t.Logf("seen by %s %s", m.pkg, m.test)
			})
		}
	})
	require.Positive(t, asked, "no mutant of that name")
	fmt.Printf("caught %d of %d\n", caught.Load(), asked)
}

// bench builds and runs tests, and remembers which hold as they are.
type bench struct {
	dir  string
	once sync.Map // of func() error, by build or test
}

func (b *bench) first(key string, do func() error) error {
	f, _ := b.once.LoadOrStore(key, sync.OnceValue(do))
	once, _ := f.(func() error)
	return once()
}

// sound reports nil when the test holds on the sources as they are.
func (b *bench) sound(ctx context.Context, m mutant) error {
	program := filepath.Join(b.dir, name(m.pkg+m.tags)+".test")
	err := b.first(program, func() error { return b.build(ctx, m, program, "") })
	if err != nil {
		return err
	}
	return b.first(program+m.test, func() error {
		out, err := b.run(ctx, m, program)
		if err == nil && !strings.Contains(out, "--- PASS: "+m.test+" ") {
			err = errors.New("it did not run")
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w\n%s", m.pkg, m.test, err, out)
		}
		return nil
	})
}

// seen reports whether the test fails with the mistake. That it does not build,
// or does not end, is an error.
func (b *bench) seen(ctx context.Context, m mutant) (bool, error) {
	dir := filepath.Join(b.dir, m.name)
	overlay, err := m.overlay(dir)
	if err != nil {
		return false, err
	}
	program := filepath.Join(dir, "mutant.test")
	if err := b.build(ctx, m, program, overlay); err != nil {
		return false, err
	}
	out, err := b.run(ctx, m, program)
	switch {
	case err == nil:
		return false, nil
	case strings.Contains(out, "panic: test timed out"):
		return false, fmt.Errorf("%s does not end\n%s", m.test, out)
	case !strings.Contains(out, "--- FAIL: "+m.test+" "):
		return false, fmt.Errorf("%s ended otherwise: %w\n%s", m.test, err, out)
	}
	return true, os.Remove(program)
}

// overlay writes the changed files and the list that go build reads.
func (m *mutant) overlay(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	replace := map[string]string{}
	for i, e := range m.edits {
		text, err := e.apply()
		if err != nil {
			return "", err
		}
		from, err := filepath.Abs(filepath.Join(root, e.path))
		if err != nil {
			return "", err
		}
		to := filepath.Join(dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[from] = to
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, raw, 0o600)
}

func (b *bench) build(ctx context.Context, m mutant, program, overlay string) error {
	args := []string{"test", "-c", "-o", program}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	if m.tags != "" {
		modfile := os.Getenv(envModul)
		if modfile == "" {
			return errors.New(envModul + " is not set: use scripts/mutants")
		}
		args = append(args, "-tags", m.tags, "-modfile", modfile, "-mod=mod")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, m.pkg)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("it does not build: %w\n%s", err, out)
	}
	return nil
}

// run runs the one test, in the directory where go test would.
func (b *bench) run(ctx context.Context, m mutant, program string) (string, error) {
	parts := strings.Split(m.test, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	cmd := exec.CommandContext(ctx, program, "-test.v", "-test.count=1", "-test.timeout", testTime.String(),
		"-test.run", strings.Join(parts, "/"))
	cmd.Dir = filepath.Join(root, m.pkg)
	cmd.Env = append(os.Environ(), cutTime)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func name(of string) string { return strings.Map(plain, of) }

func plain(r rune) rune {
	if r == '/' || r == '.' {
		return '_'
	}
	return r
}
