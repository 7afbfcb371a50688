package localnet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// record is the whole way of a police record: asked for on the portal, paid for,
// issued by the record office, opened by the person, printed at a post and given
// into the person's hand.
func record(ctx context.Context, t *teller) error {
	c, err := t.newCitizen(officePolice, 0)
	if err != nil {
		return err
	}
	if err := c.asks(ctx, t); err != nil {
		return err
	}
	if err := c.awaits(ctx, "issued"); err != nil {
		return err
	}
	t.step("", "the record office has issued; the portal says so")
	if err := c.told(ctx, t.net.Outside.SMS); err != nil {
		return err
	}
	t.step("", "the person's telephone says so, without a name or a product")
	if err := c.opens(ctx, t); err != nil {
		return err
	}
	if err := c.printed(ctx, t); err != nil {
		return err
	}
	return c.revoked(ctx, t)
}

// asks signs in, files the request and pays.
func (c *citizen) asks(ctx context.Context, t *teller) error {
	if err := c.signIn(ctx); err != nil {
		return err
	}
	t.step("", "a person signs in at the trusted third party and is back on the portal")
	if err := c.file(ctx); err != nil {
		return err
	}
	t.step("L2", "a %s record is asked for under reference %s", c.office, c.reference.String())
	if err := c.pay(ctx); err != nil {
		return err
	}
	t.step("", "the fee is paid on the payment service's page")
	return nil
}

// citizen is a person with a telephone and a browser.
type citizen struct {
	*browser

	net       *Network
	office    string // whose record: officePolice, officeJustice
	who       int    // which of the specimen people
	name      string // as they spell it, once they are known
	use       string // what the record is for, where it is not for residence
	reference consular.Reference
	phone     string
	opened    string // SHA-256 of the document that came online
	document  []byte
}

func (t *teller) newCitizen(office string, who int) (*citizen, error) {
	b, err := newBrowser()
	return &citizen{browser: b, net: t.net, office: office, who: who, phone: fmt.Sprintf("+3461234%04d", 5678+who)}, err
}

const opRecord = "localnet: record"

// signIn opens the portal's page for requests and goes through the provider's
// pages, if it asks, until the portal is back.
func (c *citizen) signIn(ctx context.Context) error {
	if err := c.open(ctx, c.net.Portal+"/ask"); err != nil {
		return err
	}
	return c.prove(ctx)
}

// prove says at the provider who it is.
func (c *citizen) prove(ctx context.Context) error {
	pin, err := c.pin(ctx)
	if err != nil {
		return err
	}
	for range 4 {
		switch c.page.at.Path {
		case "/login":
			err = c.submit(ctx, "/login", "person", strconv.Itoa(c.who), "pin", pin, "level", "substantial")
		case "/consent":
			err = c.submit(ctx, "/consent", "answer", "agree")
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
	return fault.New(fault.Other, opRecord, "the provider does not lead back: "+c.page.text, nil)
}

// signer is one of the trusted third party's people.
type signer struct {
	PIN    string          `json:"pin"`
	Person consular.Person `json:"person"`
}

// signers reads who there is, where the simulator tells it.
func (n *Network) signers(ctx context.Context) ([]signer, error) {
	raw, err := get(ctx, "http://"+n.Outside.Identity+"/admin/people")
	if err != nil {
		return nil, fault.New(fault.Unavailable, opRecord, "people of the trusted third party", err)
	}
	var answer struct {
		People []signer `json:"people"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fault.New(fault.Invalid, opRecord, "people of the trusted third party", err)
	}
	return answer.People, nil
}

// pin reads the person's PIN, and how they spell their name.
func (c *citizen) pin(ctx context.Context) (string, error) {
	all, err := c.net.signers(ctx)
	if err != nil || len(all) <= c.who {
		return "", fault.New(fault.Invalid, opRecord, "people of the trusted third party", err)
	}
	them := all[c.who]
	c.name = them.Person.Given.Latin + " " + them.Person.Family.Latin
	return them.PIN, nil
}

// file answers the questions one by one and sends the request.
func (c *citizen) file(ctx context.Context) error {
	use := []string{"/ask/use", "purpose", "residence", "country", "ES"}
	if c.use != "" {
		use = []string{"/ask/use", "purpose", "other", "text", c.use, "country", "ES"}
	}
	for _, one := range [][]string{
		{"/ask", "service", "record." + c.office},
		use,
		{"/ask/legalization", "legalization", "none"},
		{"/ask/delivery", "mode", "electronic"},
		{"/ask/contact", "phone", c.phone, "language", "es"},
		{"/ask/consent", "agree", "yes"},
		{"/ask/review"},
	} {
		if c.page.at.Path != one[0] {
			return fault.New(fault.Other, opRecord, "at "+c.page.at.Path+" instead of "+one[0]+": "+c.page.text, nil)
		}
		if err := c.submit(ctx, one[0], one[1:]...); err != nil {
			return err
		}
	}
	parts := strings.Split(c.page.at.Path, "/")
	if len(parts) != 4 || parts[3] != "filed" {
		return fault.New(fault.Other, opRecord, "not filed: "+c.page.text, nil)
	}
	var err error
	c.reference, err = consular.ParseReference(parts[2])
	return err
}

func (c *citizen) own(more string) string {
	return c.net.Portal + "/requests/" + c.reference.Digits() + more
}

// pay goes to the payment service's page as soon as the request was examined,
// and comes back.
func (c *citizen) pay(ctx context.Context) error {
	err := eventually(ctx, "the fee to be asked for", l2Limit, func() (bool, error) {
		err := c.open(ctx, c.own(""))
		return c.page.leads("/pay"), err
	})
	if err != nil {
		return err
	}
	if err := c.follow(ctx, "/pay"); err != nil {
		return err
	}
	if err := c.follow(ctx, "/pay/go"); err != nil {
		return err
	}
	return c.submit(ctx, "", "do", "pay")
}

// leads reports whether a link of the page leads there.
func (p *page) leads(path string) bool {
	for _, l := range p.links {
		if strings.HasSuffix(l.href, path) {
			return true
		}
	}
	return false
}

// awaits looks at the request until it has a link for the next act.
func (c *citizen) awaits(ctx context.Context, what string) error {
	return eventually(ctx, "the record to be "+what, l2Limit, func() (bool, error) {
		err := c.open(ctx, c.own(""))
		return c.page.leads("/document"), err
	})
}

// told looks for the message on the telephone.
func (c *citizen) told(ctx context.Context, carrier string) error {
	return eventually(ctx, "a message on the telephone", l2Limit, func() (bool, error) {
		raw, err := get(ctx, "http://"+carrier+"/admin/inbox.json")
		text := string(raw)
		if strings.Contains(strings.ToLower(text), "antecedentes") || strings.Contains(text, "record."+c.office) {
			return false, fault.New(fault.Corrupt, opRecord, "the message names the product", nil)
		}
		return strings.Contains(text, c.reference.String()), err
	})
}

// opens signs in afresh, opens the document once, and proves it offline.
func (c *citizen) opens(ctx context.Context, t *teller) error {
	if err := c.open(ctx, c.own("/document")); err != nil {
		return err
	}
	if err := c.follow(ctx, "/document/signin"); err != nil {
		return err
	}
	if err := c.prove(ctx); err != nil {
		return err
	}
	door := c.page
	if err := c.submit(ctx, "/document"); err != nil {
		return err
	}
	if !strings.HasPrefix(c.page.kind, "application/pdf") || !bytes.HasPrefix(c.page.raw, []byte("%PDF")) {
		return fault.New(fault.Other, opRecord, "no document came: "+c.page.text, nil)
	}
	sum := sha256.Sum256(c.page.raw)
	c.opened, c.document = hex.EncodeToString(sum[:]), c.page.raw
	t.step("", "after a fresh sign-in the document opens: %d bytes", len(c.page.raw))
	if err := c.proves(ctx, t, c.page.raw); err != nil {
		return err
	}
	c.page = door
	if err := c.submit(ctx, "/document"); err != nil {
		return err
	}
	if c.page.status < http.StatusBadRequest || strings.HasPrefix(c.page.kind, "application/pdf") {
		return fault.New(fault.Corrupt, opRecord, "the same link opened the document twice", nil)
	}
	t.step("", "the same link a second time opens nothing, and says so")
	return nil
}

// proves has jaliya verify document read the file with the office's keys.
func (c *citizen) proves(ctx context.Context, t *teller, pdf []byte) error {
	path := filepath.Join(t.net.dir, "document.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		return fault.New(fault.Storage, opRecord, path, err)
	}
	root, times, seals := t.net.trust(c.office)
	out, err := t.net.programs.run(ctx, "jaliya", "verify", "document", path, "--trust", root, "--time-trust", times, "--seal-keys", seals)
	if err != nil {
		return fault.New(fault.Corrupt, opRecord, "the document does not verify: "+out, err)
	}
	t.step("", "jaliya verify document: signature, time and seal hold")
	return nil
}
