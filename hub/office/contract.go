package office

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/telemetry"
	"jaliya/internal/web"
)

// maxSent caps a body of the contract, in bytes: a packet in base64 and the rest.
const maxSent = 256 << 10

// Contract serves the network by the contract "records". Its one caller is the
// hub's gateway, which shows a token.
type Contract struct {
	office *Office
	token  [32]byte // SHA-256
	words  *lang.Catalog
	log    *slog.Logger
}

// NewContract takes the SHA-256 of the caller's token, in hexadecimal.
func NewContract(o *Office, tokenSHA256 string, words *lang.Catalog, log *slog.Logger) (*Contract, error) {
	raw, err := hex.DecodeString(tokenSHA256)
	if err != nil || len(raw) != sha256.Size {
		return nil, fault.New(fault.Invalid, "office: serve contract", "token_sha256: 64 hexadecimal digits", nil)
	}
	return &Contract{office: o, token: [32]byte(raw), words: words, log: log}, nil
}

// Handler gives the routes.
func (c *Contract) Handler() *gin.Engine {
	e := web.NewEngine(c.log)
	g := e.Group("/v1", c.known)
	g.PUT("/requests/:id", c.put)
	g.GET("/requests/:id", c.get)
	g.PUT("/requests/:id/answer", c.answer)
	g.PUT("/requests/:id/withdrawal", c.withdraw)
	g.GET("/revoked", c.revoked)
	g.GET("/health", c.health)
	return e
}

// known is the permission of every route: the hub's token.
func (c *Contract) known(g *gin.Context) {
	shown, found := strings.CutPrefix(g.GetHeader("Authorization"), "Bearer ")
	sum := sha256.Sum256([]byte(shown))
	if !found || subtle.ConstantTimeCompare(sum[:], c.token[:]) != 1 {
		c.fail(g, fault.New(fault.Denied, "office: know the caller", "", web.CodeUnauthenticated.Cause()))
		return
	}
	g.Next()
}

func (c *Contract) put(g *gin.Context) {
	var in Sent
	if err := readBody(g, &in); err != nil {
		c.fail(g, err)
		return
	}
	told, fresh, err := c.office.Receive(g.Param("id"), in)
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	c.tell(g, status, told, err)
}

func (c *Contract) get(g *gin.Context) {
	told, err := c.office.Tell(g.Param("id"))
	c.tell(g, http.StatusOK, told, err)
}

func (c *Contract) answer(g *gin.Context) {
	var in struct {
		Packet string `json:"packet"`
	}
	if err := readBody(g, &in); err != nil {
		c.fail(g, err)
		return
	}
	told, err := c.office.TakeAnswer(g.Param("id"), in.Packet)
	c.tell(g, http.StatusOK, told, err)
}

func (c *Contract) withdraw(g *gin.Context) {
	var in struct{}
	if err := readBody(g, &in); err != nil {
		c.fail(g, err)
		return
	}
	told, err := c.office.Withdraw(g.Param("id"))
	c.tell(g, http.StatusOK, told, err)
}

func (c *Contract) health(g *gin.Context) {
	if _, err := c.office.store.list(); err != nil {
		c.fail(g, fault.New(fault.Unavailable, "office: health", "store", err))
		return
	}
	web.JSON(g, http.StatusOK, map[string]string{"status": telemetry.StatusReady})
}

func (c *Contract) tell(g *gin.Context, status int, told Told, err error) {
	if err != nil {
		c.fail(g, err)
		return
	}
	g.Header("Cache-Control", "no-store")
	web.JSON(g, status, told)
}

// readBody reads one JSON value without unknown members, at most maxSent bytes.
func readBody(g *gin.Context, into any) error {
	const op = "office: read body"
	if media, _, _ := strings.Cut(g.ContentType(), ";"); media != "application/json" {
		return fault.New(fault.Unsupported, op, "", web.CodeContentType.Cause())
	}
	raw, err := io.ReadAll(io.LimitReader(g.Request.Body, maxSent+1))
	switch {
	case err != nil:
		return fault.New(fault.Invalid, op, "", web.CodeJSON.Cause())
	case len(raw) > maxSent:
		return fault.New(fault.TooLarge, op, "", nil)
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil || d.More() {
		return fault.New(fault.Invalid, op, "", web.CodeJSON.Cause())
	}
	return nil
}

// fail answers with the problem of an error in the caller's language: the words
// of this package's codes are in the catalog.
func (c *Contract) fail(g *gin.Context, err error) {
	language := web.LanguageOf(g.Request)
	problem := web.ProblemOf(err, language)
	problem.RequestID = web.RequestID(g)
	p := c.words.Printer(consular.Language(language))
	if key := "office.problem." + problem.Code; p.Has(key + ".title") {
		problem.Title, problem.Detail = p.T(key+".title"), p.T(key+".text")
	}
	if problem.Status >= http.StatusInternalServerError {
		_ = g.Error(err) // kept for the engine's log line; it gives back what it was given
	}
	if problem.Status == http.StatusUnauthorized {
		g.Header("WWW-Authenticate", `Bearer realm="records"`)
	}
	g.Header("Content-Language", string(language))
	raw, err := json.Marshal(problem)
	if err != nil {
		raw = []byte(`{}`)
	}
	g.Data(problem.Status, web.ProblemType, append(raw, '\n'))
	g.Abort()
}

// codeOf gives the code of this package behind an error, empty for none.
func codeOf(err error) Code {
	if coded, ok := errors.AsType[web.CodedError](err); ok {
		return Code(coded.Code)
	}
	return ""
}
