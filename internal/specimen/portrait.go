package specimen

import (
	"image"
	"image/color"
	"math/rand/v2"

	"jaliya/internal/consular"
)

// The portrait is drawn on 700 x 900 units, which is 35 x 45 mm.
const (
	portraitUnits  = 700
	portraitHeight = 900
	middle         = portraitUnits / 2
)

// Sizes of a portrait in pixels: 610 dots to the inch, and 300, which is the
// least that a desk takes.
var (
	portraitFull  = image.Pt(840, 1080)
	portraitLight = image.Pt(413, 531)
)

// face is what makes a face this one. Lengths are units of the portrait.
type face struct {
	*rand.Rand
	sex  consular.Sex
	age  int
	skin color.NRGBA
	hair color.NRGBA
	eyes color.NRGBA

	crown, chin float64 // heights
	eye         float64 // height of the eyes
	half        float64 // half the width at the cheekbones
	jaw         float64 // how square, 0.4 to 0.7
	apart       float64 // from the middle to an eye
	scarf       bool
	scarfColor  color.NRGBA
	style       int // of the hair
	beard       int // one of the beard constants
	glasses     bool
}

// Portrait draws a face as JPEG, 840 x 1080 pixels, 35:45: frontal, on light
// gray, calm, with the word SPECIMEN at the lower edge. The same seed, sex and
// age give the same face; one seed at another age gives the same person older.
func Portrait(seed uint64, sex consular.Sex, age int) []byte {
	return encodeJPEG(drawPortrait(seed, sex, age, portraitFull), photoQuality)
}

func drawPortrait(seed uint64, sex consular.Sex, age int, size image.Point) *image.RGBA {
	f := newFace(seed, sex, age)
	c := newCanvas(size.X, size.Y, portraitUnits)
	c.ground(rgb(0xe6e9eb), rgb(0xd3d8dc))
	f.drawBehind(c)
	f.drawBody(c)
	f.drawHead(c)
	f.drawFeatures(c)
	f.drawBeard(c)
	f.drawHair(c)
	f.drawGlasses(c)
	c.fill(faint(rgb(0x20262c), 0.45), outline{{middle - 74, 856}, {middle + 74, 856}, {middle + 74, 888}, {middle - 74, 888}})
	c.word(specimenWord, wordPlace{at: point{middle, 872}, dot: 2.6, paint: faint(rgb(0xffffff), 0.85)})
	c.grain(generator(seed, streamGrain), 6)
	return c.img
}

// Streams of chance: what is drawn with one does not move when another draws
// more.
const (
	streamFace uint64 = iota + 1
	streamGrain
	streamPrint
	streamSignature
	streamScan
	streamHands
)

func newFace(seed uint64, sex consular.Sex, age int) *face {
	r := generator(seed, streamFace)
	f := &face{Rand: r, sex: sex, age: age}
	f.skin = mix(pick(r, skins()), pick(r, skins()), r.Float64()*0.5)
	f.hair = pick(r, hairs())
	f.eyes = pick(r, []color.NRGBA{rgb(0x3a2414), rgb(0x4a2f1b), rgb(0x5b3d22), rgb(0x2b1b12), rgb(0x6b5230), rgb(0x5d6144)})
	f.chin, f.crown = 690+r.Float64()*24, 128
	f.half = 188 + r.Float64()*26
	f.jaw = 0.42 + r.Float64()*0.1
	if sex == consular.Male {
		f.jaw += 0.12
	}
	f.eye, f.apart = 432+r.Float64()*10, 84+r.Float64()*10
	f.scarfColor = pick(r, scarfs())
	f.style = r.IntN(6)
	if f.style == 5 && sex == consular.Female && age > 12 {
		f.style = 4 // a bun, where a child has bunches
	}
	scarf, glasses, beard := r.IntN(100), r.IntN(100), r.IntN(beards)
	f.scarf = sex == consular.Female && (age >= 14 && scarf < 38 || age >= 55 && scarf < 75)
	f.glasses = age >= 10 && glasses < 12 || age >= 50 && glasses < 30
	if sex == consular.Male && age >= 19 {
		f.beard = beard
	}
	f.grow(r.Float64())
	return f
}

// grow fits the face to the age: small children have a round head, low eyes and
// a short chin; hair turns gray from forty on.
func (f *face) grow(pace float64) {
	if young := max(0, 1-float64(f.age)/15); young > 0 {
		f.chin -= 46 * young
		f.half += 10 * young
		f.jaw += 0.16 * young
		f.eye += 30 * young
		f.crown += 6 * young
	}
	if gray := min(1, max(0, float64(f.age)-38-14*pace)/26); gray > 0 {
		f.hair = mix(f.hair, rgb(0xc9c7c4), gray)
	}
}

// young is from 1 for a newborn to 0 at fifteen.
func (f *face) young() float64 { return max(0, 1-float64(f.age)/15) }

func (f *face) shade(share float64) color.NRGBA { return mix(f.skin, rgb(0x6a3420), share) }

func skins() []color.NRGBA {
	return []color.NRGBA{
		rgb(0xf1cfb4), rgb(0xebc3a2), rgb(0xe0b18c), rgb(0xd6a47d), rgb(0xc9946c), rgb(0xb5805a), rgb(0x9a6a48), rgb(0x7a5239),
	}
}

func hairs() []color.NRGBA {
	return []color.NRGBA{
		rgb(0x17120f), rgb(0x1f1713), rgb(0x2a1d16), rgb(0x3a271b), rgb(0x4b3222), rgb(0x5f4029),
	}
}

func scarfs() []color.NRGBA {
	return []color.NRGBA{
		rgb(0x3d5a73), rgb(0x7b4b5a), rgb(0x4f6b57), rgb(0x8a7560), rgb(0x5a4f78), rgb(0x2f3b46), rgb(0xb08d7c), rgb(0x9a5f52),
		rgb(0x6d8799), rgb(0xcdb9a2),
	}
}

func cloths() []color.NRGBA {
	return []color.NRGBA{
		rgb(0x2f3e4e), rgb(0x51606b), rgb(0x6b4a44), rgb(0x3f5547), rgb(0x4a4463), rgb(0x7c6a58), rgb(0x8a4f4a), rgb(0x38506e),
		rgb(0x9aa5a8), rgb(0x262b31),
	}
}
