package mutants

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// mutant is one mistake: what it is, which test sees it, and where it is made.
type mutant struct {
	name  string
	why   string
	pkg   string // of the test, "./hub/ledger"
	test  string // "TestName" or "TestName/Case"
	tags  string // build tags of the test
	edits []edit
}

// edit changes one file of the module.
type edit struct {
	path  string // below the root
	hunks []hunk
}

// hunk replaces whole lines that occur exactly once.
type hunk struct{ old, put string }

// mutants reads all of bugs/, in order of name.
func readMutants() ([]mutant, error) {
	paths, err := filepath.Glob("bugs/*.bug")
	if err != nil {
		return nil, err
	}
	list := make([]mutant, 0, len(paths))
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		m, err := parseMutant(string(raw))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		m.name = strings.TrimSuffix(filepath.Base(path), ".bug")
		list = append(list, m)
	}
	return list, nil
}

// parseMutant reads the form that DESIGN.md gives: why, an empty line, fields,
// and edits.
func parseMutant(text string) (mutant, error) {
	why, rest, found := strings.Cut(text, "\n\n")
	if !found || strings.TrimSpace(why) == "" {
		return mutant{}, errors.New("it does not say why")
	}
	m := mutant{why: strings.Join(strings.Fields(why), " ")}
	for line := range strings.Lines(rest) {
		if err := m.line(strings.TrimSuffix(line, "\n")); err != nil {
			return m, fmt.Errorf("line %q: %w", line, err)
		}
	}
	return m, m.complete()
}

func (m *mutant) line(line string) error {
	if path, ok := strings.CutPrefix(line, "--- "); ok {
		m.edits = append(m.edits, edit{path: path})
		return nil
	}
	if len(m.edits) == 0 {
		return m.field(line)
	}
	e := &m.edits[len(m.edits)-1]
	if line == "@@" {
		e.hunks = append(e.hunks, hunk{})
		return nil
	}
	if len(e.hunks) == 0 {
		return errors.New("before the first @@")
	}
	return e.hunks[len(e.hunks)-1].line(line)
}

func (m *mutant) field(line string) error {
	name, value, _ := strings.Cut(line, ": ")
	switch name {
	case "":
	case "test":
		if m.pkg, m.test, _ = strings.Cut(value, " "); m.test == "" {
			return errors.New("package and test")
		}
	case "tags":
		m.tags = value
	default:
		return errors.New("no such field")
	}
	return nil
}

func (h *hunk) line(line string) error {
	if line == "" {
		line = " " // an empty line of both
	}
	text := line[1:] + "\n"
	switch line[0] {
	case ' ':
		h.old += text
		h.put += text
	case '-':
		h.old += text
	case '+':
		h.put += text
	default:
		return errors.New("neither ' ', '-' nor '+'")
	}
	return nil
}

func (m *mutant) complete() error {
	if m.test == "" || len(m.edits) == 0 {
		return errors.New("a test or an edit is missing")
	}
	for _, e := range m.edits {
		if len(e.hunks) == 0 || slices.ContainsFunc(e.hunks, func(h hunk) bool { return h.old == "" || h.old == h.put }) {
			return fmt.Errorf("an edit of %s finds or changes nothing", e.path)
		}
	}
	return nil
}

// apply gives the file with the mistake in it.
func (e edit) apply() (string, error) {
	raw, err := os.ReadFile(filepath.Join(root, e.path))
	if err != nil {
		return "", err
	}
	text := "\n" + string(raw)
	for _, h := range e.hunks {
		if n := strings.Count(text, "\n"+h.old); n != 1 {
			return "", fmt.Errorf("%s: these lines occur %d times, want once:\n%s", e.path, n, h.old)
		}
		text = strings.Replace(text, "\n"+h.old, "\n"+h.put, 1)
	}
	return text[1:], nil
}

// TestEveryMutantApplies keeps the mistakes true to the sources: whoever changes
// one of these places decides what becomes of its mistake.
func TestEveryMutantApplies(t *testing.T) {
	list, err := readMutants()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(list), 25)
	for _, m := range list {
		t.Run(m.name, func(t *testing.T) {
			for _, e := range m.edits {
				text, err := e.apply()
				require.NoError(t, err)
				_, err = parser.ParseFile(token.NewFileSet(), e.path, text, parser.SkipObjectResolution)
				require.NoError(t, err)
			}
			requireTest(t, m)
		})
	}
}

// requireTest wants the named test to be there.
func requireTest(t *testing.T, m mutant) {
	t.Helper()
	name, _, _ := strings.Cut(m.test, "/")
	files, err := filepath.Glob(filepath.Join(root, m.pkg, "*_test.go"))
	require.NoError(t, err)
	for _, path := range files {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		if strings.Contains(string(raw), "\nfunc "+name+"(t *testing.T)") {
			return
		}
	}
	t.Errorf("%s has no %s", m.pkg, name)
}

func TestParseMutantRefuses(t *testing.T) {
	const head = "Why.\n\ntest: ./hub/ledger TestApply\n\n"
	for name, text := range map[string]string{
		"ErrNoReason":     "test: ./hub/ledger TestApply\n",
		"ErrNoTest":       "Why.\n\n--- a.go\n@@\n-a\n",
		"ErrNoName":       "Why.\n\ntest: ./hub/ledger\n\n--- a.go\n@@\n-a\n",
		"ErrNoEdit":       head,
		"ErrUnknownField": "Why.\n\ntesd: ./hub/ledger TestApply\n\n--- a.go\n@@\n-a\n",
		"ErrNoHunk":       head + "--- a.go\n-a\n",
		"ErrNothingFound": head + "--- a.go\n@@\n+a\n",
		"ErrNoChange":     head + "--- a.go\n@@\n a\n",
		"ErrNoSign":       head + "--- a.go\n@@\na\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseMutant(text)
			require.Error(t, err)
		})
	}
}

func TestApplyRefuses(t *testing.T) {
	_, err := edit{path: "no.go"}.apply()
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = edit{path: "go.mod", hunks: []hunk{{old: "module another\n"}}}.apply()
	require.ErrorContains(t, err, "occur 0 times")
	_, err = edit{path: "go.mod", hunks: []hunk{{old: "\n"}}}.apply()
	require.ErrorContains(t, err, "want once")
}
