package specimen

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
)

// Qualities of JPEG.
const (
	photoQuality = 85
	lightQuality = 60
)

// encodeJPEG and encodePNG write into memory, which fails for no picture that
// is drawn here; a failure is a fault of the program.
func encodeJPEG(img image.Image, quality int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		panic("specimen: encode picture: " + err.Error())
	}
	return b.Bytes()
}

func encodePNG(img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic("specimen: encode picture: " + err.Error())
	}
	return b.Bytes()
}

// ground paints a background that darkens downward.
func (c *canvas) ground(top, low color.NRGBA) {
	b := c.img.Rect
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row := mix(top, low, float64(y)/float64(b.Dy()))
		for x := b.Min.X; x < b.Max.X; x++ {
			c.img.SetRGBA(x, y, color.RGBA{R: row.R, G: row.G, B: row.B, A: 255})
		}
	}
}

// grain adds the noise of a sensor, up to so many steps either way, the same to
// the three colors.
func (c *canvas) grain(r *rand.Rand, steps int) {
	pix := c.img.Pix
	var bits uint64
	for i := 0; i < len(pix); i += 4 {
		if i%32 == 0 {
			bits = r.Uint64()
		}
		// The sum of two draws: small steps are more frequent.
		step := (int(bits&15) + int(bits>>4&15) - 15) * steps / 15
		bits >>= 8
		for j := i; j < i+3; j++ {
			pix[j] = uint8(min(max(int(pix[j])+step, 0), 255))
		}
	}
}

// specimenWord stands on every picture.
const specimenWord = "SPECIMEN"

// wordPlace says where a word stands: its middle, the size of a dot, the paint.
type wordPlace struct {
	at    point
	dot   float64
	paint color.NRGBA
}

// letters are the capitals that the word needs, five dots wide and seven tall,
// a row to a byte with the left dot highest.
func letters() map[rune][7]byte {
	return map[rune][7]byte{
		'S': {0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110},
		'P': {0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000},
		'E': {0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111},
		'C': {0b01110, 0b10001, 0b10000, 0b10000, 0b10000, 0b10001, 0b01110},
		'I': {0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110},
		'M': {0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001},
		'N': {0b10001, 0b11001, 0b10101, 0b10011, 0b10001, 0b10001, 0b10001},
	}
}

// word paints a word in dots.
func (c *canvas) word(text string, w wordPlace) {
	shapes := letters()
	x := w.at.x - float64(len(text)*6-1)*w.dot/2
	y := w.at.y - 3.5*w.dot
	for _, r := range text {
		for row, bits := range shapes[r] {
			for col := range 5 {
				if bits>>(4-col)&1 == 1 {
					at := point{x + float64(col)*w.dot, y + float64(row)*w.dot}
					c.fill(w.paint, outline{at, at.plus(w.dot, 0), at.plus(w.dot, w.dot), at.plus(0, w.dot)})
				}
			}
		}
		x += 6 * w.dot
	}
}
