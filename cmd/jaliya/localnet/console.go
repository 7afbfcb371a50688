package localnet

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// offsetConsole is the port of the hub's console (design.md section 8).
const offsetConsole = 1

// hubOfficers are the people of the hub: one who verifies, one who sends pouches,
// one who keeps the network running.
var hubOfficers = []Person{
	{Name: "Nadia Tazi", Role: access.Verifier},
	{Name: "Karim Alaoui", Role: access.PouchOfficer},
	{Name: "Salma Idrissi", Role: access.HubOperator},
}

// findOperate asks the console whether it has a page for operators: its API then
// has the same path, and wants somebody signed in.
func (n *Network) findOperate(ctx context.Context) error {
	const op, path = "localnet: find page of operators", "/operate"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, n.Console+"/api/v1"+path, nil)
	if err != nil {
		return fault.New(fault.Internal, op, n.Console, err)
	}
	response, err := (&http.Client{Timeout: callLimit}).Do(request)
	if err != nil {
		return fault.New(fault.Unavailable, op, n.Console, err)
	}
	if response.StatusCode == http.StatusUnauthorized {
		n.Operate = n.Console + path
	}
	return response.Body.Close()
}

// hireOfficers has the hub add its officers and enrols them at the console by
// their one-time sheets, as they would do it themselves; in a directory of an
// earlier run they are there already.
func (n *Network) hireOfficers(ctx context.Context) error {
	raw, err := os.ReadFile(n.description())
	if err == nil {
		var before struct {
			Officers []Person `json:"officers"`
		}
		if err := json.Unmarshal(raw, &before); err != nil {
			return fault.New(fault.Corrupt, "localnet: read officers", n.description(), err)
		}
		n.Officers = before.Officers
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Storage, "localnet: read officers", n.description(), err)
	}
	for _, who := range hubOfficers {
		hired := slices.ContainsFunc(n.Officers, func(one Person) bool { return one.Role == who.Role })
		if hired || who.Role == access.HubOperator && n.Operate == "" {
			continue
		}
		said, err := n.programs.run(ctx, "hub", "officer", "add", "--config", n.hubConfig(), "--json",
			"--role", string(who.Role), "--name", who.Name)
		if err != nil {
			return err
		}
		var sheet struct {
			Officer string `json:"officer"`
			OneTime string `json:"one_time_code"`
		}
		if err := json.Unmarshal([]byte(said), &sheet); err != nil {
			return fault.New(fault.Invalid, "localnet: hire officer", who.Name, err)
		}
		who.Staff = sheet.Officer
		if err := who.enrolAtConsole(ctx, n.Console, sheet.OneTime); err != nil {
			return err
		}
		n.Officers = append(n.Officers, who)
		if err := n.describe(); err != nil {
			return err
		}
	}
	return nil
}

// enrolAtConsole takes the one-time code to the console.
func (w *Person) enrolAtConsole(ctx context.Context, console, oneTime string) error {
	c := &client{base: console + "/api/v1", http: &http.Client{Timeout: callLimit}}
	sheet := map[string]string{"officer": w.Staff, "one_time_code": oneTime}
	var offer struct {
		Secret string `json:"secret"`
	}
	if err := c.do(ctx, call{Method: http.MethodPost, Path: "/enrolment", Body: sheet, Into: &offer}); err != nil {
		return err
	}
	code, err := Code(offer.Secret, time.Now())
	if err != nil {
		return err
	}
	w.Secret, w.Password = strings.ReplaceAll(offer.Secret, " ", ""), strings.ToLower(rand.Text()[:16])
	sheet["password"], sheet["code"] = w.Password, code
	return c.do(ctx, call{Method: http.MethodPost, Path: "/enrolment/confirm", Body: sheet})
}
