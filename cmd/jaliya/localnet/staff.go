package localnet

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// Person is a member of staff who may sign in at a desk's screens.
type Person struct {
	Staff    string      `json:"staff"`
	Name     string      `json:"name"`
	Role     access.Role `json:"role"`
	Password string      `json:"password"`
	Secret   string      `json:"totp_secret"` // base32, for an authenticator app or jaliya code
}

// deskStaff are the people of every post: one who enrols, one who releases.
var deskStaff = []Person{
	{Name: "Amina Bennani", Role: access.Agent},
	{Name: "Driss El Fassi", Role: access.Supervisor},
}

const enrolLimit = 30 * time.Second

// hireStaff has the hub add the post's people and gives their one-time codes;
// none when they were enrolled in an earlier run.
func (n *Network) hireStaff(ctx context.Context, p *Post) (sheets []string, err error) {
	if len(p.Staff) > 0 {
		return nil, nil
	}
	for _, who := range deskStaff {
		said, err := n.programs.run(ctx, "hub", "staff", "add", "--config", n.hubConfig(), "--json",
			"--post", string(p.ID), "--role", string(who.Role), "--name", who.Name)
		if err != nil {
			return nil, err
		}
		var sheet struct {
			Staff   string `json:"staff"`
			OneTime string `json:"one_time_code"`
		}
		if err := json.Unmarshal([]byte(said), &sheet); err != nil {
			return nil, fault.New(fault.Invalid, "localnet: hire staff", who.Name, err)
		}
		who.Staff = sheet.Staff
		p.Staff, sheets = append(p.Staff, who), append(sheets, sheet.OneTime)
	}
	return sheets, nil
}

// enrolStaff enrols them at the desk by their one-time sheets, as they would do it
// themselves.
func (n *Network) enrolStaff(ctx context.Context, p *Post, sheets []string) error {
	for i, oneTime := range sheets {
		if err := p.Staff[i].enrol(ctx, p, oneTime); err != nil {
			return err
		}
	}
	if len(sheets) == 0 {
		return nil
	}
	return p.keep()
}

// enrol takes the one-time code to the desk, once the hub's notice is there.
func (w *Person) enrol(ctx context.Context, p *Post, oneTime string) error {
	c := &client{base: p.Desk + "/api/v1", http: &http.Client{Timeout: callLimit}}
	sheet := map[string]string{"staff": w.Staff, "one_time_code": oneTime}
	var offer struct {
		Secret string `json:"secret"`
	}
	var last error
	err := eventually(ctx, "the post to hear of its staff", enrolLimit, func() (bool, error) {
		last = c.do(ctx, call{Method: http.MethodPost, Path: "/enrolment", Body: sheet, Into: &offer})
		return last == nil, nil
	})
	if err != nil {
		return errors.Join(err, last)
	}
	code, err := Code(offer.Secret, time.Now())
	if err != nil {
		return err
	}
	w.Secret, w.Password = strings.ReplaceAll(offer.Secret, " ", ""), strings.ToLower(rand.Text()[:16])
	sheet["password"], sheet["code"] = w.Password, code
	return c.do(ctx, call{Method: http.MethodPost, Path: "/enrolment/confirm", Body: sheet})
}

// Code gives what an authenticator app shows now for a secret in base32.
func Code(secret string, now time.Time) (string, error) {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.ReplaceAll(secret, " ", "")))
	if err != nil {
		return "", fault.New(fault.Invalid, "localnet: read secret", "base32", err)
	}
	return access.TOTPFrom(raw).Code(access.StepAt(now)), nil
}
