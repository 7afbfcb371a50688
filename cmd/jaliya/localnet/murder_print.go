package localnet

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

const opPrints = "localnet: murder-print"

// printSpread are the moments at which a post dies while it prints: from the
// click on, over the hub's answer, to after the sheet is out.
const printSpread = 600 * time.Millisecond

// murderPrint kills a post's node at random moments between the beginning of a
// print and the sheet, one document after another, and accounts for every sheet
// that came out of the printer: each but the last was noted by two persons, and
// nothing is printed twice without anybody saying so.
func murderPrint(ctx context.Context, t *teller) error {
	random := rand.New(rand.NewPCG(t.seed, 11)) //nolint:gosec // chooses moments, guards nothing
	post := t.net.Posts[min(1, len(t.net.Posts)-1)]
	k := &printDesk{post: post, last: map[string]int64{}}
	if err := k.signsIn(ctx); err != nil {
		return err
	}
	sheets, spoilt := 0, 0
	for n := range t.kills {
		c, err := t.newCitizen(officePolice, n)
		if err != nil {
			return err
		}
		one, err := c.printedUnderFire(ctx, t, k, time.Duration(random.Int64N(int64(printSpread))))
		if err != nil {
			return err
		}
		t.step("L1", "document %d of %d: %s; %d on paper, %d noted by two persons as spoilt, one handed over", n+1, t.kills, one.how, one.sheets, one.spoilt)
		sheets, spoilt = sheets+one.sheets, spoilt+one.spoilt
	}
	t.step("L2", "%d kills, %d sheets came out, %d documents handed over, 0 printed again unnoticed", t.kills, sheets, t.kills)
	return nil
}

// outcome is what became of one document.
type outcome struct {
	how            string // what the desk said after the kill
	sheets, spoilt int
}

// printedUnderFire has one record issued and printed at a post that dies
// meanwhile.
func (c *citizen) printedUnderFire(ctx context.Context, t *teller, k *printDesk, after time.Duration) (o outcome, err error) {
	for _, step := range []func() error{
		func() error { return c.signIn(ctx) },
		func() error { return c.file(ctx) },
		func() error { return c.pay(ctx) },
		func() error { return c.awaits(ctx, "issued") },
	} {
		if err := step(); err != nil {
			return o, err
		}
	}
	before, err := c.net.papers(ctx)
	if err != nil {
		return o, err
	}
	code, err := c.asksPrint(ctx, k.post)
	if err != nil {
		return o, err
	}
	place := k.post.Desk + "/records/" + c.reference.Digits()
	if err := k.awaits(ctx, place, "/begin"); err != nil {
		return o, err
	}
	begun, err := k.beginsAndDies(ctx, t, code, after)
	if err != nil {
		return o, err
	}
	if o.how, err = k.stands(ctx, place); err != nil {
		return o, err
	}
	if begun && o.how == "/begin" {
		return o, fault.New(fault.Corrupt, opPrints, "a beginning that the desk confirmed is gone", nil)
	}
	return o, c.finish(ctx, k, place, code, before, &o)
}

// finish brings the document to a hand, over a spoilt print where one was, and
// counts what came out of the printer.
func (c *citizen) finish(ctx context.Context, k *printDesk, place string, code consular.SlipCode, before int, o *outcome) error { //nolint:revive // argument-limit: one document's whole story
	for stage := o.how; ; {
		var err error
		switch stage {
		case "/spoilt":
			o.spoilt++
			err = k.spoils(ctx, place)
		case "/again":
			err = k.submit(ctx, "/again")
		case "/begin":
			err = k.submit(ctx, "/begin", "slip_code", string(code))
		case "/sheet":
			err = k.submit(ctx, "/sheet", "sheet", k.nextSheet())
		case "/give":
			if err := k.submit(ctx, "/give", "face", "1", "document", "passport", "sheet", k.sheet()); err != nil {
				return err
			}
			after, err := c.net.papers(ctx)
			if err != nil {
				return err
			}
			if o.sheets = after - before; o.sheets < 1 || o.sheets > 1+o.spoilt {
				return fault.New(fault.Corrupt, opPrints, fmt.Sprintf("%d on paper, %d noted as spoilt", o.sheets, o.spoilt), nil)
			}
			return nil
		}
		if err != nil {
			return err
		}
		if stage, err = k.standsAfter(ctx, place, stage); err != nil {
			return err
		}
	}
}

// papers counts what came out of the printer of all posts.
func (n *Network) papers(ctx context.Context) (int, error) {
	raw, err := get(ctx, "http://"+n.Outside.Printer+"/admin/printed")
	if err != nil {
		return 0, fault.New(fault.Unavailable, opPrints, "printer", err)
	}
	var out struct {
		Printed []string `json:"printed"`
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return 0, fault.New(fault.Invalid, opPrints, "printer", err)
	}
	return len(out.Printed), nil
}

// printDesk is the agent at the post's counter, with a supervisor at hand.
type printDesk struct {
	*browser
	post   *Post
	last   map[string]int64 // by staff: the half minute of the last code
	sheets int
}

func (k *printDesk) nextSheet() string { k.sheets++; return k.sheet() }

func (k *printDesk) sheet() string { return fmt.Sprintf("P%04d", 1000+k.sheets) }

// code gives a code that was not used before, and waits for one if it must.
func (k *printDesk) code(ctx context.Context, role access.Role) (staff Person, code string, err error) {
	for _, w := range k.post.Staff {
		if w.Role != role {
			continue
		}
		err := eventually(ctx, "another code of "+w.Name, 2*totpStep, func() (bool, error) {
			now := time.Now().Unix() / int64(totpStep/time.Second)
			next := max(now, k.last[w.Staff]+1)
			if k.last[w.Staff] == 0 {
				next = now + 1 // the code of this half minute enrolled them
			}
			if next > now+1 {
				return false, nil
			}
			k.last[w.Staff] = next
			return true, nil
		})
		if err != nil {
			return w, "", err
		}
		code, err := Code(w.Secret, time.Unix(k.last[w.Staff]*int64(totpStep/time.Second), 0))
		return w, code, err
	}
	return staff, "", fault.New(fault.NotFound, opPrints, "no "+string(role)+" at "+k.post.City, nil)
}

// signsIn opens a fresh browser at the desk.
func (k *printDesk) signsIn(ctx context.Context) (err error) {
	if k.browser, err = newBrowser(); err != nil {
		return err
	}
	w, code, err := k.code(ctx, access.Agent)
	if err != nil {
		return err
	}
	if err := k.open(ctx, k.post.Desk+"/sign-in"); err != nil {
		return err
	}
	if err := k.submit(ctx, "/sign-in", "staff", w.Staff, "password", w.Password, "code", code); err != nil {
		return err
	}
	if k.page.at.Path == "/sign-in" {
		return fault.New(fault.Denied, opPrints, "sign in: "+k.page.text, nil)
	}
	return nil
}

// beginsAndDies presses the button, and kills the node a moment later. It says
// whether the desk had answered that the print is begun.
func (k *printDesk) beginsAndDies(ctx context.Context, t *teller, code consular.SlipCode, after time.Duration) (begun bool, err error) {
	killed := make(chan error, 1)
	go func() { // its one answer is taken below
		select {
		case <-ctx.Done():
			killed <- ctx.Err()
		case <-time.After(after):
			killed <- k.post.process.kill()
		}
	}()
	pressed := k.submit(ctx, "/begin", "slip_code", string(code))
	begun = pressed == nil && !k.offers("/begin") && !strings.Contains(k.page.at.Path, "sign-in")
	if err := <-killed; err != nil {
		return begun, err
	}
	if err := t.net.serve(ctx, k.post); err != nil {
		return begun, err
	}
	return begun, k.signsIn(ctx)
}

// offers reports whether the page has a form that ends so.
func (k *printDesk) offers(action string) bool {
	for _, f := range k.page.forms {
		if strings.HasSuffix(f.action, action) {
			return true
		}
	}
	return false
}

// stands looks at the document's page until it asks for something, and gives
// what: the beginning, the sheet, another try, the hand, or two persons.
func (k *printDesk) stands(ctx context.Context, place string) (string, error) {
	return k.standsAfter(ctx, place, "")
}

// standsAfter is stands after something was done: the page asks for another
// thing then.
func (k *printDesk) standsAfter(ctx context.Context, place, done string) (stage string, err error) {
	err = eventually(ctx, place, l2Limit, func() (bool, error) {
		if err := k.open(ctx, place); err != nil {
			return false, err
		}
		for _, action := range []string{"/begin", "/again", "/sheet", "/give", "/spoilt"} {
			if k.offers(action) {
				stage = action
				return action != done, nil
			}
		}
		return false, nil
	})
	if err != nil {
		err = fault.New(fault.KindOf(err), opPrints, k.page.text, err)
	}
	return stage, err
}

// spoils has two persons say that the print came to nothing.
func (k *printDesk) spoils(ctx context.Context, place string) error {
	second, code, err := k.code(ctx, access.Supervisor)
	if err != nil {
		return err
	}
	if err := k.open(ctx, place); err != nil {
		return err
	}
	err = k.submit(ctx, "/spoilt", "why", "the machine stopped", "second.staff", second.Staff, "second.password", second.Password, "second.code", code)
	if err == nil && k.offers("/spoilt") && !k.offers("/begin") {
		err = fault.New(fault.Denied, opPrints, "two persons are not believed: "+k.page.text, nil)
	}
	return err
}
