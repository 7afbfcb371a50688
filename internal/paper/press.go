package paper

import (
	"jaliya/internal/consular"
	"jaliya/internal/lang"
)

// Press makes papers. It holds the fonts and the words, is built once, and is
// safe for concurrent use.
type Press struct {
	fonts   *fontSet
	catalog *lang.Catalog
	fr, ar  voice
}

// voice is one language of a paper with its direction.
type voice struct {
	lang.Printer
	rtl bool
}

// NewPress reads the fonts that ship with the program. The catalog must hold
// the surfaces "slip", "proof" and "extract".
func NewPress(catalog *lang.Catalog) (*Press, error) {
	fonts, err := openFonts()
	if err != nil {
		return nil, err
	}
	p := &Press{fonts: fonts, catalog: catalog}
	p.fr, p.ar = p.voice(consular.French), p.voice(consular.Arabic)
	return p, nil
}

func (p *Press) voice(l consular.Language) voice {
	return voice{p.catalog.Printer(l), l.RightToLeft()}
}
