package localnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

const opProve = "localnet: prove cards"

// proveCards compares what the desks confirmed and what the sites made with the
// ledger of the hub, which has ended: every act stands in it, a hand-over once,
// and each person has one card and no second one that is good.
func (t *teller) proveCards(ctx context.Context, b *book, a *acts) error {
	made, err := t.cardsMade(ctx)
	if err != nil {
		return err
	}
	if err := t.net.Hub.stop(); err != nil {
		return err
	}
	path := filepath.Join(t.net.dir, "hub", "ledger.db")
	said, err := t.net.programs.run(ctx, "jaliya", "verify", "ledger", path)
	if err != nil {
		return err
	}
	t.step("", "%s", strings.TrimSpace(said))
	db, err := kv.Open(path, kv.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	views := ledger.NewViews(db)
	err = errors.Join(proveActs(views, b, a), proveSerials(views, made))
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	t.step("L2", "%d confirmed acts are in the ledger, %d cards made for as many people, 0 lost, 0 twice", a.count(), len(made))
	return t.net.programs.start(ctx, t.net.Hub, "hub", "serve", "--config", t.net.hubConfig())
}

// proveActs wants each confirmed act in the timeline of what it was done to, and
// everybody's card handed over once.
func proveActs(views ledger.Views, b *book, a *acts) error {
	for _, one := range a.list {
		v, err := caseOf(views, one.about)
		if err != nil {
			return err
		}
		times := 0
		for _, line := range v.Timeline {
			if workflow.Event(line.Event) == one.event && line.Post == one.post {
				times++
			}
		}
		if times != 1 {
			return fault.New(fault.Corrupt, opProve, fmt.Sprintf("%s of %s stands %d times in the ledger", one.event, one.about, times), nil)
		}
		if digest := wire.SerialDigest(one.serial); one.serial != "" && string(digest[:]) != string(v.Flow.Serial) {
			return fault.New(fault.Corrupt, opProve, one.about+" has another serial in the ledger", nil)
		}
	}
	for _, c := range b.all() {
		v, err := caseOf(views, c.released.Reference)
		if err != nil {
			return err
		}
		given := 0
		for _, line := range v.Timeline {
			if workflow.Event(line.Event) == workflow.CardHandedOver {
				given++
			}
		}
		if workflow.State(v.Flow.State) != workflow.HandedOver || given != 1 {
			return fault.New(fault.Corrupt, opProve, fmt.Sprintf("%s is %s after %d hand-overs", c.released.Reference, workflow.State(v.Flow.State), given), nil)
		}
	}
	return nil
}

func caseOf(views ledger.Views, about string) (ledger.CaseView, error) {
	if strings.HasPrefix(about, "P") {
		p, err := views.Pouch(consular.PouchID(about))
		return p.CaseView, err
	}
	return views.Case(consular.Reference(about))
}

// proveSerials wants the cards of the ledger and the good cards of the sites to
// be the same, one for each case.
func proveSerials(views ledger.Views, made map[string]string) error {
	good := map[wire.Digest]string{}
	for serial, job := range made {
		good[wire.SerialDigest(serial)] = job
	}
	const page = 512
	for after := uint64(0); ; {
		cases, err := views.Cases(after, page)
		if err != nil {
			return err
		}
		for _, c := range cases {
			after = c.Number
			if workflow.Kind(c.Flow.Kind) != workflow.KindCNIE || len(c.Flow.Serial) == 0 {
				continue
			}
			serial := wire.Digest(c.Flow.Serial)
			job, known := good[serial]
			if !known || !strings.Contains(job, fmt.Sprintf("-%d-", c.Number)) {
				return fault.New(fault.Corrupt, opProve, c.Reference+" has a card that no site made for it", nil)
			}
			delete(good, serial)
		}
		if len(cases) < page {
			break
		}
	}
	for _, job := range good {
		return fault.New(fault.Corrupt, opProve, "job "+job+" made a card that the ledger does not know", nil)
	}
	return nil
}

// siteJob is a job as a site shows it.
type siteJob struct {
	ID     string `json:"job"`
	State  string `json:"state"`
	Spoilt []struct {
		Serial string `json:"serial"`
	} `json:"spoilt"`
	Card *struct {
		Serial string `json:"serial"`
	} `json:"card"`
}

// cardsMade gives the good cards of both sites with the jobs that they were made
// for. Every serial that a site gave is either there or told as spoilt.
func (t *teller) cardsMade(ctx context.Context) (map[string]string, error) {
	made := map[string]string{}
	for i, site := range []string{"rabat", "marrakech"} {
		jobs, err := t.siteJobs(ctx, i)
		if err != nil {
			return nil, err
		}
		serials := 0
		for _, j := range jobs {
			serials += len(j.Spoilt)
			if j.Card != nil {
				serials++
				made[j.Card.Serial] = j.ID
			}
		}
		raw, err := get(ctx, "http://"+t.net.Sites+"/"+site+"/admin/site")
		if err != nil {
			return nil, fault.New(fault.Unavailable, opProve, site, err)
		}
		var s struct {
			Cards int `json:"cards"`
		}
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fault.New(fault.Invalid, opProve, site, err)
		}
		if s.Cards != serials {
			return nil, fault.New(fault.Corrupt, opProve, fmt.Sprintf("%s gave %d serials and accounts for %d", site, s.Cards, serials), nil)
		}
	}
	return made, nil
}

// siteJobs reads the whole feed of a site and gives the newest of each job.
func (t *teller) siteJobs(ctx context.Context, site int) (map[string]siteJob, error) {
	token, err := os.ReadFile(filepath.Join(t.net.centreDir(), "token"))
	if err != nil {
		return nil, fault.New(fault.NotFound, opProve, "token", err)
	}
	jobs := map[string]siteJob{}
	for cursor, more := "", true; more; {
		var page struct {
			Changes []struct {
				Job siteJob `json:"job"`
			} `json:"changes"`
			Next string `json:"next"`
			More bool   `json:"more"`
		}
		address := "http://" + t.net.sites[site] + "/v1/jobs?after=" + url.QueryEscape(cursor)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, fault.New(fault.Internal, opProve, "", err)
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, fault.New(fault.Unavailable, opProve, "ask site", err)
		}
		raw, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
		if err = errors.Join(err, response.Body.Close()); err == nil && response.StatusCode != http.StatusOK {
			err = errors.New(response.Status)
		}
		if err == nil {
			err = json.Unmarshal(raw, &page)
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, opProve, "read feed", err)
		}
		for _, change := range page.Changes {
			jobs[change.Job.ID] = change.Job
		}
		cursor, more = page.Next, page.More
	}
	return jobs, nil
}
