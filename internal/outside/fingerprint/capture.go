package fingerprint

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"math/rand/v2"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/specimen"
)

// answer is a capture as the contract shows it.
type answer struct {
	ID       string   `json:"id"`
	Revision int      `json:"revision"`
	State    string   `json:"state"`
	Advice   string   `json:"advice,omitempty"`
	Failure  string   `json:"failure,omitempty"`
	Fingers  []finger `json:"fingers"`
}

type finger struct {
	Position uint8    `json:"position"`
	State    string   `json:"state"`
	Missing  string   `json:"missing,omitempty"`
	Quality  *int     `json:"quality,omitempty"`
	Advice   string   `json:"advice,omitempty"`
	Like     uint8    `json:"like,omitempty"`
	Image    *picture `json:"image,omitempty"`

	wanted int // score that was asked for
}

type picture struct {
	MediaType  string `json:"media_type"`
	Size       int    `json:"size"`
	SHA256     string `json:"sha256"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Resolution int    `json:"resolution"`
}

// capture is one laying down of fingers.
type capture struct {
	answer

	timeout time.Duration
	images  map[uint8][]byte
	ended   time.Time
	cancel  context.CancelFunc
	moved   chan struct{} // closed when the revision rises
}

// States of a capture, and of a finger.
const (
	waiting  = "waiting"
	taking   = "taking"
	done     = "done"
	failed   = "failed"
	canceled = "canceled"

	taken    = "taken"
	missing  = "missing"
	repeated = "repeated"
)

// keep is how long images are held for a page that does not fetch them.
const keep = 2 * time.Minute

// move changes a capture and tells those who wait for it. The lock is held.
func (s *Simulator) move(c *capture, change func()) {
	change()
	c.Revision++
	close(c.moved)
	c.moved = make(chan struct{})
	if c.State != waiting && c.State != taking {
		c.ended, c.Advice = time.Now(), ""
		if s.active == c {
			s.active = nil
		}
		s.cfg.Logger.Info("capture ended", slog.String("state", c.State), slog.String("failure", c.Failure))
	}
}

// run is what happens at the reader, from the first word to the last image.
func (s *Simulator) run(ctx context.Context, c *capture) {
	step := func(d time.Duration) bool {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return true
		case <-ctx.Done():
			return false
		}
	}
	end := func(state, failure string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if c.ended.IsZero() {
			s.move(c, func() { c.State, c.Failure = state, failure })
		}
	}
	if _, never := s.faults.Fires(Timeout, "capture"); never {
		if step(c.timeout) {
			end(failed, "timeout")
			return
		}
	}
	if !step(s.cfg.Pace) {
		end(canceled, "")
		return
	}
	s.mu.Lock()
	if c.ended.IsZero() {
		s.move(c, func() { c.State, c.Advice = taking, "hold" })
	}
	s.mu.Unlock()
	if !step(s.cfg.Pace) {
		end(canceled, "")
		return
	}
	if _, yes := s.faults.Fires(Unplugged, "capture"); yes {
		end(failed, "unplugged")
		return
	}
	if _, yes := s.faults.Fires(Lifted, "capture"); yes {
		end(failed, "lifted")
		return
	}
	if err := s.take(c); err != nil {
		s.cfg.Logger.Error("capture", slog.Any("err", err))
		end(failed, "reader")
	}
}

// take fills in the fingers.
func (s *Simulator) take(c *capture) error {
	_, poor := s.faults.Fires(Poor, "capture")
	_, same := s.faults.Fires(Same, "capture")
	s.mu.Lock()
	defer s.mu.Unlock()
	if !c.ended.IsZero() {
		return nil // canceled while the last finger was read
	}
	for i := range c.Fingers {
		f := &c.Fingers[i]
		if f.State == missing {
			continue
		}
		if same && s.last != 0 && s.last != f.Position {
			f.State, f.Like = repeated, s.last
			same = false
			continue
		}
		raw, err := s.print(f.Position, poor)
		if err != nil {
			return err
		}
		s.tries[f.Position]++
		score := s.score(f.Position, poor)
		f.State, f.Quality, s.last = taken, &score, f.Position
		switch {
		case poor:
			f.Advice = "dry"
		case score < f.wanted:
			f.Advice = "press"
		}
		if f.Image, err = describe(raw); err != nil {
			return err
		}
		c.images[f.Position] = raw
	}
	s.move(c, func() { c.State = done })
	return nil
}

// print draws a finger of the person at the counter, once.
func (s *Simulator) print(position uint8, poor bool) ([]byte, error) {
	if s.prints[position] == nil {
		s.prints[position] = specimen.Fingerprint(s.person, consular.Finger(position))
	}
	if !poor {
		return s.prints[position], nil
	}
	return faint(s.prints[position])
}

// score is high for most fingers, and another one at each try.
func (s *Simulator) score(position uint8, poor bool) int {
	n := uint64(position)<<32 + uint64(s.tries[position])                 //nolint:gosec // counts tries
	r := rand.New(rand.NewPCG(s.cfg.Seed^s.person*0x9e3779b97f4a7c15, n)) //nolint:gosec // chance of a simulator, repeatable by its seed
	if poor {
		return 5 + r.IntN(14)
	}
	return 48 + r.IntN(44)
}

// faint is a print of a dry finger: a third of the ink.
func faint(raw []byte) ([]byte, error) {
	const op = "outside/fingerprint: fade"
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fault.New(fault.Corrupt, op, "", err)
	}
	out := image.NewGray(img.Bounds())
	for y := out.Rect.Min.Y; y < out.Rect.Max.Y; y++ {
		for x := out.Rect.Min.X; x < out.Rect.Max.X; x++ {
			g := color.GrayModel.Convert(img.At(x, y)).(color.Gray) //nolint:forcetypeassert // what this model gives
			out.SetGray(x, y, color.Gray{Y: 255 - (255-g.Y)/3})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, out); err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	return b.Bytes(), nil
}

func describe(raw []byte) (*picture, error) {
	config, err := png.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return nil, fault.New(fault.Corrupt, "outside/fingerprint: describe", "", err)
	}
	sum := sha256.Sum256(raw)
	return &picture{
		MediaType: mediaPNG, Size: len(raw), SHA256: hex.EncodeToString(sum[:]),
		Width: config.Width, Height: config.Height, Resolution: resolution,
	}, nil
}
