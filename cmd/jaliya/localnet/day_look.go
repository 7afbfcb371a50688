package localnet

import (
	"fmt"
	"slices"
	"strings"
)

// lookFirst are the keys of what a visitor looks at first, in that order.
var lookFirst = []string{"cut-off", "late", "refused", "verify", "record"}

// look notes one thing to look at, as it now is. When all are there they are
// printed, once.
func (d *day) look(key, text, url string) {
	d.mu.Lock()
	if d.looks[key].Text == text {
		d.mu.Unlock()
		return
	}
	d.looks[key] = Look{Key: key, Text: text, URL: url}
	var list []Look
	for _, one := range lookFirst {
		if l, there := d.looks[one]; there {
			list = append(list, l)
		}
	}
	show := len(list) == len(lookFirst) && !d.shown
	d.shown = d.shown || show
	d.mu.Unlock()
	if err := d.net.setLook(list); err != nil {
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
func (n *Network) setLook(list []Look) error {
	n.mu.Lock()
	n.Look = list
	n.mu.Unlock()
	return n.describe()
}

func (n *Network) looks() []Look {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.Look)
}
