package doctor

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"jaliya/internal/cli"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
)

// Command is the command line of every program's doctor.
type Command struct {
	Config   string `required:"" type:"path" help:"Configuration file (TOML)." placeholder:"FILE"`
	JSON     bool   `name:"json" help:"Print as JSON."`
	Language string `enum:"ar,fr,en,auto" default:"auto" help:"Language of the words: ar, fr, en; auto goes by the environment."`
	Support  string `type:"path" help:"Write a support file without personal data." placeholder:"FILE.zip"`
	Unit     string `help:"Name of the systemd unit whose log goes into the support file; default: the program's." placeholder:"UNIT"`
	Log      string `type:"path" help:"Log file whose last lines go into the support file." placeholder:"FILE"`
}

// Examined is what a program's doctor gives: the report, and the parts of the
// support file that only the program knows.
type Examined struct {
	Report Report
	Parts  []Part
}

// Say prints a report, writes the support file when asked, and answers with an
// error when something is bad.
func (c Command) Say(ctx context.Context, s cli.Streams, x Examined) error {
	p, err := c.printer()
	if err != nil {
		return err
	}
	if c.JSON {
		err = cli.PrintJSON(s.Out, Document(p, x.Report))
	} else {
		err = Print(s.Out, p, x.Report)
	}
	if err != nil {
		return fault.New(fault.Unavailable, "doctor: print", "", err)
	}
	if c.Support != "" {
		if err := c.write(ctx, s, x); err != nil {
			return err
		}
	}
	if broken := x.Report.Broken(Bad); len(broken) > 0 {
		return fault.New(fault.Unavailable, "doctor", fmt.Sprintf("code %d, %s", broken[0].Number, broken[0].Code), nil)
	}
	return nil
}

func (c Command) printer() (lang.Printer, error) {
	catalog, err := lang.Open()
	if err != nil {
		return lang.Printer{}, err
	}
	return catalog.Printer(c.language()), nil
}

// language is what was asked for, else the environment's, as far as staff have
// it; a machine without any speaks English, as its commands do.
func (c Command) language() consular.Language {
	name := c.Language
	for _, variable := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if name == "auto" && os.Getenv(variable) != "" {
			name, _, _ = strings.Cut(os.Getenv(variable), "_")
		}
	}
	switch l := consular.Language(name); l { //nolint:exhaustive // the languages of staff
	case consular.Arabic, consular.French:
		return l
	}
	return consular.English
}

// Told is a report as JSON carries it: with its words.
type Told struct {
	Report
	Phone string `json:"phone"` // the sentence to read over the telephone
	Steps []Said `json:"steps"`
}

// Document gives a report with its words.
func Document(p lang.Printer, r Report) Told {
	return Told{Report: r, Phone: Phone(p, r), Steps: Say(p, r)}
}

var marks = map[State]string{Good: "+", Warn: "!", Bad: "x", Skipped: "-"}

// Print writes a report as a person at a terminal reads it: the sentence for the
// telephone first, then the steps.
func Print(w io.Writer, p lang.Printer, r Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n  %s\n\n", p.T("doctor.phone.read"), Phone(p, r))
	for _, one := range Say(p, r) {
		at, _ := r.Position(one.Step)
		fmt.Fprintf(&b, "%2d %s %s: %s\n", at, marks[one.State], one.Name, one.Title)
		if one.State != Warn && one.State != Bad {
			continue
		}
		fmt.Fprintf(&b, "     %s\n     %s %s\n     %s %s\n", p.T("doctor.label.number", "number", strconv.Itoa(one.Number)),
			p.T("doctor.label.means"), one.Means, p.T("doctor.label.do"), one.Do)
	}
	fmt.Fprintf(&b, "\n%s %s %s\n", r.Role, r.Version, r.At.Format(time.RFC3339))
	_, err := io.WriteString(w, plain(p, b.String()))
	return err
}
