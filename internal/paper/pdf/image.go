package pdf

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // the two formats that a page may carry
	_ "image/png"

	"jaliya/internal/fault"
)

const (
	opImage = "pdf: read image"
	// maxPixels caps an image before it is decoded: a 5 megapixel portrait
	// passes, a decompression bomb does not.
	maxPixels = 16_000_000
	maxBytes  = 16 << 20
)

// Image is a picture of a document, to be placed on its pages.
type Image struct {
	label         string
	width, height int
	entries       string // color space and filter
	data          []byte
	packed        bool // data is in its own compression
}

// AddImage reads a JPEG, kept as it is, or a PNG, whose transparent parts
// become white.
func (d *Document) AddImage(data []byte) (*Image, error) {
	if len(data) > maxBytes {
		return nil, fault.New(fault.TooLarge, opImage, "", nil)
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fault.New(fault.Invalid, opImage, "", err)
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxPixels/config.Height {
		return nil, fault.New(fault.TooLarge, opImage, "", nil)
	}
	m := &Image{width: config.Width, height: config.Height, label: fmt.Sprintf("I%d", len(d.images)+1)}
	if format == "jpeg" && config.ColorModel != color.CMYKModel {
		m.keep(data, config.ColorModel)
	} else if err := m.flatten(data); err != nil {
		return nil, err
	}
	d.images = append(d.images, m)
	return m, nil
}

func (m *Image) keep(data []byte, model color.Model) {
	space := "/DeviceRGB"
	if model == color.GrayModel {
		space = "/DeviceGray"
	}
	m.entries, m.data, m.packed = "/ColorSpace "+space+" /Filter /DCTDecode", data, true
}

// flatten decodes to plain RGB over white.
func (m *Image) flatten(data []byte) error {
	decoded, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return fault.New(fault.Invalid, opImage, "", err)
	}
	at := decoded.Bounds().Min
	m.entries = "/ColorSpace /DeviceRGB"
	m.data = make([]byte, 0, 3*m.width*m.height)
	for y := range m.height {
		for x := range m.width {
			r, g, b, a := decoded.At(at.X+x, at.Y+y).RGBA()
			white := 0xffff - a
			for _, v := range []uint32{r, g, b} {
				m.data = append(m.data, byte((v+white)>>8&0xff))
			}
		}
	}
	return nil
}

func (m *Image) embed(o *objects) (ref, error) {
	entries := fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 %s",
		m.width, m.height, m.entries)
	if m.packed {
		return o.raw(entries, m.data), nil
	}
	return o.stream(entries, m.data)
}

// Aspect gives width divided by height.
func (m *Image) Aspect() float64 { return float64(m.width) / float64(m.height) }

// Place draws an image of this document into a box.
func (p *Page) Place(m *Image, b Box) {
	p.op("q %s 0 0 %s %s %s cm /%s Do Q", number(b.Width), number(b.Height), number(b.X), p.up(b.Y+b.Height), m.label)
}
