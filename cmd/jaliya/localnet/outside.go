package localnet

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Offsets of the outside systems that a record needs, from the port base.
const (
	offsetStamp    = 8  // TCP: payment service, its pages, its admin listener
	offsetSMS      = 11 // TCP: carrier of short messages, its admin listener
	offsetIdentity = 13 // TCP: trusted third party, its admin listener
	offsetRecords  = 15 // TCP: the record offices of police and Justice, their admin listener
	offsetPortals  = 18 // TCP, the hub's door for portals
	offsetPrinter  = 19 // TCP: the posts' printer, its admin listener
)

// smsSpeed lets messages travel in a second.
const smsSpeed = 60

// recordsSlot lets a record office answer within seconds. Its clock is the true
// one: a clock that runs ahead dates documents on days that have not come, and
// readers refuse them.
const recordsSlot = "250ms"

// Outside says where the outside systems may be watched and broken.
type Outside struct {
	Stamp    string `json:"stamp_admin"`
	SMS      string `json:"sms_admin"` // and its telephones: /admin/inbox
	Identity string `json:"identity_admin"`
	Records  string `json:"records_admin"` // of the record offices: /police/admin/, /justice/admin/
	Printer  string `json:"printer_admin"` // of all posts: /admin/printed
}

func (n *Network) outsideDir(name string) string { return filepath.Join(n.dir, "outside", name) }

// simulator is one outside system: its name for `jaliya sim`, its admin
// listener and its arguments.
type simulator struct {
	name, admin string
	args        []string
}

func (n *Network) simulators(o Options) []simulator {
	port := func(offset int) string { return loopback(o.PortBase + offset) }
	seed := strconv.FormatUint(o.Seed, 10)
	return []simulator{
		{"stamp", n.Outside.Stamp, []string{"--listen", port(offsetStamp), "--pages", port(offsetStamp + 1), "--seed", seed}},
		{"sms", n.Outside.SMS, []string{"--listen", port(offsetSMS), "--speed", strconv.Itoa(smsSpeed), "--seed", seed}},
		{"records", n.Outside.Records, append([]string{
			"--police", port(offsetRecords), "--justice", port(offsetRecords + 1), "--page", portalAddress(o) + "/verify",
			"--slot", recordsSlot, "--ask", "0", "--refuse", "0", "--seed", seed,
		}, o.Offices...)},
		{"printer", n.Outside.Printer, []string{"--listen", port(offsetPrinter)}},
		{"identity", n.Outside.Identity, []string{
			"--listen", port(offsetIdentity), "--redirect", portalAddress(o) + "/signin/callback", "--seed", seed,
			"--people", strconv.Itoa(max(8, o.People)),
		}},
	}
}

// startOutside starts the systems that stand around a record.
func (n *Network) startOutside(ctx context.Context, o Options) error {
	port := func(offset int) string { return loopback(o.PortBase + offset) }
	n.Outside = Outside{
		Stamp: port(offsetStamp + 2), SMS: port(offsetSMS + 1), Identity: port(offsetIdentity + 1), Records: port(offsetRecords + 2),
		Printer: port(offsetPrinter + 1),
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, s := range n.simulators(o) {
		p := n.beside(&process{name: s.name, admin: s.admin, log: filepath.Join(n.outsideDir(""), s.name+".log")})
		args := append([]string{"sim", s.name}, s.args...)
		args = append(args, "--admin", s.admin)
		if s.name != "printer" { // it remembers nothing
			args = append(args, "--dir", n.outsideDir(s.name))
		}
		g.Go(func() error { return n.programs.start(ctx, p, "jaliya", args...) })
	}
	return g.Wait()
}

// carriers is the part of the hub's configuration that reaches citizens.
func (n *Network) carriers(o Options) string {
	var b strings.Builder
	port := func(offset int) string { return loopback(o.PortBase + offset) }
	fmt.Fprintf(&b, "[portals]\nlisten = %q\naddress = %q\n", port(offsetPortals), portalAddress(o))
	fmt.Fprintf(&b, "[stamp]\nurl = \"http://%s\"\ntoken_file = %q\npages = [%q]\n[stamp.notices]\nsim-1 = %q\n",
		port(offsetStamp), filepath.Join(n.outsideDir("stamp"), "token"), port(offsetStamp+1), filepath.Join(n.outsideDir("stamp"), "notice.pub"))
	fmt.Fprintf(&b, "[sms]\nurl = \"http://%s\"\nsender = \"Consulat\"\ntoken_file = %q\n", port(offsetSMS), filepath.Join(n.outsideDir("sms"), "token"))
	fmt.Fprint(&b, "[records]\npoll = \"500ms\"\npoll_most = \"2s\"\nvoided = \"1s\"\n")
	const office = "[[records.office]]\nname = %[1]q\nurl = \"http://%[2]s\"\nservices = [\"record.%[1]s\"]\npacket_key = %[3]q\ntoken_file = %[4]q\n"
	fmt.Fprintf(&b, office, officePolice, port(offsetRecords), filepath.Join(n.outsideDir("records"), "police.pub"), filepath.Join(n.outsideDir("records"), "token"))
	fmt.Fprintf(&b, office, officeJustice, port(offsetOffice), filepath.Join(n.officeDir(), "packet.pub"), n.officeToken())
	fmt.Fprintf(&b, "[tell]\nportal = %q\n", portalAddress(o))
	return b.String()
}
