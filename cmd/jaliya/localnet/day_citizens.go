package localnet

import (
	"context"
	"strconv"
	"time"
)

// specimens is how many grown people the trusted third party has.
const specimens = 8

// citizens has one person after another ask for a record on the portal. Of those
// to the office whose officers are people, a few wait for them; a few nobody pays.
func (d *day) citizens(ctx context.Context) error {
	var waiting []*citizen
	unpaid := 0
	for n := 0; ; n++ {
		waiting = d.stillWait(ctx, waiting)
		d.lookAtRecord(waiting)
		if d.mayCome() {
			office := officePolice
			if len(waiting) < dayRecords {
				office = officeJustice
			}
			leaves := unpaid < dayUnpaid && n%dayPosts == dayPosts-1
			c, err := d.asksFor(ctx, office, n%specimens, leaves)
			if err != nil {
				return err
			}
			d.count(&d.figures.records)
			switch {
			case leaves:
				unpaid++
			case office == officeJustice:
				waiting = append(waiting, c)
				d.lookAtRecord(waiting)
			}
		}
		if err := d.rest(ctx, dayRecord); err != nil {
			return err
		}
	}
}

// lookAtRecord shows the record that has waited longest for the officers.
func (d *day) lookAtRecord(waiting []*citizen) {
	if len(waiting) == 0 {
		d.unlook("record")
		return
	}
	d.look("record", d.net.Office.Desk+"/", "record", "person", waiting[0].name, "name", d.net.Office.Officers[0].Name)
}

// asksFor is a person who files a request and pays, or leaves the page.
func (d *day) asksFor(ctx context.Context, office string, who int, leaves bool) (*citizen, error) {
	c, err := d.newCitizen(office, who)
	if err != nil {
		return nil, err
	}
	// The same few people come again and again, each time for something else: one
	// person has one open request for one purpose.
	c.use = "Dossier " + strconv.FormatInt(time.Now().UnixMilli(), 10)
	if err := c.signIn(ctx); err != nil {
		return nil, err
	}
	if err := c.file(ctx); err != nil {
		return nil, err
	}
	if leaves {
		return c, nil
	}
	return c, c.pay(ctx)
}

// stillWait gives those whose record is not issued yet; who cannot be asked about
// any more waits no more.
func (d *day) stillWait(ctx context.Context, all []*citizen) []*citizen {
	var still []*citizen
	for _, c := range all {
		if err := c.open(ctx, c.own("")); err == nil && !c.page.leads("/document") && c.page.at.Path == "/requests/"+c.reference.Digits() {
			still = append(still, c)
		}
	}
	return still
}
