package specimen

import (
	"image"
	"math"

	"jaliya/internal/consular"
)

// Sizes of the photograph of the hands in pixels.
var (
	handsFull  = image.Pt(900, 600)
	handsLight = image.Pt(300, 200)
)

const handsUnits = 900

// drawHands paints both hands, the palms down, as the desk photographs them
// where a finger could not be taken: a bandage, a missing tip, a scar.
func drawHands(seed uint64, reports []consular.FingerReport, size image.Point) *image.RGBA {
	r := generator(seed, streamFace)
	skin := mix(pick(r, skins()), pick(r, skins()), r.Float64()*0.5) // as in the portrait
	c := newCanvas(size.X, size.Y, handsUnits)
	c.ground(rgb(0xe6e9eb), rgb(0xd3d8dc))
	why := make(map[consular.Finger]consular.FingerException)
	for _, one := range reports {
		why[one.Finger] = one.Exception
	}
	dark := mix(skin, rgb(0x6a3420), 0.25)
	for i, hand := range [][]consular.Finger{consular.Fingers()[5:], consular.Fingers()[:5]} {
		mid, out := 215.0, -1.0 // the left hand lies left, its thumb toward the middle
		if i == 1 {
			mid, out = 685, 1
		}
		for j, finger := range hand {
			lean := out * []float64{-0.75, -0.16, -0.04, 0.10, 0.26}[j]
			long := []float64{150, 214, 240, 218, 170}[j]
			from := point{mid + out*[]float64{-78, -72, -24, 26, 74}[j], []float64{440, 370, 350, 358, 392}[j]}
			if why[finger] == consular.Amputated {
				long *= 0.5
			}
			to := from.plus(long*math.Sin(lean), -long*math.Cos(lean))
			c.stroke(dark, outline{from, to}, even(54))
			c.stroke(skin, outline{from, to.plus(0, 2)}, even(48))
			switch why[finger] {
			case consular.Bandaged:
				c.stroke(rgb(0xf7f5ee), outline{from.toward(to, 0.5), to}, even(60))
			case consular.Damaged:
				c.stroke(rgb(0x9c4a3c), outline{from.toward(to, 0.8).plus(-12, 6), from.toward(to, 0.95).plus(10, -4)}, taper(7))
			case consular.Amputated:
			default:
				c.fill(mix(skin, rgb(0xffffff), 0.4), ellipse(from.toward(to, 0.98), 13, 15))
			}
		}
		c.fill(skin, ellipse(point{mid, 420}, 118, 130), outline{{mid - 70, 480}, {mid + 70, 480}, {mid + 62, 640}, {mid - 62, 640}})
	}
	c.word(specimenWord, wordPlace{at: point{handsUnits / 2, 580}, dot: 3, paint: rgb(0x70757a)})
	c.grain(generator(seed, streamHands), 6)
	return c.img
}
