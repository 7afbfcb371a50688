package wire

import (
	"time"

	"jaliya/internal/fault"
)

// FeatureReport is the feature level from which a hub takes reports: a node
// sends none to a hub that stands lower.
const FeatureReport = 4

// Mirror says how a post's second disk stands.
type Mirror uint8

// The states of a mirror.
const (
	MirrorNone   Mirror = 0 // no second disk is configured
	MirrorGood   Mirror = 1
	MirrorFailed Mirror = 2 // one disk is left: people mend it
)

var mirrorNames = [...]string{"none", "good", "failed"}

// String gives the state in words.
func (m Mirror) String() string {
	if int(m) < len(mirrorNames) {
		return mirrorNames[m]
	}
	return "unknown"
}

// Report is what a node says of itself while it is connected: how much waits
// there, and how the machine stands. It is for people who watch, decides
// nothing, and holds nothing of a person.
type Report struct {
	Time       int64  `cbor:"1,keyasint"` // node's own clock
	Software   string `cbor:"2,keyasint"`
	Started    int64  `cbor:"3,keyasint"`            // process start, node's clock
	Transport  string `cbor:"4,keyasint"`            // "quic", "tcp" or "file"
	Entries    uint64 `cbor:"5,keyasint,omitempty"`  // without a receipt
	Bytes      uint64 `cbor:"6,keyasint,omitempty"`  // of those entries
	Oldest     int64  `cbor:"7,keyasint,omitempty"`  // when the oldest of them was made, node's clock
	Images     uint64 `cbor:"8,keyasint,omitempty"`  // bundles that the hub does not have
	ImageBytes uint64 `cbor:"9,keyasint,omitempty"`  // of those bundles
	Drafts     uint64 `cbor:"10,keyasint,omitempty"` // visits not released
	Free       uint64 `cbor:"11,keyasint,omitempty"` // bytes of the file system that the node may write
	Total      uint64 `cbor:"12,keyasint,omitempty"` // 0: not known
	Used       uint64 `cbor:"13,keyasint,omitempty"` // by the journal
	Mirror     Mirror `cbor:"14,keyasint,omitempty"`
	Working    int64  `cbor:"15,keyasint,omitempty"` // end of the working certificate
	Device     int64  `cbor:"16,keyasint,omitempty"` // end of the device certificate
	Alone      uint16 `cbor:"17,keyasint,omitempty"` // days that the post may still work without the hub
}

// The caps of a report: what no honest node exceeds.
const (
	maxSoftware    = 64
	maxReportCount = 1 << 32
	maxReportBytes = 1 << 56
	maxReportTime  = 1 << 48 // milliseconds: the year 10889
	maxAloneDays   = 366
)

// Validate names the field of a report that no honest node sends.
func (r Report) Validate() error {
	const op = "wire: validate report"
	field := ""
	switch {
	case len(r.Software) == 0 || len(r.Software) > maxSoftware || !printable(r.Software):
		field = "software"
	case r.Transport != "quic" && r.Transport != "tcp" && r.Transport != "file":
		field = "transport"
	case max(r.Entries, r.Images, r.Drafts) > maxReportCount:
		field = "counts"
	case max(r.Bytes, r.ImageBytes, r.Total, r.Used) > maxReportBytes || r.Free > r.Total:
		field = "bytes"
	case r.Mirror > MirrorFailed:
		field = "mirror"
	case r.Alone > maxAloneDays:
		field = "alone"
	case !r.timesHold():
		field = "time"
	}
	if field != "" {
		return fault.New(fault.Invalid, op, field, nil)
	}
	return nil
}

// timesHold wants times that are times, and a past that is not the future of
// the same clock.
func (r Report) timesHold() bool {
	for _, at := range []int64{r.Time, r.Started, r.Oldest, r.Working, r.Device} {
		if at < 0 || at > maxReportTime {
			return false
		}
	}
	return r.Time > 0 && (r.Oldest == 0) == (r.Entries == 0)
}

func printable(s string) bool {
	for _, c := range []byte(s) {
		if c < 0x21 || c > 0x7e {
			return false
		}
	}
	return true
}

// When a report is sent.
const (
	// ReportEvery is the pause between two reports of a session.
	ReportEvery = 15 * time.Second
	// ReportSoon is the pause before one that says something very different.
	ReportSoon = 3 * time.Second
)

// Differs tells whether a report is worth sending before its time: the second
// disk failed or came back, work began to wait, doubled or went, or a twentieth
// of the disk was taken.
func (r Report) Differs(before Report) bool {
	apart := r.Free - before.Free
	if before.Free > r.Free {
		apart = before.Free - r.Free
	}
	return r.Mirror != before.Mirror || (r.Entries == 0) != (before.Entries == 0) ||
		r.Entries > 2*before.Entries+10 || r.Images > 2*before.Images+10 || apart > r.Total/20
}
