package desk

import (
	"encoding/base64"
	"errors"
	"net"
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/staff"
	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// SessionAPI binds signing in to JSON over HTTP: see staff/API.md. Its routes but
// the list of staff ask for no permission: they are how one gets any.
type SessionAPI struct {
	signIn *staff.SignIn
	cookie access.Cookie
}

// NewSessionAPI gives the JSON API of signing in. The cookie is the desk's.
func NewSessionAPI(s *staff.SignIn, cookie access.Cookie) *SessionAPI {
	return &SessionAPI{signIn: s, cookie: cookie}
}

// Authenticator gives people by their session, as the desk's other routes ask
// for it.
func (a *SessionAPI) Authenticator() access.Authenticator {
	return access.CookieAuthenticator{Cookie: a.cookie, Who: func(token string, active bool) (access.Principal, error) {
		who, err := a.signIn.Who(token, active)
		if web.Has(err, web.CodeLocked) {
			err = fault.New(fault.Denied, "desk: find session", "", errors.Join(ErrLocked, err))
		}
		return who, err
	}}
}

// Register puts the routes on an engine of web.NewEngine.
func (a *SessionAPI) Register(e *gin.Engine) {
	group := e.Group(APIPrefix)
	group.POST("/session", a.enter)
	group.GET("/session", a.show)
	group.DELETE("/session", a.leave)
	group.POST("/session/lock", a.lock)
	group.POST("/session/unlock", a.unlock)
	group.GET("/staff", a.list)
	group.POST("/enrolment", a.offer)
	group.POST("/enrolment/confirm", a.confirm)
}

// Workstation names the machine that a request came from: its address on the
// post's network.
func Workstation(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// sessionBody is the body of POST /session.
type sessionBody struct {
	Staff    string `json:"staff"`
	Password string `json:"password"`
	Code     string `json:"code"`
}

func (a *SessionAPI) enter(c *gin.Context) {
	var in sessionBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	entered, err := a.signIn.Enter(c.Request.Context(), staff.Credentials{
		Staff: in.Staff, Password: in.Password, Code: in.Code, Workstation: Workstation(c.Request),
	})
	a.entered(c, entered, err)
}

// entered answers, and seat ends the session that the browser had before: at a shared workstation
// the next person takes the place of the one before.
func (a *SessionAPI) entered(c *gin.Context, in staff.Entered, err error) {
	if err == nil {
		err = a.seat(c.Writer, c.Request, in)
	}
	answer(c, http.StatusCreated, in.Session, err)
}

func (a *SessionAPI) seat(w http.ResponseWriter, r *http.Request, in staff.Entered) error {
	if before := a.cookie.Token(r); before != "" {
		if err := a.signIn.Leave(r.Context(), before); fault.Is(err, fault.Storage) {
			return err
		}
	}
	http.SetCookie(w, a.cookie.Set(in.Token))
	return nil
}

func (a *SessionAPI) show(c *gin.Context) {
	v, err := a.signIn.Session(a.cookie.Token(c.Request))
	answer(c, http.StatusOK, v, err)
}

// staffBody is the answer of GET /staff.
type staffBody struct {
	Staff []staff.Line `json:"staff"`
}

func (a *SessionAPI) list(c *gin.Context) {
	who, err := a.Authenticator().Authenticate(c.Request)
	if err != nil {
		web.Fail(c, err)
		return
	}
	people, err := a.signIn.List(c.Request.Context(), who)
	answer(c, http.StatusOK, staffBody{Staff: people}, err)
}

func (a *SessionAPI) leave(c *gin.Context) {
	err := a.signIn.Leave(c.Request.Context(), a.cookie.Token(c.Request))
	if err == nil {
		http.SetCookie(c.Writer, a.cookie.Clear())
	}
	done(c, err)
}

func (a *SessionAPI) lock(c *gin.Context) {
	done(c, a.signIn.Lock(c.Request.Context(), a.cookie.Token(c.Request)))
}

// unlockBody is the body of POST /session/unlock: one of the two.
type unlockBody struct {
	Password string `json:"password"`
	Code     string `json:"code"`
}

func (a *SessionAPI) unlock(c *gin.Context) {
	var in unlockBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	v, err := a.signIn.Unlock(c.Request.Context(), a.cookie.Token(c.Request), staff.Key{
		Password: in.Password, Code: in.Code, Workstation: Workstation(c.Request),
	})
	answer(c, http.StatusOK, v, err)
}

// enrolmentBody is the body of POST /enrolment.
type enrolmentBody struct {
	Staff   string `json:"staff"`
	OneTime string `json:"one_time_code"`
}

// authenticatorBody is its answer, the one place where the secret is shown.
type authenticatorBody struct {
	Staff  string `json:"staff"`
	Secret string `json:"secret"`
	URI    string `json:"uri"`
	QR     string `json:"qr"` // data URI of a PNG
}

func (a *SessionAPI) offer(c *gin.Context) {
	var in enrolmentBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	out, err := a.signIn.Offer(c.Request.Context(), staff.Sheet{
		Staff: in.Staff, OneTime: in.OneTime, Workstation: Workstation(c.Request),
	})
	answer(c, http.StatusOK, authenticatorBody{
		Staff: string(out.Staff), Secret: out.Text, URI: out.URI,
		QR: "data:image/png;base64," + base64.StdEncoding.EncodeToString(out.QR),
	}, err)
}

// confirmBody is the body of POST /enrolment/confirm.
type confirmBody struct {
	Staff    string `json:"staff"`
	OneTime  string `json:"one_time_code"`
	Password string `json:"password"`
	Code     string `json:"code"`
}

func (a *SessionAPI) confirm(c *gin.Context) {
	var in confirmBody
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	entered, err := a.signIn.Enroll(c.Request.Context(), staff.Enrolment{
		Sheet:    staff.Sheet{Staff: in.Staff, OneTime: in.OneTime, Workstation: Workstation(c.Request)},
		Password: in.Password, Code: in.Code,
	})
	a.entered(c, entered, err)
}

// done answers without a body.
func done(c *gin.Context, err error) {
	if err != nil {
		web.Fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
