package pdf

import (
	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"

	"jaliya/internal/fault"
)

const (
	opBarcode = "pdf: draw bar code"
	// The quiet zones of ISO/IEC 18004 and 15417, in modules.
	quietQR      = 4
	quietCode128 = 10
	// maxQR caps the text of a QR code: version 25 or so, which a telephone
	// still reads from 3 cm of paper.
	maxQR = 1000
)

// QR draws a QR code as vectors into a square box, quiet zone inside, error
// correction M. Its ground is the paper: the caller leaves the box white.
func (p *Page) QR(text string, at Point, side float64) error {
	if text == "" || len(text) > maxQR {
		return fault.New(fault.TooLarge, opBarcode, "QR", nil)
	}
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		code, err = qr.Encode(text, qr.M, qr.Unicode)
	}
	if err != nil {
		return fault.New(fault.Invalid, opBarcode, "QR", err)
	}
	modules := code.Bounds().Dx()
	unit := side / float64(modules+2*quietQR)
	// In modules from the first one, so that the numbers are short. Rows
	// overlap by a hair, or viewers show seams.
	p.op("q 0 g %s 0 0 -%s %s %s cm", number(unit), number(unit), number(at.X+quietQR*unit), p.up(at.Y+quietQR*unit))
	for row := range modules {
		for _, run := range darkRuns(code, row) {
			p.op("%d %d %d 1.02 re", run.from, row, run.length)
		}
	}
	p.op("f Q")
	return nil
}

// Code128 draws a Code 128 bar code as vectors, quiet zones inside the box.
func (p *Page) Code128(text string, b Box) error {
	code, err := code128.Encode(text)
	if err != nil {
		return fault.New(fault.Invalid, opBarcode, "Code 128", err)
	}
	unit := b.Width / float64(code.Bounds().Dx()+2*quietCode128)
	var boxes []Box
	for _, run := range darkRuns(code, 0) {
		boxes = append(boxes, Box{
			X: b.X + float64(quietCode128+run.from)*unit, Y: b.Y,
			Width: float64(run.length) * unit, Height: b.Height,
		})
	}
	p.Fill(Color{}, boxes...)
	return nil
}

type darkRun struct{ from, length int }

// darkRuns joins neighboring dark modules of a row, so that no hair line shows
// between them.
func darkRuns(code barcode.Barcode, row int) []darkRun {
	var runs []darkRun
	for x := range code.Bounds().Dx() {
		if r, _, _, _ := code.At(x, row).RGBA(); r != 0 {
			continue
		}
		if n := len(runs); n > 0 && runs[n-1].from+runs[n-1].length == x {
			runs[n-1].length++
			continue
		}
		runs = append(runs, darkRun{x, 1})
	}
	return runs
}
