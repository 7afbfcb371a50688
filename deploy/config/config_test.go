// Package config_test holds the example configurations equal to the programs:
// each file loads strictly as `serve --check` does, every key of the structs
// stands in it and no other, and what it calls a default is one.
package config_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/stretchr/testify/require"

	node "jaliya/consulate-node"
	"jaliya/hub"
	"jaliya/hub/gateway/centre"
	"jaliya/hub/gateway/mail"
	"jaliya/hub/gateway/records"
	"jaliya/hub/gateway/sms"
	"jaliya/hub/gateway/stamp"
	"jaliya/hub/gateway/tell"
	"jaliya/hub/gateway/witness"
	"jaliya/hub/office"
	"jaliya/hub/portal"
	"jaliya/hub/portal/signin"
	"jaliya/hub/watch/alert"
	"jaliya/internal/config"
	"jaliya/internal/link/pki"
	"jaliya/internal/telemetry"
)

// example is one file with what its program holds of it.
type example struct {
	file     string
	load     func(name string, data []byte) error // strictly, and judged, as the program does
	types    func(data []byte) error              // strictly, for the types of values alone
	config   reflect.Type
	defaults any
}

func of[T any](file string, defaults T) example {
	return example{
		file: file, config: reflect.TypeFor[T](), defaults: defaults,
		load: func(name string, data []byte) error {
			var c T
			return config.Parse(name, data, &c)
		},
		types: func(data []byte) error {
			var c T
			return toml.NewDecoder(strings.NewReader(string(data))).DisallowUnknownFields().Decode(&c)
		},
	}
}

func examples() []example {
	logs := telemetry.Options{Format: telemetry.FormatAuto} // which is what an empty one means
	member := hub.Config{Dir: "/var/lib/jaliya/hub"}.WithDefaults()
	member.Centre = new(centre.Config{}.WithDefaults())
	member.Records = new(records.Config{}.WithDefaults())
	member.Stamp = new(stamp.Config{}.WithDefaults())
	member.Mail = new(mail.Config{}.WithDefaults())
	member.Alert = new(alert.Config{Webhook: new(alert.Webhook)}.WithDefaults())
	member.SMS = new(sms.Config{}.WithDefaults())
	member.Tell = new(tell.Config{}.WithDefaults())
	member.Witness = new(witness.Config{}.WithDefaults())
	member.Pouch = member.Pouch.WithDefaults()
	member.Log = logs
	citizens := portal.Config{Dir: "/var/lib/jaliya/portal", Log: logs}.WithDefaults()
	citizens.SignIn = new(signin.Config{}.WithDefaults())
	return []example{
		of("node.toml", node.Config{Dir: "/var/lib/jaliya/node", Log: logs}.WithDefaults()),
		of("hub.toml", member),
		of("portal.toml", citizens),
		of("office.toml", office.Config{Dir: "/var/lib/jaliya/office", Log: logs}.WithDefaults()),
	}
}

func TestExamples(t *testing.T) {
	for _, e := range examples() {
		t.Run(e.file, func(t *testing.T) {
			data, err := os.ReadFile(e.file)
			require.NoError(t, err)
			require.NoError(t, e.load(e.file, data), "as it stands")

			full := uncommented(string(data))
			require.NoError(t, e.types([]byte(full)), "with every key set")
			var shown map[string]any
			require.NoError(t, toml.Unmarshal([]byte(full), &shown))
			require.Equal(t, sorted(keysOf(e.config, "")), sorted(leaves(shown, e.config, "")), "keys of the program, keys of the file")
			requireDefaults(t, e, string(data))
		})
	}
}

// A key that is taken out of a file, or put into it, is noticed.
func TestExamplesCannotRot(t *testing.T) {
	for _, e := range examples() {
		data, err := os.ReadFile(e.file)
		require.NoError(t, err)
		full := uncommented(string(data))
		var shown map[string]any
		require.NoError(t, toml.Unmarshal([]byte(strings.Replace(full, "\nlevel = ", "\n# level ", 1)), &shown))
		require.NotEqual(t, sorted(keysOf(e.config, "")), sorted(leaves(shown, e.config, "")))
		require.Error(t, e.types([]byte(full+"\nlevl = \"INFO\"\n")))
	}
}

// The names that the node's example shows are ones that a node takes.
func TestExampleNames(t *testing.T) {
	data, err := os.ReadFile("node.toml")
	require.NoError(t, err)
	var c node.Config
	require.NoError(t, toml.Unmarshal([]byte(uncommented(string(data))), &c))
	require.NotEmpty(t, c.Desk.Names)
	_, _, err = pki.LANNames(c.Desk.Names)
	require.NoError(t, err)
}

var commented = regexp.MustCompile(`(?m)^#([\[A-Za-z])`)

// uncommented sets every key that the file shows.
func uncommented(text string) string { return commented.ReplaceAllString(text, "$1") }

// keysOf lists the keys of a struct, "desk.listen"; of a map, its own name alone.
func keysOf(t reflect.Type, prefix string) []string {
	var out []string
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("toml"), ",")
		if name == "-" {
			continue
		}
		if section, ok := sectionOf(field.Type); ok {
			out = append(out, keysOf(section, prefix+name+".")...)
		} else {
			out = append(out, prefix+name)
		}
	}
	return out
}

// sectionOf gives the struct below a section or a list of sections; a value that
// stands in the file as text is none.
func sectionOf(t reflect.Type) (reflect.Type, bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t, t.Kind() == reflect.Struct
}

// leaves lists the keys of a file in the same words.
func leaves(v map[string]any, t reflect.Type, prefix string) []string {
	seen := map[string]bool{}
	for key, value := range v {
		field, known := fieldOf(t, key)
		section, ok := sectionOf(field)
		switch held := value.(type) {
		case map[string]any:
			if !known || !ok {
				seen[prefix+key] = true
				continue
			}
			for _, k := range leaves(held, section, prefix+key+".") {
				seen[k] = true
			}
		case []any:
			for _, one := range held {
				if table, is := one.(map[string]any); is && ok {
					for _, k := range leaves(table, section, prefix+key+".") {
						seen[k] = true
					}
				} else {
					seen[prefix+key] = true
				}
			}
		default:
			seen[prefix+key] = true
		}
	}
	return sortedKeys(seen)
}

func fieldOf(t reflect.Type, key string) (reflect.Type, bool) {
	for field := range t.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("toml"), ","); name == key {
			return field.Type, true
		}
	}
	return reflect.TypeFor[string](), false
}

func sorted(keys []string) []string {
	out := slices.Clone(keys)
	slices.Sort(out)
	return out
}

func sortedKeys(m map[string]bool) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

var (
	section = regexp.MustCompile(`^#?\[+([a-z_.]+)\]+$`)
	setting = regexp.MustCompile(`^#([A-Za-z0-9_-]+) = (.+)$`)
)

// requireDefaults holds that a key behind "#" shows the program's default, unless
// the text above it says Example.
func requireDefaults(t *testing.T, e example, text string) {
	t.Helper()
	raw, err := toml.Marshal(e.defaults)
	require.NoError(t, err)
	var defaults map[string]any
	require.NoError(t, toml.Unmarshal(raw, &defaults))

	at, said, list, checked := "", "", false, 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch m := setting.FindStringSubmatch(line); {
		case section.MatchString(line):
			at, said = section.FindStringSubmatch(line)[1]+".", ""
			list = strings.HasPrefix(line, "#[[") // one of a list is an example of one
		case m != nil:
			if !list && !strings.Contains(said, "Example") {
				var shown struct{ V any }
				require.NoError(t, toml.Unmarshal([]byte("V = "+m[2]), &shown))
				require.Equal(t, plain(valueAt(defaults, at+m[1])), plain(shown.V), "default of %s%s", at, m[1])
				checked++
			}
			said = ""
		case strings.HasPrefix(line, "# "):
			said += line + "\n"
		default:
			said = ""
		}
	}
	require.Greater(t, checked, 3, "defaults that were compared")
}

// plain gives a duration in one form: "24h" is "24h0m0s".
func plain(v any) any {
	if text, ok := v.(string); ok {
		if d, err := time.ParseDuration(text); err == nil {
			return d
		}
	}
	return v
}

// valueAt follows a dotted key; what has no default is absent.
func valueAt(v map[string]any, key string) any {
	var at any = v
	for name := range strings.SplitSeq(key, ".") {
		table, _ := at.(map[string]any)
		at = table[name]
	}
	return at
}
