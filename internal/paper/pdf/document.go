package pdf

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"jaliya/internal/fault"
)

// Info is what a file says about itself. It holds no name of a person.
type Info struct {
	Title    string
	Language string    // of the text as a whole, "ar" or "fr"
	Created  time.Time // in the file as given
}

const producer = "Jaliya"

// Document is one file in the making, for one goroutine.
type Document struct {
	info   Info
	pages  []*Page
	fonts  []*use
	images []*Image
	kept   []kept
	room   int // bytes for a signature, zero for none
	size   int // of the file, zero for whatever comes
}

// New begins a document.
func New(info Info) *Document { return &Document{info: info} }

// AddPage begins the next page.
func (d *Document) AddPage(size Size) *Page {
	p := &Page{document: d, size: size}
	d.pages = append(d.pages, p)
	return p
}

// uses finds or adds a font.
func (d *Document) uses(f *Font) *use {
	for _, u := range d.fonts {
		if u.font == f {
			return u
		}
	}
	u := &use{font: f, label: fmt.Sprintf("F%d", len(d.fonts)+1), text: map[uint16]string{}}
	d.fonts = append(d.fonts, u)
	return u
}

// Bytes gives the whole file. A document without a page is refused.
func (d *Document) Bytes() ([]byte, error) {
	if len(d.pages) == 0 {
		return nil, fault.New(fault.Invalid, opWrite, "no page", nil)
	}
	o := &objects{}
	catalog := o.reserve()
	resources, err := d.resources(o)
	if err != nil {
		return nil, err
	}
	field := d.field(o)
	tree, err := d.tree(o, resources, field)
	if err != nil {
		return nil, err
	}
	profile, err := o.stream("/N 3 /Alternate /DeviceRGB", colorProfile())
	if err != nil {
		return nil, err
	}
	intent := o.add("<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB IEC61966-2.1) " +
		"/Info (sRGB IEC61966-2.1) /DestOutputProfile " + profile.String() + " >>")
	meta := o.raw("/Type /Metadata /Subtype /XML", []byte(d.xmp()))
	o.set(catalog, fmt.Sprintf("<< /Type /Catalog /Pages %s /Metadata %s /OutputIntents [%s] /Lang %s "+
		"/ViewerPreferences << /DisplayDocTitle true >>%s >>", tree, meta, intent, textString(d.info.Language), d.extras(o, field)))
	info := o.add(fmt.Sprintf("<< /Title %s /Producer %s /CreationDate (%s) /ModDate (%s) >>", textString(d.info.Title),
		textString(producer), pdfDate(d.info.Created), pdfDate(d.info.Created)))
	id := identify(o)
	return o.file(fmt.Sprintf("/Root %s /Info %s /ID [<%s> <%s>]", catalog, info, id, id), d.size)
}

// identify gives the file identifier: a digest of all objects, so that equal
// documents have equal identifiers.
func identify(o *objects) string {
	h := sha256.New()
	for _, body := range o.bodies {
		h.Write(body)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (d *Document) resources(o *objects) (ref, error) {
	var b strings.Builder
	b.WriteString("<< /Font <<")
	for _, u := range d.fonts {
		r, err := u.embed(o)
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(&b, " /%s %s", u.label, r)
	}
	b.WriteString(" >> /XObject <<")
	for i, image := range d.images {
		r, err := image.embed(o)
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(&b, " /I%d %s", i+1, r)
	}
	b.WriteString(" >> >>")
	return o.add(b.String()), nil
}

func (d *Document) tree(o *objects, resources, field ref) (ref, error) {
	tree := o.reserve()
	var kids []string
	for _, p := range d.pages {
		content, err := o.stream("", []byte(p.content.String()))
		if err != nil {
			return 0, err
		}
		notes := ""
		if field != 0 && len(kids) == 0 {
			notes = fmt.Sprintf(" /Annots [%s]", field)
		}
		p.made = o.add(fmt.Sprintf("<< /Type /Page /Parent %s /MediaBox [0 0 %s %s] /Resources %s /Contents %s%s >>",
			tree, number(p.size.Width), number(p.size.Height), resources, content, notes))
		kids = append(kids, p.made.String())
	}
	o.set(tree, fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(kids), strings.Join(kids, " ")))
	return tree, nil
}

// pdfDate writes a time in UTC (ISO 32000-1, 7.9.4).
func pdfDate(t time.Time) string { return t.UTC().Format("D:20060102150405") + "Z" }
