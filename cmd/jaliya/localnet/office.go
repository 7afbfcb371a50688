package localnet

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// Offsets of the record office of Justice, from the port base: one without a
// system of its own, whose officers decide at its desk. The police's office stays
// with the simulator.
const (
	offsetOffice = 101 // TCP: for the hub, the officers' desk, its admin listener
	offsetTimes  = 104 // TCP: authority of times, its admin listener
)

// Office is the record office that people of localnet work at.
type Office struct {
	Desk     string   `json:"desk"`     // base URL
	Officers []Person `json:"officers"` // two, for what needs two
}

// officeOfficers decide about records: one proposes what stays, the other
// confirms it.
var officeOfficers = []string{"Hicham Ouazzani", "Leila Bensouda"}

const opOffice = "localnet: record office"

func (n *Network) officeDir() string    { return filepath.Join(n.dir, "office") }
func (n *Network) officeConfig() string { return n.officeDir() + ".toml" }
func (n *Network) officeToken() string  { return n.officeDir() + ".token" }
func (n *Network) officePeople() string { return n.officeDir() + ".people.json" }

// startOffice starts the authority of times and the office, with its keys made
// once.
func (n *Network) startOffice(ctx context.Context, o Options) error {
	n.Office.Desk = "http://" + loopback(o.PortBase+offsetOffice+1)
	times := n.beside(&process{name: "timestamp", admin: loopback(o.PortBase + offsetTimes + 1), log: filepath.Join(n.outsideDir(""), "timestamp.log")})
	if err := n.programs.start(ctx, times, "jaliya", "sim", "timestamp", "--listen", loopback(o.PortBase+offsetTimes),
		"--admin", times.admin, "--dir", n.outsideDir("timestamp")); err != nil {
		return err
	}
	settings, err := n.officeSettings(o)
	if err != nil {
		return err
	}
	if err := write(n.officeConfig(), settings); err != nil {
		return err
	}
	if _, err := n.programs.run(ctx, "hub", "office", "keys", "--config", n.officeConfig(), "--name", "MAJU"); err != nil {
		return err
	}
	p := n.beside(&process{name: "office", admin: loopback(o.PortBase + offsetOffice + 2)})
	if err := n.programs.start(ctx, p, "hub", "serve", "--role", "office", "--config", n.officeConfig()); err != nil {
		return err
	}
	return n.hireForOffice(ctx)
}

// officeSettings is the office's configuration: what takes days elsewhere leaves
// within seconds, early or late by lot as ever.
func (n *Network) officeSettings(o Options) (string, error) {
	token, err := os.ReadFile(n.officeToken())
	if errors.Is(err, fs.ErrNotExist) {
		drawn, _ := access.NewToken()
		token, err = []byte(drawn), write(n.officeToken(), drawn)
	}
	if err != nil {
		return "", fault.New(fault.Storage, opOffice, n.officeToken(), err)
	}
	hash := sha256.Sum256(token)
	var b strings.Builder
	fmt.Fprintf(&b, "dir = %q\n[contract]\nlisten = %q\ntoken_sha256 = %q\n", n.officeDir(), loopback(o.PortBase+offsetOffice), hex.EncodeToString(hash[:]))
	fmt.Fprintf(&b, "[desk]\nlisten = %q\n[admin]\nlisten = %q\n", loopback(o.PortBase+offsetOffice+1), loopback(o.PortBase+offsetOffice+2))
	fmt.Fprint(&b, "[release]\nslot = \"2s\"\nearly = 2\nlate = 5\n")
	fmt.Fprintf(&b, "[document]\nname_ar = %q\nname_fr = %q\nletters = \"BTROIS\"\npage = %q\n",
		"نموذج السجل العدلي غير صالح للاستعمال", "Spécimen de casier judiciaire sans valeur", portalAddress(o)+"/verify")
	fmt.Fprintf(&b, "[timestamp]\nurl = \"http://%s/timestamp\"\nroots = %q\nlists = %q\n[log]\nformat = \"json\"\n",
		loopback(o.PortBase+offsetTimes), filepath.Join(n.outsideDir("timestamp"), "time.pem"),
		filepath.Join(n.outsideDir("timestamp"), "time-lists.pem"))
	return b.String(), nil
}

// trust gives the files by which documents of an office are proved: root of its
// signatures, root of its times, keys of its seals.
func (n *Network) trust(office string) (root, times, seals string) {
	if office == officeJustice {
		dir := filepath.Join(n.officeDir(), "issuer")
		return filepath.Join(dir, "root.pem"), filepath.Join(n.outsideDir("timestamp"), "time.pem"), filepath.Join(dir, "seal.pem")
	}
	dir := filepath.Join(n.outsideDir("records"), office)
	return filepath.Join(dir, "root.pem"), filepath.Join(n.outsideDir("records"), "time", "time.pem"), filepath.Join(dir, "seal.pem")
}

// Names of the two offices, as in the hub's configuration and in products.
const (
	officePolice  = "police"
	officeJustice = "justice"
)

// hireForOffice has the office add its officers and enrols them at its desk by
// their one-time sheets; in a directory of an earlier run they are there already.
func (n *Network) hireForOffice(ctx context.Context) error {
	raw, err := os.ReadFile(n.officePeople())
	if err == nil {
		err = json.Unmarshal(raw, &n.Office.Officers)
	}
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.Corrupt, opOffice, n.officePeople(), err)
	}
	for _, name := range officeOfficers {
		said, err := n.programs.run(ctx, "hub", "office", "officer", "add", "--config", n.officeConfig(), "--json", "--name", name)
		if err != nil {
			return err
		}
		var sheet struct {
			Officer string `json:"officer"`
			OneTime string `json:"one_time_code"`
		}
		if err := json.Unmarshal([]byte(said), &sheet); err != nil {
			return fault.New(fault.Invalid, opOffice, name, err)
		}
		who := Person{Staff: sheet.Officer, Name: name, Role: access.RecordOfficer}
		if err := who.enrolAtOffice(ctx, n.Office.Desk, sheet.OneTime); err != nil {
			return err
		}
		n.Office.Officers = append(n.Office.Officers, who)
	}
	if raw, err = json.Marshal(n.Office.Officers); err != nil { //nolint:gosec // whoever runs localnet is to sign in as these
		return fault.New(fault.Internal, opOffice, "", err)
	}
	return write(n.officePeople(), string(raw))
}

// secretOnPage is an authenticator's secret as pages print it, in fours.
var secretOnPage = regexp.MustCompile(`\b[A-Z2-7]{4}(?: [A-Z2-7]{2,4}){4,}\b`)

// enrolAtOffice takes the sheet to the office's desk, which has pages only.
func (w *Person) enrolAtOffice(ctx context.Context, desk, oneTime string) error {
	b, err := newBrowser()
	if err != nil {
		return err
	}
	if err := b.open(ctx, desk+"/enrol"); err != nil {
		return err
	}
	if err := b.submit(ctx, "/enrol", "officer", w.Staff, "sheet", oneTime); err != nil {
		return err
	}
	w.Secret = strings.ReplaceAll(secretOnPage.FindString(b.page.text), " ", "")
	w.Password = strings.ToLower(rand.Text()[:16])
	code, err := Code(w.Secret, time.Now())
	if err != nil {
		return err
	}
	if err := b.submit(ctx, "/enrol", "password", w.Password, "code", code); err != nil {
		return err
	}
	if b.page.at.Path == "/enrol" {
		return fault.New(fault.Denied, opOffice, "enrol "+w.Staff+": "+b.page.text, nil)
	}
	return nil
}
