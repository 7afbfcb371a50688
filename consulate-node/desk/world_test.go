package desk_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/journal"
	contracts "jaliya/deploy/openapi"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/openapi/openapitest"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// world is a post's desk over a real journal on disk.
type world struct {
	queue    []desk.QueueItem // what waits for the hub
	budget   *desk.BudgetView
	link     *desk.LinkStatus // as it stands; nil: connected
	skew     time.Duration    // of this machine's clock
	dir      string
	mirror   journal.MirrorOptions
	journal  *journal.Journal
	desk     *desk.Desk
	engine   *gin.Engine
	log      *bytes.Buffer
	intake   *seal.IntakeKeys
	receipt  *seal.SigningKey
	dataKey  *seal.DataKey
	dicts    *seal.Dictionaries
	id       journal.Identity
	now      time.Time
	full     bool
	noIntake bool
	limits   []desk.Limit
	version  uint64 // of the case that the hub tells of
	tokens   map[access.Role]string
	auth     access.Authenticator
	device   string // origin of the fingerprint reader, none without
	contract *openapitest.Document
}

const (
	agent      = access.Agent
	supervisor = access.Supervisor
	nobody     = access.Role("")
)

func newWorld(tb testing.TB) *world {
	tb.Helper()
	dicts, err := seal.NewDictionaries(0, nil)
	require.NoError(tb, err)
	intake, err := seal.GenerateIntakeKeys(dicts)
	require.NoError(tb, err)
	receipt, err := seal.GenerateSigningKey()
	require.NoError(tb, err)
	dataKey, err := seal.NewDataKey()
	require.NoError(tb, err)
	w := &world{
		dir: tb.TempDir(), intake: intake, receipt: receipt, dataKey: dataKey, dicts: dicts, log: &bytes.Buffer{},
		id:  journal.Identity{Node: wire.NewNodeID(), Post: "FR-LYO", Cluster: wire.NewClusterID()},
		now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), tokens: make(map[access.Role]string),
		contract: openapitest.Read(tb, contracts.Desk),
	}
	var accounts []access.ServiceAccount
	for _, role := range access.Roles() {
		token, hash := access.NewToken()
		w.tokens[role] = token
		accounts = append(accounts, access.ServiceAccount{Name: string(role), Role: role, TokenSHA256: hash})
	}
	w.auth, err = access.NewBearer(accounts)
	require.NoError(tb, err)
	w.start(tb)
	tb.Cleanup(func() { require.NoError(tb, w.journal.Close()) })
	return w
}

// start opens journal and desk, as the program does.
func (w *world) start(tb testing.TB) {
	tb.Helper()
	var err error
	w.journal, err = journal.Open(w.dir, journal.Options{Identity: w.id, Incarnation: 7, Mirror: w.mirror})
	require.NoError(tb, err)
	directory, err := consular.BuiltInDirectory()
	require.NoError(tb, err)
	post, err := directory.Lookup(w.id.Post)
	require.NoError(tb, err)
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.desk, err = desk.New(desk.Options{
		Dir: w.dir, Journal: w.journal, DataKey: w.dataKey, Dictionaries: w.dicts, Post: post, Directory: directory,
		Intake: func() (seal.IntakePublic, error) {
			if w.noIntake {
				return seal.IntakePublic{}, fault.New(fault.NotFound, "node: find intake key", "", nil)
			}
			return w.intake.Public(), nil
		},
		Trusted: func() (wire.KeySet, error) { return wire.NewKeySet(w.receipt.Public()), nil },
		Clock:   func() time.Time { return w.now },
		Offset:  func() (time.Duration, bool) { return 250*time.Millisecond + w.skew, true },
		CanCapture: func() error {
			if w.full {
				return fault.New(fault.Full, "node: check space", "", nil)
			}
			return nil
		},
		Link: func() desk.LinkStatus {
			if w.link != nil {
				return *w.link
			}
			return desk.LinkStatus{Connected: true, Transport: "quic", RTT: 612, Bulk: 3, Budget: w.budget}
		},
		Queue:  func(int) ([]desk.QueueItem, error) { return w.queue, nil },
		Limits: func() []desk.Limit { return w.limits },
		Logger: logger,
	})
	require.NoError(tb, err)
	w.engine = web.NewEngine(logger)
	desk.NewAPI(w.desk, w.auth).Register(w.engine)
}

// restart is the end of the process and its next start.
func (w *world) restart(tb testing.TB) {
	tb.Helper()
	require.NoError(tb, w.journal.Close())
	w.start(tb)
}

// call is one request to the API.
type call struct {
	role    access.Role
	method  string
	path    string // below /api/v1
	body    any    // JSON, or bytes and readers as they are
	version uint64 // If-Match, 0 for none
	header  map[string]string
}

type answer struct {
	*httptest.ResponseRecorder
	problem web.Problem
}

func (w *world) do(tb testing.TB, c call) answer {
	tb.Helper()
	var body io.Reader
	media := "application/json"
	switch b := c.body.(type) {
	case nil:
	case []byte:
		body, media = bytes.NewReader(b), "application/offset+octet-stream"
	case io.Reader:
		body, media = b, "application/offset+octet-stream"
	case string:
		body = bytes.NewReader([]byte(b))
	default:
		raw, err := json.Marshal(b)
		require.NoError(tb, err)
		body = bytes.NewReader(raw)
	}
	r := httptest.NewRequestWithContext(tb.Context(), c.method, desk.APIPrefix+c.path, body)
	r.Header.Set("Content-Type", media)
	if c.role != nobody {
		r.Header.Set("Authorization", "Bearer "+w.tokens[c.role])
	}
	if c.version > 0 {
		r.Header.Set("If-Match", `"`+strconv.FormatUint(c.version, 10)+`"`)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	a := answer{ResponseRecorder: httptest.NewRecorder()}
	w.contract.Watch(tb, w.engine).ServeHTTP(a, r)
	if a.Header().Get("Content-Type") == web.ProblemType {
		require.NoError(tb, json.Unmarshal(a.Body.Bytes(), &a.problem))
	}
	return a
}

// must does a call that has to succeed and reads its answer into v.
func (w *world) must(tb testing.TB, c call, v any) {
	tb.Helper()
	a := w.do(tb, c)
	require.Less(tb, a.Code, 300, a.Body.String())
	if v != nil {
		require.NoError(tb, json.Unmarshal(a.Body.Bytes(), v), a.Body.String())
	}
}

// begin starts a first card for an adult.
func (w *world) begin(tb testing.TB) desk.View {
	tb.Helper()
	var v desk.View
	w.must(tb, call{role: agent, method: http.MethodPost, path: "/visits", body: map[string]any{
		"visit": wire.NewRecordID().String(), "service": "cnie.first", "pickup": "FR-LYO",
	}}, &v)
	return v
}

// Values that must be found nowhere after a release.
const (
	familyLatin  = "Benzakourovitch"
	familyArabic = "بنزكوروفيتش"
	fatherLatin  = "Abdelmoughite"
	phone        = "+33612348765"
	email        = "canary.person@example.org"
	street       = "27 rue du Canari Secret"
	actNumber    = "ACT-990917"
	imageCanary  = "canary-inside-the-portrait"
)

func adult() desk.Forms {
	both := func(arabic, latin string) desk.NameForm { return desk.NameForm{Arabic: arabic, Latin: latin} }
	fingers := &desk.FingersForm{}
	for _, f := range consular.CaptureTen442.Fingers() {
		fingers.Reports = append(fingers.Reports, desk.FingerForm{Finger: f.String(), Quality: 61, Attempts: 1})
	}
	return desk.Forms{
		Person: &desk.PersonForm{
			Family: both(familyArabic, familyLatin), Given: both("سلمى", "Salma"), Sex: "F", Birth: "12/05/1990",
			BirthPlace: both("فاس", "Fes"), BirthCountry: "MA", Nationality: "MA", ActNumber: actNumber,
			Father: desk.PersonNameForm{Given: both("عبد المغيث", fatherLatin)},
			Mother: desk.PersonNameForm{Given: both("زينب", "Zineb")},
		},
		Contact: &desk.ContactForm{Phone: phone, Email: email, Language: "fr", Address: desk.AddressForm{
			Street: desk.NameForm{Latin: street}, City: desk.NameForm{Latin: "Lyon"}, Postcode: "69003", Country: "FR",
		}},
		Documents: &desk.DocumentsForm{Held: []desk.DocumentForm{
			{Kind: "registration-certificate"}, {Kind: "birth-extract", Issued: "2026-10-02"},
		}},
		Fingers: fingers,
	}
}

// put saves a group and gives the visit afterwards.
func (w *world) put(tb testing.TB, visit string, version uint64, form desk.Form) desk.View {
	tb.Helper()
	var v desk.View
	w.must(tb, call{
		role: agent, method: http.MethodPut, path: "/visits/" + visit + "/" + string(form.Group()), body: form, version: version,
	}, &v)
	return v
}

// fill brings a visit to where it can be released, and gives its version.
func (w *world) fill(tb testing.TB, v desk.View) desk.View {
	tb.Helper()
	forms := adult()
	for _, form := range []desk.Form{forms.Person, forms.Contact, forms.Documents, forms.Fingers} {
		v = w.put(tb, v.Visit, v.Version, form)
	}
	w.upload(tb, v.Visit, "portrait", portrait(tb, 413, 531))
	for _, f := range consular.CaptureTen442.Fingers() {
		w.upload(tb, v.Visit, "print-"+f.String(), wsq(f))
	}
	w.upload(tb, v.Visit, "signature", picture(tb, 300, 100))
	w.must(tb, call{role: agent, method: http.MethodGet, path: "/visits/" + v.Visit}, &v)
	return w.pay(tb, v)
}

// pay settles the fee of a visit in cash; what an amendment replaces is paid.
func (w *world) pay(tb testing.TB, v desk.View) desk.View {
	tb.Helper()
	if v.Amends != "" {
		return v
	}
	w.must(tb, call{
		role: agent, method: http.MethodPost, path: "/visits/" + v.Visit + "/payment", version: v.Version,
		body: map[string]string{"method": "cash", "received": "120"},
	}, &v)
	return v
}

func announcement(content []byte) map[string]any {
	sum := sha256.Sum256(content)
	return map[string]any{"size": len(content), "sha256": hex.EncodeToString(sum[:])}
}

func imagePath(visit, name string) string { return "/visits/" + visit + "/images/" + name }

func offset(n int) map[string]string { return map[string]string{"Upload-Offset": strconv.Itoa(n)} }

func (w *world) upload(tb testing.TB, visit, name string, content []byte) desk.ImageStatus {
	tb.Helper()
	var s desk.ImageStatus
	w.must(tb, call{role: agent, method: http.MethodPost, path: imagePath(visit, name), body: announcement(content)}, &s)
	w.must(tb, call{role: agent, method: http.MethodPatch, path: imagePath(visit, name), body: content, header: offset(0)}, &s)
	require.True(tb, s.Complete)
	return s
}

// released is the answer of a release.
type released struct {
	Visit      string `json:"visit"`
	Reference  string `json:"reference"`
	SlipCode   string `json:"slip_code"`
	SlipIssued bool   `json:"slip_issued"`
	Level      string `json:"level"`
	Repeated   bool   `json:"repeated"`
	Position   desk.PositionView
}

func (w *world) release(tb testing.TB, v desk.View) released {
	tb.Helper()
	var r released
	w.must(tb, call{role: supervisor, method: http.MethodPost, path: "/visits/" + v.Visit + "/release", version: v.Version}, &r)
	return r
}

// portrait is a JPEG with a comment that a careless copy would carry along.
func portrait(tb testing.TB, width, height int) []byte {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, jpeg.Encode(&b, noise(width, height), nil))
	comment := append([]byte{0xff, 0xfe, 0, byte(2 + len(imageCanary))}, imageCanary...)
	return append(append(append([]byte{}, b.Bytes()[:2]...), comment...), b.Bytes()[2:]...)
}

func picture(tb testing.TB, width, height int) []byte {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, png.Encode(&b, noise(width, height)))
	return b.Bytes()
}

func noise(width, height int) image.Image {
	random := rand.New(rand.NewPCG(1, 2))
	img := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, color.Gray{Y: uint8(random.Uint32())})
		}
	}
	return img
}

// wsq is the beginning of a WSQ file and noise.
func wsq(f consular.Finger) []byte {
	random := rand.New(rand.NewPCG(3, uint64(f)))
	out := []byte{0xff, 0xa0, 0xff, 0xa4}
	for range 2000 {
		out = append(out, byte(random.Uint32()))
	}
	return out
}

// statusOf is what the border makes of an error.
func statusOf(err error) int { return web.ProblemOf(err, web.English).Status }

// fixCRC corrects the checksum of a PNG's first block after it was changed.
func fixCRC(b []byte) []byte {
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}
