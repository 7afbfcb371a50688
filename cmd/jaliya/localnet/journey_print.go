package localnet

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// printed has the document printed at the second post: the person asks on the
// portal and gets a code, says it at the counter, and goes home with the sheet.
func (c *citizen) printed(ctx context.Context, t *teller) error {
	post := t.net.Posts[min(1, len(t.net.Posts)-1)]
	code, err := c.asksPrint(ctx, post)
	if err != nil {
		return err
	}
	t.step("", "the person chose %s and has a code for it", post.City)
	desk, err := post.signedIn(ctx, access.Agent)
	if err != nil {
		return err
	}
	place := post.Desk + "/records/" + c.reference.Digits()
	if err := desk.awaits(ctx, place, "/begin"); err != nil {
		return err
	}
	if err := c.wrongCode(ctx, t, desk, place); err != nil {
		return err
	}
	if err := desk.submit(ctx, "/begin", "slip_code", string(code)); err != nil {
		return err
	}
	if err := desk.awaits(ctx, place, "/sheet"); err != nil {
		return err
	}
	t.step("L2", "the code is right; the document went to the printer of %s and to no file", post.City)
	if err := c.onPaper(ctx); err != nil {
		return err
	}
	if err := desk.submit(ctx, "/sheet", "sheet", "A1001"); err != nil {
		return err
	}
	if err := desk.awaits(ctx, place, "/give"); err != nil {
		return err
	}
	if err := desk.submit(ctx, "/give", "face", "1", "document", "passport", "sheet", "A1001"); err != nil {
		return err
	}
	t.step("L1", "sheet A1001 is in the person's hand at %s", post.City)
	return eventually(ctx, "the portal to say so", l2Limit, func() (bool, error) {
		err := c.open(ctx, c.own(""))
		return strings.Contains(c.page.text, "handed over"), err
	})
}

const totpStep = 30 * time.Second

// codeOnPage is a code of 8 digits as pages print it.
var codeOnPage = regexp.MustCompile(`\b[0-9]{4} [0-9]{4}\b`)

// asksPrint chooses the post, signs in afresh and reads the code.
func (c *citizen) asksPrint(ctx context.Context, post *Post) (consular.SlipCode, error) {
	if err := c.open(ctx, c.own("/print")); err != nil {
		return "", err
	}
	if err := c.submit(ctx, "/print", "country", string(post.ID.Country())); err != nil {
		return "", err
	}
	if c.page.at.Path == "/requests/"+c.reference.Digits()+"/print" {
		if err := c.submitPost(ctx, "/print", "post", string(post.ID)); err != nil {
			return "", err
		}
	}
	if err := c.follow(ctx, "/print/signin"); err != nil {
		return "", err
	}
	if err := c.prove(ctx); err != nil {
		return "", err
	}
	found := codeOnPage.FindString(c.page.text)
	if found == "" {
		return "", fault.New(fault.Other, opRecord, "no code on "+c.page.at.Path+": "+c.page.text, nil)
	}
	return consular.ParseSlipCode(found)
}

// signedIn is a browser at a post's desk with one of its people.
func (p *Post) signedIn(ctx context.Context, role access.Role) (*browser, error) {
	for _, w := range p.Staff {
		if w.Role != role {
			continue
		}
		b, err := newBrowser()
		if err != nil {
			return nil, err
		}
		if err := b.open(ctx, p.Desk+"/sign-in"); err != nil {
			return nil, err
		}
		// The code of this half minute may be spent: it was shown when the desk
		// enrolled its people. Clocks that run ahead by one are welcome.
		code, err := Code(w.Secret, time.Now().Add(totpStep))
		if err != nil {
			return nil, err
		}
		if err := b.submit(ctx, "/sign-in", "staff", w.Staff, "password", w.Password, "code", code); err != nil {
			return nil, err
		}
		if b.page.at.Path == "/sign-in" {
			return nil, fault.New(fault.Denied, opBrowse, "sign in at "+p.City+": "+b.page.text, nil)
		}
		return b, nil
	}
	return nil, fault.New(fault.NotFound, opBrowse, "no "+string(role)+" at "+p.City, nil)
}

// awaits looks at a page until it has a form that ends so.
func (b *browser) awaits(ctx context.Context, address, action string) error {
	err := eventually(ctx, address+" to offer "+action, l2Limit, func() (bool, error) {
		err := b.open(ctx, address)
		for _, f := range b.page.forms {
			if strings.HasSuffix(f.action, action) {
				return true, err
			}
		}
		return false, err
	})
	if err != nil {
		return fault.New(fault.KindOf(err), opBrowse, b.page.text, err)
	}
	return nil
}

// wrongCode is refused by the hub, and the post is told.
func (c *citizen) wrongCode(ctx context.Context, t *teller, desk *browser, place string) error {
	if err := desk.submit(ctx, "/begin", "slip_code", "00000000"); err != nil {
		return err
	}
	err := eventually(ctx, "the hub to refuse the code", l2Limit, func() (bool, error) {
		err := desk.open(ctx, place)
		return strings.Contains(desk.page.text, "This is not the code"), err
	})
	if err == nil {
		t.step("", "a wrong code prints nothing, and the desk says so")
	}
	return err
}

// onPaper asks the printer what came out: one document, once.
func (c *citizen) onPaper(ctx context.Context) error {
	raw, err := get(ctx, "http://"+c.net.Outside.Printer+"/admin/printed")
	if err != nil {
		return fault.New(fault.Unavailable, opRecord, "printer", err)
	}
	var out struct {
		Printed []string `json:"printed"`
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return fault.New(fault.Invalid, opRecord, "printer", err)
	}
	if len(out.Printed) != 1 || out.Printed[0] != c.opened {
		return fault.New(fault.Corrupt, opRecord, "what was printed is not what was opened, once", nil)
	}
	return nil
}
