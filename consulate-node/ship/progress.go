package ship

import "time"

// Progress is how far something that comes from the hub is.
type Progress struct {
	Back uint64 `json:"back"`
	Of   uint64 `json:"of"`
	// Left is about how long the rest takes at the speed measured so far, in
	// seconds; 0 while nothing was measured.
	Left int64 `json:"left_seconds"`
}

// progress measures. The zero value is nothing under way.
type progress struct {
	back, of uint64
	begun    time.Time // of the stretch that is measured
	before   uint64    // what was back when it began
}

// begin measures anew: another session has another speed.
func (p *progress) begin(now time.Time, back, of uint64) {
	*p = progress{back: back, of: of, begun: now, before: back}
}

// told gives what a screen shows, nil when nothing is under way.
func (p *progress) told(now time.Time) *Progress {
	if p.back >= p.of {
		return nil
	}
	out := &Progress{Back: p.back, Of: p.of}
	took := now.Sub(p.begun)
	if came := p.back - p.before; came > 0 && took > 0 {
		left := took.Seconds() / float64(came) * float64(p.of-p.back)
		out.Left = max(1, int64(left+0.5))
	}
	return out
}
