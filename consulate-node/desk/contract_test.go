package desk_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/staff"
	contracts "jaliya/deploy/openapi"
	"jaliya/internal/access"
	"jaliya/internal/openapi/openapitest"
	"jaliya/internal/seal"
)

var update = flag.Bool("update", false, "write deploy/openapi/desk.json anew")

// TestContract: the document is what the handlers say, it has each route of the
// engine and no other, with the permission that is asked for.
func TestContract(t *testing.T) {
	openapitest.Current(t, desk.Contract(), "desk.json", *update)
	if *update {
		t.Skip("written; what is embedded is of before")
	}
	c := newCounter(t)
	c.withDoor(t)
	document := openapitest.Read(t, contracts.Desk)
	document.Routes(t, c.engine.Routes())
	for _, r := range desk.Routes() {
		require.Equal(t, string(r.Permission), document.Permission(r.Method, r.Path), r.Path)
	}
	for _, r := range desk.HandoverRoutes() {
		require.Equal(t, string(r.Permission), document.Permission(r.Method, r.Path), r.Path)
	}
}

// TestEveryRouteRefuses asks every operation wrongly in every way that needs no
// knowledge of what it does.
func TestEveryRouteRefuses(t *testing.T) {
	c := newCounter(t)
	c.withDoor(t)
	visit := c.begin(t)
	c.heard(t)
	said := c.changed(t, strangeReference(t), desk.ChangeWithdraw, "")
	carrying := func(want bool) func(*http.Request, string) {
		return func(r *http.Request, permission string) {
			for _, role := range access.Roles() {
				if role.Has(access.Permission(permission)) == want {
					r.Header.Set("Authorization", "Bearer "+c.tokens[role])
					return
				}
			}
		}
	}
	c.contract.Refusals(t, openapitest.Attack{
		Handler: c.engine, With: carrying(true), Without: carrying(false), State: func() string { return c.state(t) },
		Path: map[string]string{
			"visit": visit.Visit, "name": "portrait", "reference": c.card.Reference.Digits(), "pouch": string(c.label),
			"change": said.Change,
		},
	})
	require.NotContains(t, c.log.String(), familyLatin)
}

// heard has the hand-over desk note what the hub told, as its first request
// does: what comes after has nothing left to note.
func (c *counter) heard(tb testing.TB) {
	tb.Helper()
	c.must(tb, call{role: supervisor, method: http.MethodGet, path: c.pouchPath("")}, nil)
}

// state is every file of the post, as one digest.
func (w *world) state(tb testing.TB) string {
	tb.Helper()
	sum := sha256.New()
	require.NoError(tb, filepath.WalkDir(w.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		fmt.Fprintf(sum, "%s %x\n", path, raw)
		return err
	}))
	return hex.EncodeToString(sum.Sum(nil))
}

// withDoor puts the routes of signing in beside the others.
func (c *counter) withDoor(tb testing.TB) {
	tb.Helper()
	people, err := staff.Open(staff.Options{
		Journal: c.journal, DataKey: c.dataKey, PostKey: c.post, Dictionaries: c.dicts, Post: c.id.Post,
		Intake: func() (seal.IntakePublic, error) { return c.intake.Public(), nil },
		Clock:  func() time.Time { return c.now }, Offset: func() (time.Duration, bool) { return 0, false },
		Heard: func() time.Time { return c.now }, Hasher: access.NewHasher(1), Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(tb, err)
	desk.NewSessionAPI(people, access.Cookie{Name: access.DeskCookie}).Register(c.engine)
}
