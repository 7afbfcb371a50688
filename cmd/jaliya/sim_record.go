package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"jaliya/internal/cli"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/lang"
	"jaliya/internal/outside"
	simtime "jaliya/internal/outside/timestamp"
	"jaliya/internal/paper"
	"jaliya/internal/specimen"
	"jaliya/internal/timestamp"
	"jaliya/internal/vds"
)

type simRecordCommand struct {
	Dir      string `required:"" type:"path" help:"Where keys of a test office and the documents go."`
	Mentions int    `help:"How many mentions the record has, 0 to 20."`
	Justice  bool   `help:"Bulletin no 3 instead of the police record."`
	Seed     uint64 `default:"1" help:"Seed of the person."`
}

const opSimRecord = "jaliya: sim record"

// Run issues a specimen record to try jaliya verify document with: a person who
// does not exist, keys of a test office, the time of a simulated authority.
func (c *simRecordCommand) Run(ctx context.Context, s cli.Streams) error {
	dir := filepath.Join(c.Dir, "police")
	if c.Justice {
		dir = filepath.Join(c.Dir, "justice")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.New(fault.Storage, opSimRecord, dir, err)
	}
	out, err := c.issue(ctx, dir)
	if err != nil {
		return err
	}
	packed, err := document.Pack(out.PDF)
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		"record.pdf": out.PDF, "record.packed": packed, "seal.txt": []byte(vds.Text(out.Seal) + "\n"),
	} {
		if err := durable.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return fault.New(fault.Storage, opSimRecord, name, err)
		}
	}
	fmt.Fprintf(s.Out, "%s\njaliya verify document --trust %s --time-trust %s --seal-keys %s %s\n", filepath.Join(dir, "record.pdf"),
		filepath.Join(dir, "root.pem"), filepath.Join(dir, "time.pem"), filepath.Join(dir, "seal.pem"), filepath.Join(dir, "record.pdf"))
	return nil
}

// issue makes the document; the authority runs for as long as that takes.
func (c *simRecordCommand) issue(ctx context.Context, dir string) (out document.Issued, err error) {
	data, signer, err := c.record()
	if err != nil {
		return out, err
	}
	keys, err := issuer.Create(dir, "Specimen office", signer, time.Now())
	if err != nil {
		return out, err
	}
	catalog, err := lang.Open()
	if err != nil {
		return out, err
	}
	press, err := paper.NewPress(catalog)
	if err != nil {
		return out, err
	}
	authority, err := simtime.LoadKeys(dir, time.Now())
	if err != nil {
		return out, err
	}
	sim, err := simtime.New(simtime.Config{Keys: authority, Clock: outside.NewClock(1)})
	if err != nil {
		return out, err
	}
	endpoint, err := listen(ctx, "127.0.0.1:0", sim.Handler())
	if err != nil {
		return out, err
	}
	roots, err := issuer.LoadPool(filepath.Join(dir, "time.pem"))
	if err != nil {
		return out, errors.Join(err, endpoint.Listener.Close())
	}
	lasting, err := issuer.Lasting(dir, roots, filepath.Join(dir, simtime.ListsFile))
	if err != nil {
		return out, errors.Join(err, endpoint.Listener.Close())
	}
	times := &timestamp.Client{Address: "http://" + endpoint.Listener.Addr().String() + simtime.Path, Roots: roots, Skew: time.Minute}
	serving, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- outside.Serve(serving, endpoint) }()
	out, err = (&document.Issuer{Press: press, Keys: keys, Times: times, Random: rand.Reader, Lasting: lasting}).Issue(ctx, data)
	stop()
	return out, errors.Join(err, <-ended)
}

// record makes what the specimen says, and names the signer of its seal.
func (c *simRecordCommand) record() (d paper.RecordData, signer string, err error) {
	today := consular.DateOf(time.Now())
	d = paper.RecordData{
		Service: consular.RecordPolice, Number: "SPECIMEN00000001", Made: time.Now(),
		Office: paper.Text{Arabic: "نموذج غير صالح للاستعمال", French: "Spécimen sans valeur"},
		Issued: today, Expires: today.AddMonths(3), Page: "https://verification.example",
	}
	signer = "MAPN"
	if c.Justice {
		d.Service, signer = consular.RecordJustice, "MAJU"
	}
	d.Person = specimen.New(c.Seed).Person(specimen.PersonOptions{Service: d.Service, On: today}).Person
	if d.Reference, err = consular.NewReference(rand.Reader); err != nil {
		return d, "", err
	}
	for range c.Mentions {
		d.Mentions = append(d.Mentions, paper.Mention{
			Court:    paper.Text{Arabic: "محكمة نموذجية", French: "Tribunal spécimen"},
			Date:     today.AddYears(-3),
			Offense:  paper.Text{Arabic: "جريمة نموذجية", French: "Infraction spécimen"},
			Sentence: paper.Text{Arabic: "عقوبة نموذجية", French: "Peine spécimen"},
		})
	}
	return d, signer, nil
}
