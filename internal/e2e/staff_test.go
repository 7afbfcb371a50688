package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base32"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	node "jaliya/consulate-node"
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/staff"
	contracts "jaliya/deploy/openapi"
	"jaliya/hub"
	"jaliya/hub/ledger"
	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/openapi/openapitest"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// TestStaffFromLedger takes a change of staff the whole way without a network:
// command, ledger, notice, journal, table.
func TestStaffFromLedger(t *testing.T) {
	store := kv.NewMemory()
	views := ledger.NewViews(store)
	cluster, id, secret := wire.NewClusterID(), wire.NewNodeID(), wire.Digest{1}
	dicts, err := seal.NewDictionaries(0, nil)
	require.NoError(t, err)
	postKey, err := seal.GeneratePostKey(dicts)
	require.NoError(t, err)
	intake, err := seal.GenerateIntakeKeys(dicts)
	require.NoError(t, err)
	now := time.Now()
	var index uint64
	do := func(c ledger.Command) error {
		raw, err := ledger.Encode(c)
		require.NoError(t, err)
		index++
		var r ledger.Result
		require.NoError(t, store.Update(func(w kv.Writer) (err error) {
			r, err = ledger.Apply(w, index, 1, raw)
			return err
		}))
		return r.Err()
	}
	require.NoError(t, do(ledger.Init{Time: now.UnixMilli(), Cluster: cluster, Secret: make([]byte, 32), Receipt: [][]byte{make([]byte, 32)}}))
	require.NoError(t, do(ledger.InviteNode{Time: now.UnixMilli(), Invitation: secret, Post: "FR-LYO", Expires: now.UnixMilli() + 1e6}))
	require.NoError(t, do(ledger.JoinNode{
		Time: now.UnixMilli(), Invitation: secret, Node: id, Post: "FR-LYO", Device: wire.Digest{2},
		Journal: make([]byte, 32), PostKey: postKey.Public().Encode(),
	}))

	hasher := access.NewHasher(1)
	code := access.NewOneTimeCode()
	hash, err := hasher.Hash(t.Context(), code)
	require.NoError(t, err)
	change := wire.StaffChange{
		Version: 1, Staff: "LYO-48213", Post: "FR-LYO", Action: wire.StaffAdd, Revision: 1, Role: "agent",
		Name: "Salma", Code: hash, Expires: now.Add(access.OneTimeLife).UnixMilli(), Time: now.UnixMilli(),
	}
	sealed, err := dicts.SealToPost(postKey.Public(), wire.StaffContext, wire.Marshal(change), wire.StaffAAD("FR-LYO"))
	require.NoError(t, err)
	require.NoError(t, do(ledger.ChangeStaff{
		Time: now.UnixMilli(), Staff: change.Staff, Post: change.Post, Node: id, Action: change.Action, Role: "agent", Sealed: sealed,
	}))
	require.NoError(t, store.View(func(r kv.Reader) error { return ledger.Audit(r).Err() }))

	dir := t.TempDir()
	j, err := journal.Open(dir, journal.Options{
		Identity: journal.Identity{Node: id, Post: "FR-LYO", Cluster: cluster}, Incarnation: 1,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, j.Close()) })
	signer, err := seal.GenerateSigningKey()
	require.NoError(t, err)
	after, raws, err := views.NoticesAfter("FR-LYO", 0, 10)
	require.NoError(t, err)
	batch := wire.SealNotices("FR-LYO", after, raws, signer)
	verified, err := wire.DecodeNotices(batch, "FR-LYO", after, wire.NewKeySet(signer.Public()))
	require.NoError(t, err)
	require.NoError(t, j.StoreNotices(verified))

	dataKey, err := seal.NewDataKey()
	require.NoError(t, err)
	people, err := staff.Open(staff.Options{
		Journal: j, DataKey: dataKey, PostKey: postKey, Dictionaries: dicts, Post: "FR-LYO", Hasher: hasher,
		Intake: func() (seal.IntakePublic, error) { return intake.Public(), nil },
		Clock:  time.Now, Offset: func() (time.Duration, bool) { return 0, false },
		Heard: func() time.Time { return now }, Logger: testLogger(),
	})
	require.NoError(t, err)
	a, err := people.Offer(t.Context(), staff.Sheet{Staff: "lyo48213", OneTime: code, Workstation: "a"})
	require.NoError(t, err)
	require.NotEmpty(t, a.QR)
}

// workstation speaks to a node's desk as a browser there does: it trusts the root that it
// was given, and nothing else.
type workstation struct {
	t      *testing.T
	client *http.Client
	base   string
}

func newWorkstation(t *testing.T, listen string) workstation {
	t.Helper()
	// What it fetches, people compare by its fingerprint.
	fetch := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	var root []byte
	require.Eventually(t, func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+listen+"/ca.pem", nil)
		require.NoError(t, err)
		response, err := fetch.Do(r)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		root, err = io.ReadAll(response.Body)
		return err == nil && response.StatusCode == http.StatusOK
	}, patience, 20*time.Millisecond)
	fetch.CloseIdleConnections()
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(root))
	dialer := &net.Dialer{}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true, DialContext: dialer.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	document := openapitest.Read(t, contracts.Desk)
	w := workstation{t: t, client: &http.Client{Transport: document.Transport(t, transport)}, base: "https://" + listen}
	openapitest.Served(t, through(t, w.base, transport), contracts.Desk)
	return w
}

// through gives a surface that runs elsewhere as a handler.
func through(tb testing.TB, base string, transport http.RoundTripper) http.Handler {
	tb.Helper()
	address, err := url.Parse(base)
	require.NoError(tb, err)
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(address) }, Transport: transport}
}

type said struct {
	status int
	cookie *http.Cookie
	body   map[string]any
}

func (w workstation) do(method, path string, body any, cookie *http.Cookie) said {
	w.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(w.t, err)
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.base+"/api/v1"+path, bytes.NewReader(raw))
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if cookie != nil {
		r.AddCookie(cookie)
	}
	response, err := w.client.Do(r)
	require.NoError(w.t, err)
	defer response.Body.Close()
	require.Equal(w.t, 2, response.ProtoMajor)
	out := said{status: response.StatusCode}
	for _, c := range response.Cookies() {
		out.cookie = c
	}
	if err := json.NewDecoder(response.Body).Decode(&out.body); err != nil {
		require.ErrorIs(w.t, err, io.EOF)
	}
	return out
}

// TestStaff adds a member of staff at a real hub, signs in at a real desk over
// HTTPS, and is shut out by the hub.
func TestStaff(t *testing.T) {
	_, hcfg := startHub(t)
	_, err := hub.AskStaff(t.Context(), hcfg, hub.StaffRequest{Action: "add", Post: "FR-LYO", Role: "agent", Name: "Salma"})
	require.Error(t, err, "no machine of the post has joined")
	invited, err := hub.AskInvite(t.Context(), hcfg, hub.InviteRequest{Post: "FR-LYO", Addresses: []string{hcfg.Nodes.Listen}, Hours: 1})
	require.NoError(t, err)
	invitation, err := wire.ParseInvitation(invited.Invitation)
	require.NoError(t, err)
	cfg := node.Config{
		Dir: filepath.Join(t.TempDir(), "node"), Admin: node.Admin{Listen: freePort(t, "tcp")},
		Desk: node.Desk{Listen: freePort(t, "tcp"), Names: []string{"127.0.0.1", "desk.lan"}},
	}.WithDefaults()
	require.NoError(t, cfg.Validate())
	_, err = node.Join(t.Context(), cfg, invitation)
	require.NoError(t, err)
	n, err := node.Open(cfg, testLogger())
	require.NoError(t, err)
	run(t, n.Run)
	desk := newWorkstation(t, cfg.Desk.Listen)

	const name = "Salma Canaryevitch"
	sheet, err := hub.AskStaff(t.Context(), hcfg, hub.StaffRequest{Action: "add", Post: "FR-LYO", Role: "agent", Name: name})
	require.NoError(t, err)
	require.Regexp(t, `^LYO-\d{5}$`, sheet.Staff)
	require.Regexp(t, `^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$`, sheet.Code)
	lines, err := hub.AskStaffList(t.Context(), hcfg, hub.ListRequest{Post: "FR-LYO"})
	require.NoError(t, err)
	require.Len(t, lines, 1)
	require.False(t, lines[0].Resheet)

	const password = "quatre cigognes sur le minaret"
	enrolment := map[string]string{"staff": string(sheet.Staff), "one_time_code": sheet.Code}
	var begun said
	require.Eventually(t, func() bool {
		begun = desk.do(http.MethodPost, "/enrolment", enrolment, nil)
		return begun.status == http.StatusOK
	}, patience, 500*time.Millisecond)
	text, ok := begun.body["secret"].(string)
	require.True(t, ok)
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(text, " ", ""))
	require.NoError(t, err)
	phone := access.TOTPFrom(secret)
	first := desk.do(http.MethodPost, "/enrolment/confirm", map[string]string{
		"staff": string(sheet.Staff), "one_time_code": sheet.Code, "password": password, "code": phone.Code(access.StepAt(time.Now())),
	}, nil)
	require.Equal(t, http.StatusCreated, first.status, first.body)
	require.Equal(t, name, first.body["name"])
	require.True(t, first.cookie.Secure)
	require.True(t, first.cookie.HttpOnly)
	require.Equal(t, http.StatusOK, desk.do(http.MethodGet, "/visits", nil, first.cookie).status)
	require.Equal(t, http.StatusUnauthorized, desk.do(http.MethodGet, "/visits", nil, nil).status)

	require.Equal(t, http.StatusNoContent, desk.do(http.MethodPost, "/session/lock", nil, first.cookie).status)
	require.Equal(t, http.StatusLocked, desk.do(http.MethodGet, "/visits", nil, first.cookie).status)
	require.Equal(t, http.StatusOK, desk.do(http.MethodPost, "/session/unlock", map[string]string{"password": password}, first.cookie).status)

	second := desk.do(http.MethodPost, "/session", map[string]string{
		"staff": string(sheet.Staff), "password": password, "code": phone.Code(access.StepAt(time.Now()) + 1),
	}, nil)
	require.Equal(t, http.StatusCreated, second.status, second.body)
	require.Equal(t, http.StatusNoContent, desk.do(http.MethodDelete, "/session", nil, second.cookie).status)
	require.Eventually(t, func() bool {
		st, err := n.Journal().State()
		require.NoError(t, err)
		return st.Head.Seq >= 5 && st.Receipted == st.Head.Seq
	}, patience, 20*time.Millisecond, "each of them is an entry, and the hub takes it")
	st, err := hub.AskStatus(t.Context(), hcfg)
	require.NoError(t, err)
	require.Zero(t, st.Counts.Refused)
	require.Zero(t, st.Counts.Cases)

	_, err = hub.AskStaff(t.Context(), hcfg, hub.StaffRequest{Action: "disable", Staff: string(sheet.Staff)})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return desk.do(http.MethodGet, "/visits", nil, first.cookie).status == http.StatusUnauthorized
	}, 5*time.Second, 10*time.Millisecond)
	_, err = hub.AskStaff(t.Context(), hcfg, hub.StaffRequest{Action: "role", Staff: string(sheet.Staff), Role: "supervisor"})
	require.Error(t, err)
	for _, bad := range []hub.StaffRequest{
		{Action: "add", Post: "FR-LYO", Role: "king", Name: "x"},
		{Action: "add", Post: "FR-LYO", Role: "verifier", Name: "x"},
		{Action: "add", Post: "FR-LYO", Role: "agent"},
		{Action: "promote"},
		{Action: "reset", Staff: "LYO-00000"},
		{Action: "reset", Staff: "none"},
		{Action: "role", Staff: string(sheet.Staff)},
	} {
		_, err = hub.AskStaff(t.Context(), hcfg, bad)
		require.Error(t, err, bad.Action)
	}
	for _, dir := range []string{cfg.Dir, hcfg.Dir} {
		scan(t, dir, name, password, text, sheet.Code)
	}
}

// scan wants none of the words in any file.
func scan(t *testing.T, dir string, words ...string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, word := range words {
			require.NotContains(t, string(raw), word, path)
		}
		return err
	}))
}

func TestDeskNames(t *testing.T) {
	for name, c := range map[string]struct {
		desk node.Desk
		want fault.Kind
	}{
		"OK":          {node.Desk{Names: []string{"desk.lan", "192.168.1.20", "lyon", "10.1.2.3"}}, fault.Other},
		"OKAddress":   {node.Desk{Listen: "192.168.1.20:443"}, fault.Other},
		"ErrWorld":    {node.Desk{Names: []string{"consulat.ma"}}, fault.Invalid},
		"ErrPublicIP": {node.Desk{Names: []string{"8.8.8.8"}}, fault.Invalid},
		"ErrNameless": {node.Desk{TLS: new(true)}, fault.Invalid},
		"ErrMany":     {node.Desk{Names: strings.Fields("a b c d e f g h i")}, fault.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			err := node.Config{Dir: "x", Desk: c.desk}.Validate()
			if c.want == fault.Other {
				require.NoError(t, err)
				return
			}
			require.Equal(t, c.want, fault.KindOf(err))
		})
	}
}
