package localnet

import (
	"fmt"
	"slices"
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/lang"
)

// lookFirst are the keys of what a visitor looks at first, in that order.
var lookFirst = []string{"cut-off", "late", "refused", "verify", "record"}

// Look is one thing to look at first.
type Look struct {
	Key  string `json:"key"`
	Text string `json:"text"` // in English
	URL  string `json:"url"`

	message string // of the catalog
	args    []any
}

// in gives the text in a language.
func (l Look) in(p lang.Printer) string { return p.T("localnet.look."+l.message, l.args...) }

// isolates are the marks around what is put into a message: terminals show them.
var isolates = strings.NewReplacer("\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "")

// look notes one thing to look at, as it now is. When all are there they are
// printed, once.
func (d *day) look(key, url, message string, args ...any) {
	l := Look{Key: key, URL: url, message: message, args: args}
	l.Text = isolates.Replace(l.in(d.net.words.Printer(consular.English)))
	if d.setLook(key, l) {
		d.publish()
	}
}

// unlook takes away what is over.
func (d *day) unlook(key string) {
	d.mu.Lock()
	_, there := d.looks[key]
	delete(d.looks, key)
	d.mu.Unlock()
	if there {
		d.publish()
	}
}

func (d *day) setLook(key string, l Look) (news bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	news = d.looks[key].Text != l.Text
	d.looks[key] = l
	return news
}

// publish has the start page and the description show what there is to look at.
func (d *day) publish() {
	d.mu.Lock()
	var list []Look
	for _, one := range lookFirst {
		if l, there := d.looks[one]; there {
			list = append(list, l)
		}
	}
	show := len(list) == len(lookFirst) && !d.shown
	d.shown = d.shown || show
	d.net.setLook(list)
	d.mu.Unlock()
	if err := d.net.describe(); err != nil {
		d.sorry("writing what to look at", err)
	}
	if show {
		d.print(lookText(list))
	}
}

func lookText(list []Look) string {
	var b strings.Builder
	b.WriteString("\nLook at first:\n")
	for i, l := range list {
		fmt.Fprintf(&b, "  %d  %s\n     %s\n", i+1, l.Text, l.URL)
	}
	return b.String()
}

// print writes as it is, between the steps of others.
func (t *teller) print(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintln(t.out, text)
}

// setLook keeps what to look at for the start page and for scripts.
func (n *Network) setLook(list []Look) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.Look = list
}

func (n *Network) looks() []Look {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.Look)
}
