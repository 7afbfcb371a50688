package sms

import (
	"encoding/json"
	"regexp"
	"strconv"
	"time"

	"jaliya/internal/fault"
)

// MaxAnswer caps an answer of the contract, in bytes.
const MaxAnswer = 16 << 10

// State is where a message stands.
type State string

// The states of a message.
const (
	Queued    State = "queued"    // the carrier has it
	Sent      State = "sent"      // it left for the telephone
	Delivered State = "delivered" // the telephone has it; final
	Failed    State = "failed"    // Reason says why; final
)

// Report is what the carrier says of a message. It holds no personal data.
type Report struct {
	ID     string    `json:"message"`
	State  State     `json:"state"`
	Reason string    `json:"reason,omitempty"`
	Time   time.Time `json:"time"`
}

var (
	messageID  = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	reasonForm = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
)

const opDecode = "sms: decode report"

// DecodeReport reads the carrier's answer about a message. fault.Corrupt when
// it is none, fault.Unsupported for a state that this program does not know.
func DecodeReport(raw []byte) (Report, error) {
	corrupt := func(field string) (Report, error) { return Report{}, fault.New(fault.Corrupt, opDecode, field, nil) }
	if len(raw) > MaxAnswer {
		return Report{}, fault.New(fault.TooLarge, opDecode, strconv.Itoa(len(raw))+" bytes", nil)
	}
	var r Report
	if json.Unmarshal(raw, &r) != nil {
		return corrupt("json") // the decoder's own words may quote the answer
	}
	switch {
	case !messageID.MatchString(r.ID):
		return corrupt("message")
	case r.Time.IsZero():
		return corrupt("time")
	case r.Reason != "" && !reasonForm.MatchString(r.Reason):
		return corrupt("reason")
	}
	switch r.State {
	case Failed:
		if r.Reason == "" {
			return corrupt("reason")
		}
	case Queued, Sent, Delivered:
	default:
		return Report{}, fault.New(fault.Unsupported, opDecode, "state", nil)
	}
	return r, nil
}
