package web

import (
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"

	"jaliya/internal/fault"
)

// quietQR is the quiet zone of ISO/IEC 18004, in modules.
const quietQR = 4

// QR is a QR code as one SVG path, in modules.
type QR struct {
	Side int    // with the quiet zone
	Path string // of the dark modules
}

// NewQR draws a text of at most 500 bytes, with error correction M.
func NewQR(text string) (QR, error) {
	const op = "web: draw QR"
	if text == "" || len(text) > 500 {
		return QR{}, fault.New(fault.TooLarge, op, "", nil)
	}
	code, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		return QR{}, fault.New(fault.Invalid, op, "", err)
	}
	side := code.Bounds().Dx()
	var b strings.Builder
	for y := range side {
		for x := range side {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				b.WriteString("M" + strconv.Itoa(x+quietQR) + " " + strconv.Itoa(y+quietQR) + "h1v1h-1z")
			}
		}
	}
	return QR{Side: side + 2*quietQR, Path: b.String()}, nil
}
