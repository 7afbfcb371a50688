package localnet

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
)

// installedDay is what scripts/install-debian hands over: a desk that the
// documents' own steps brought up, and the sheets that the hub printed.
type installedDay struct {
	Desk    string          `json:"desk"` // base URL, trusted by this machine
	Post    consular.PostID `json:"post"`
	Sheets  []Person        `json:"sheets"` // staff id; agent first, then supervisor
	OneTime []string        `json:"one_time"`
	Receipt string          `json:"receipt"` // file for the receipt
	Done    string          `json:"done"`    // file for the reference
}

// TestInstalledPost is the first day at a post that was installed from packages:
// it runs on a workstation, over the network, and knows nothing but the address
// and the sheets.
func TestInstalledPost(t *testing.T) {
	path := os.Getenv("JALIYA_INSTALLED")
	if path == "" {
		t.Skip("make test-install runs it on an installed post")
	}
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	var day installedDay
	require.NoError(t, json.Unmarshal(raw, &day))
	require.Len(t, day.Sheets, 2)
	require.Len(t, day.OneTime, 2)

	directory, err := consular.BuiltInDirectory()
	require.NoError(t, err)
	place, err := directory.Lookup(day.Post)
	require.NoError(t, err)
	post := &Post{ID: day.Post, Desk: day.Desk, place: place}

	for i := range day.Sheets {
		require.NoError(t, day.Sheets[i].enrol(t.Context(), post, day.OneTime[i]))
		t.Logf("%s took the one-time sheet to the desk and chose a password", day.Sheets[i].Staff)
	}
	agent, supervisor := signedIn(t, post, day.Sheets[0]), signedIn(t, post, day.Sheets[1])

	began := time.Now()
	r, err := enrol(t.Context(), person(post, agent), person(post, supervisor), newPeople(1).visitor(post))
	require.NoError(t, err)
	require.Equal(t, "L1", r.Level)
	t.Logf("L1  a visit is released under reference %s", r.Printed)

	shown := person(post, agent)
	require.NoError(t, eventually(t.Context(), "level L2", l2Limit, func() (bool, error) {
		s, err := shown.follow(t.Context(), r)
		return s.Level == "L2", err
	}))
	require.NoError(t, agent.open(t.Context(), day.Desk+"/requests/"+r.Reference))
	require.Equal(t, http.StatusOK, agent.page.status)
	require.Contains(t, strings.ToLower(agent.page.text), "secured nationally")
	t.Logf("L2  the page says that %s is secured nationally, %.1f s after the release began", r.Printed, time.Since(began).Seconds())

	proof, err := shown.receipt(t.Context(), r)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(day.Receipt, []byte(proof+"\n"), 0o600))
	require.NoError(t, os.WriteFile(day.Done, []byte(r.Reference+"\n"), 0o600))
}

// signedIn goes through the door with password and digits. The digits of the
// enrolment are used up, so it waits for the next ones, as people do.
func signedIn(t *testing.T, post *Post, who Person) *browser {
	t.Helper()
	used, err := Code(who.Secret, time.Now())
	require.NoError(t, err)
	var code string
	require.NoError(t, eventually(t.Context(), "the next digits", time.Minute, func() (bool, error) {
		code, err = Code(who.Secret, time.Now())
		return code != used, err
	}))
	b, err := newBrowser()
	require.NoError(t, err)
	require.NoError(t, b.open(t.Context(), post.Desk+"/sign-in"))
	require.NoError(t, b.submit(t.Context(), "/sign-in", "staff", who.Staff, "password", who.Password, "code", code))
	require.Equal(t, "/", b.page.at.Path, "the door let in: %s", b.page.text)
	t.Logf("%s signed in with password and six digits", who.Staff)
	return b
}

// person speaks the desk's API in the session of a browser.
func person(post *Post, b *browser) *client { return &client{base: post.Desk + "/api/v1", http: b.http} }
