package watch_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/witness"
	"jaliya/hub/vault"
	"jaliya/hub/watch"
	"jaliya/hub/watch/alert"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
)

const deploy = "../../deploy/"

// ofMachinery are the alerts about the watch itself, a member's own disk and its
// log: Prometheus alone can say them.
var ofMachinery = []string{"hub-down", "watch-stale", "alert-unsent", "vault-damaged", "log-witness"}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(deploy + path)
	require.NoError(t, err)
	return string(raw)
}

func all(pattern, text string) (found []string) {
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, match[len(match)-1])
	}
	return found
}

func unique(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

// TestEveryKindIsServed: what can need a person has a rule, a runbook, and words
// in every language of operators; and nothing else has.
func TestEveryKindIsServed(t *testing.T) {
	t.Parallel()
	names := slices.Clone(ofMachinery)
	for _, kind := range watch.Kinds() {
		names = append(names, string(kind))
	}
	slices.Sort(names)
	rules := read(t, "alerts/jaliya.rules.yml")
	require.Equal(t, names, unique(all(`labels: \{need: ([a-z-]+),`, rules)))
	require.Equal(t, names, unique(all(`runbook: deploy/runbooks/([a-z-]+)\.md`, rules)))
	books, err := filepath.Glob(deploy + "runbooks/*.md")
	require.NoError(t, err)
	var titled []string
	for _, path := range books {
		name := strings.TrimSuffix(filepath.Base(path), ".md")
		titled = append(titled, name)
		book := read(t, "runbooks/"+name+".md")
		for _, part := range []string{"What it means", "When it is said", "Look first", "Do", "It is over"} {
			require.Regexp(t, `(?s)\n## `+part+`\n\n\S`, book, name)
		}
		for _, to := range all(`\]\(([a-z-]+)\.md\)`, book) {
			require.Contains(t, names, to, name)
		}
	}
	require.Equal(t, names, titled)

	words, err := lang.Open()
	require.NoError(t, err)
	for _, l := range []consular.Language{consular.Arabic, consular.French, consular.English} {
		var told []string
		for _, key := range words.Keys(l) {
			if rest, mine := strings.CutPrefix(key, "alert.need."); mine {
				told = append(told, strings.TrimSuffix(strings.TrimSuffix(rest, ".name"), ".do"))
			}
		}
		for _, kind := range watch.Kinds() {
			require.True(t, words.Printer(l).Has("alert.need."+string(kind)+".name"), kind)
			require.True(t, words.Printer(l).Has("alert.need."+string(kind)+".do"), kind)
		}
		require.Len(t, unique(told), len(watch.Kinds()), l)
	}
}

// TestEveryRuleIsTried: scripts/alerts runs the tries, this one counts them.
func TestEveryRuleIsTried(t *testing.T) {
	t.Parallel()
	rules, tries := read(t, "alerts/jaliya.rules.yml"), read(t, "alerts/jaliya.test.yml")
	for _, name := range all(`- alert: (\w+)`, rules) {
		require.Contains(t, tries, "name: "+name+" fires\n")
		require.Contains(t, tries, "name: "+name+" is quiet\n")
	}
}

// names collects what is declared.
type names map[string]bool

func (n names) Register(c prometheus.Collector) error {
	described := make(chan *prometheus.Desc, 16)
	go func() { c.Describe(described); close(described) }()
	for d := range described {
		n[all(`fqName: "([a-z_]+)"`, d.String())[0]] = true
	}
	return nil
}

func (n names) MustRegister(list ...prometheus.Collector) {
	for _, c := range list {
		_ = n.Register(c)
	}
}

func (names) Unregister(prometheus.Collector) bool { return false }

// TestFiguresExist: a rule or a panel about a figure that nobody shows would be
// quiet for ever.
func TestFiguresExist(t *testing.T) {
	t.Parallel()
	shown := names{}
	watch.NewMetrics(shown)
	alert.NewMetrics(shown)
	vault.NewMetrics(shown)
	witness.NewMetrics(shown)
	var board struct {
		Title  string
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(read(t, "dashboards/jaliya.json")), &board))
	require.NotEmpty(t, board.Panels)
	var asked []string
	for _, panel := range board.Panels {
		require.NotEmpty(t, panel.Title)
		for _, target := range panel.Targets {
			asked = append(asked, all(`jaliya_[a-z_]+`, target.Expr)...)
		}
	}
	require.Greater(t, len(unique(asked)), 20)
	asked = append(asked, all(`jaliya_[a-z_]+`, read(t, "alerts/jaliya.rules.yml"))...)
	for _, name := range unique(asked) {
		require.True(t, shown[name], name)
	}
}
