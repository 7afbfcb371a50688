package alert_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/watch"
	"jaliya/hub/watch/alert"
	"jaliya/internal/config"
	"jaliya/internal/consular"
)

const page = "../../../deploy/contracts/alert.md"

// TestContract compares what is sent with the example of the contract.
func TestContract(t *testing.T) {
	raw, err := os.ReadFile(page)
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(raw), "```json\n")
	example, _, _ := strings.Cut(rest, "```")
	for _, kind := range watch.Kinds() {
		require.Contains(t, string(raw), "`"+string(kind)+"`")
	}

	n, r := newNation(t), newReceiver(t)
	a := n.alerter(alert.Config{Webhook: r.section(), Console: "https://console.example/"}, nil)
	n.see(time.Hour, stuck())
	n.look(a)
	n.see(time.Hour, silent(watch.Now))
	r.take()
	n.look(a)
	got := r.take()[0]
	require.NotEmpty(t, example)
	var want, have map[string]any
	require.NoError(t, json.Unmarshal([]byte(example), &want))
	require.NoError(t, json.Unmarshal([]byte(got.raw), &have))
	require.Regexp(t, `^alert-[0-9a-f]{32}$`, have["id"])
	for _, values := range []map[string]any{want, have} {
		delete(values, "id")
		delete(values, "time")
		for _, list := range []string{"lines", "open"} {
			for _, line := range values[list].([]any) {
				delete(line.(map[string]any), "since")
			}
		}
	}
	require.Equal(t, want, have)
	require.Equal(t, n.now, got.Time)
}

// TestSignature is an example that those who wrote the specification publish.
func TestSignature(t *testing.T) {
	t.Parallel()
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.NoError(t, err)
	got := alert.Sign([][]byte{secret}, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	require.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", got)
	require.Len(t, strings.Fields(alert.Sign([][]byte{secret, []byte("other")}, "a", "1", nil)), 2)
}

// TestTwoSecrets: while one replaces the other, a receiver that knows either of
// them takes the call.
func TestTwoSecrets(t *testing.T) {
	n, r := newNation(t), newReceiver(t)
	section := r.section()
	older, newer := r.secret, []byte("another-one-another-one-another-one")
	r.know(newer)
	require.Equal(t, []alert.Outcome{{Channel: "webhook", Reason: "alert: call webhook: receiver: denied: HTTP 401 "}},
		n.alerter(alert.Config{Webhook: section}, nil).Test(t.Context()))
	held, err := os.ReadFile(section.SecretFile)
	require.NoError(t, err)
	both := string(held) + base64.StdEncoding.EncodeToString(newer)
	require.NoError(t, os.WriteFile(section.SecretFile, []byte(both), 0o600))
	a := n.alerter(alert.Config{Webhook: section}, nil)
	for _, secret := range [][]byte{older, newer} {
		r.know(secret)
		require.True(t, a.Test(t.Context())[0].Good)
	}
}

func TestSecretFile(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString(make([]byte, 24))
	for name, c := range map[string]struct{ text, bad string }{
		"OK":          {good + "\n", ""},
		"OKTwo":       {good + "\nwhsec_" + good, ""},
		"ErrThree":    {good + " " + good + " " + good, "more than two"},
		"ErrShort":    {"AAAA", "24 to 64"},
		"ErrLong":     {base64.StdEncoding.EncodeToString(make([]byte, 65)), "24 to 64"},
		"ErrNotCoded": {"hunter2!", "base64"},
		"ErrEmpty":    {"", "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "secret")
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
			n := newNation(t)
			_, err := alert.New(alert.Config{Webhook: &alert.Webhook{URL: "https://pager.example", SecretFile: path}}, alert.Needs{
				Cluster: "c", Watch: n, State: n, Leading: func() bool { return true }, Commit: n.commit,
				Words: words(t), Posts: posts(t), Now: time.Now, Logger: quiet(),
			})
			if c.bad == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.bad)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, bad string }{
		"OK":          {`mail = ["shift@example.org"]`, ""},
		"OKAll":       {"mail = [\"a@example.org\"]\nlanguage = \"ar\"\nconsole = \"https://c.example/x\"\nurgency = \"soon\"\nwait = \"5m\"\n[webhook]\nurl = \"https://p.example\"\nsecret_file = \"s\"\nca_file = \"c\"\ntimeout = \"5s\"\npulse = \"10m\"", ""},
		"ErrNobody":   {`language = "fr"`, "mail, webhook or both"},
		"ErrMany":     {`mail = [` + strings.Repeat(`"a@example.org",`, 9) + `]`, "at most 8"},
		"ErrAddress":  {`mail = ["shift"]`, "mail"},
		"ErrLanguage": {"mail = [\"a@example.org\"]\nlanguage = \"es\"", "alert.language"},
		"ErrUrgency":  {"mail = [\"a@example.org\"]\nurgency = \"never\"", "alert.urgency"},
		"ErrWait":     {"mail = [\"a@example.org\"]\nwait = \"2h\"", "alert.wait"},
		"ErrConsole":  {"mail = [\"a@example.org\"]\nconsole = \"http://c.example\"", "alert.console"},
		"ErrPlain":    {"[webhook]\nurl = \"http://p.example\"\nsecret_file = \"s\"", "https"},
		"ErrSecret":   {"[webhook]\nurl = \"https://p.example\"", "secret_file"},
		"ErrTimeout":  {"[webhook]\nurl = \"https://p.example\"\nsecret_file = \"s\"\ntimeout = \"2m\"", "timeout"},
		"ErrPulse":    {"[webhook]\nurl = \"https://p.example\"\nsecret_file = \"s\"\npulse = \"1s\"", "pulse"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var cfg alert.Config
			err := config.Parse("alert.toml", []byte(c.text), &cfg)
			if c.bad == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.bad)
		})
	}
}

// TestLetters reads a mail of every kind in every language.
func TestLetters(t *testing.T) {
	for _, l := range []consular.Language{consular.Arabic, consular.French, consular.English} {
		n, s := newNation(t), newServer(t)
		a := n.alerter(alert.Config{
			Mail: []consular.Email{"shift@example.org"}, Language: l, Urgency: "soon", Console: "https://console.example",
		}, s.connector(func() time.Time { return n.now }))
		var needs []watch.Need
		for _, kind := range watch.Kinds() {
			need := disk()
			need.Kind, need.Key = kind, string(kind)+"/ES-MAD"
			needs = append(needs, need)
		}
		for i := range 30 {
			need := disk()
			need.Kind, need.Post, need.Subject = watch.NeedPouch, "", "P-"+string(rune('A'+i))
			need.Key = "pouch-late/" + need.Subject
			needs = append(needs, need)
		}
		n.see(time.Hour, needs...)
		n.look(a)
		letters := s.letters()
		require.Len(t, letters, 1)
		text := letters[0].text
		require.NotContains(t, text, "alert.", "a text is missing")
		require.NotContains(t, text, "{", "an argument is missing")
		require.Contains(t, text, "https://console.example/operate/posts/ES-MAD")
		require.Equal(t, 40, strings.Count(text, "deploy/runbooks/"), "the rest is on the console")
		for _, kind := range watch.Kinds() {
			require.Contains(t, text, kind.Runbook())
		}
		require.Equal(t, l.String(), letters[0].language)
		require.NotContains(t, letters[0].subject, "\u2068")
	}
}
