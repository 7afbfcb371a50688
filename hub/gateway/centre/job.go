package centre

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strconv"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// Caps of the contract, in bytes.
const (
	MaxRequest  = 12 << 20 // a job with its sealed packet
	MaxResponse = 64 << 10 // any answer about one job or the site
	maxSpoilt   = 64       // cards of one job that can be told as spoilt
)

// JobState is where a job stands at its site.
type JobState string

// The states of a job. Each comment says who acts next.
const (
	JobAccepted     JobState = "accepted"      // the site: in its queue
	JobRefused      JobState = "refused"       // the hub: Refusal says why; final
	JobInProduction JobState = "in-production" // the site: a card is being made
	JobProduced     JobState = "produced"      // the site: read back, waits for packing
	JobPacked       JobState = "packed"        // the ministry's pouch desk has the card; final
	JobCanceled     JobState = "canceled"      // nobody; final
)

// Refusal is why a site refused a job.
type Refusal string

// The refusals. The first three say something about the site, not about the
// packet.
const (
	RefusalCapacity    Refusal = "capacity"
	RefusalProduct     Refusal = "product"     // not made at this site
	RefusalDestination Refusal = "destination" // no pouch from this site
	RefusalUnreadable  Refusal = "packet-unreadable"
	RefusalIncomplete  Refusal = "packet-incomplete"
	RefusalImages      Refusal = "images-missing"
	RefusalPortrait    Refusal = "portrait-quality"
	RefusalFingerprint Refusal = "fingerprint-quality"
	RefusalSignature   Refusal = "signature-quality"
	RefusalFormat      Refusal = "format-unsupported"
)

// reason translates a refusal for the case; what is the site's own affair, or
// unknown here, is no reason that concerns the person.
func (r Refusal) reason() consular.RefusalReason {
	switch r {
	case RefusalUnreadable:
		return consular.RefusedContentUnreadable
	case RefusalIncomplete:
		return consular.RefusedFileIncomplete
	case RefusalImages:
		return consular.RefusedImagesMissing
	case RefusalPortrait:
		return consular.RefusedPortraitQuality
	case RefusalFingerprint:
		return consular.RefusedFingerprintQuality
	case RefusalSignature:
		return consular.RefusedSignatureQuality
	case RefusalFormat:
		return consular.RefusedFormatUnsupported
	case RefusalCapacity, RefusalProduct, RefusalDestination:
		return 0
	}
	return 0
}

// Job is what a site answers about a job. It holds no personal data.
type Job struct {
	ID      string   `json:"job"`
	Packet  string   `json:"packet"`
	State   JobState `json:"state"`
	Refusal Refusal  `json:"refusal,omitempty"`
	Spoilt  []Spoilt `json:"spoilt,omitempty"` // in the order in which they happened
	Card    *Card    `json:"card,omitempty"`   // from produced on
}

// Spoilt is a card that was made and destroyed.
type Spoilt struct {
	Attempt int    `json:"attempt"` // from 1
	Serial  string `json:"serial"`
}

// Card is a card that passed its check.
type Card struct {
	Serial      string   `json:"serial"`
	Attempt     int      `json:"attempt"`
	Certificate string   `json:"chip_certificate"` // SHA-256 of the chip's certificates, hex
	PINLetter   string   `json:"pin_letter"`
	ReadBack    ReadBack `json:"read_back"`
}

// ReadBack is what the site read from the finished card.
type ReadBack struct {
	MRZ  string `json:"mrz"`  // SHA-256 of the 90 characters of the zone, hex
	Chip bool   `json:"chip"` // the chip answered and its certificates hold
}

// Capacity is what a site says of itself.
type Capacity struct {
	Site        string    `json:"site"`
	Number      uint8     `json:"number"`
	Open        bool      `json:"open"`
	ClosedUntil time.Time `json:"closed_until,omitzero"`
	PerDay      int       `json:"per_day"`
	Queue       int       `json:"queue"`
	MaxQueue    int       `json:"max_queue,omitempty"`
}

// SerialDigest is the digest of a card's serial, as ledger and workflow hold it.
func SerialDigest(serial string) workflow.Digest { return sha256.Sum256([]byte(serial)) }

const opDecode = "centre: decode answer"

var (
	jobID     = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	serial    = regexp.MustCompile(`^[A-Z0-9]{6,12}$`)
	pinLetter = regexp.MustCompile(`^[A-Z0-9-]{1,32}$`)
)

// DecodeJob reads a site's answer about a job. fault.Corrupt when it is no
// such answer, fault.Unsupported for a state that this program does not know.
func DecodeJob(raw []byte) (Job, error) {
	var j Job
	if err := decode(raw, &j); err != nil {
		return Job{}, err
	}
	if !jobID.MatchString(j.ID) {
		return Job{}, corrupt("job")
	}
	if len(j.Spoilt) > maxSpoilt {
		return Job{}, corrupt("spoilt")
	}
	for _, s := range j.Spoilt {
		if !serial.MatchString(s.Serial) {
			return Job{}, corrupt("spoilt.serial")
		}
	}
	return j, j.check()
}

// check compares the state with what has to come with it.
func (j Job) check() error {
	switch j.State {
	case JobRefused:
		if len(j.Refusal) > 64 || j.Refusal == "" {
			return corrupt("refusal")
		}
	case JobProduced, JobPacked:
		if j.Card == nil {
			return corrupt("card")
		}
		return j.Card.check()
	case JobAccepted, JobInProduction, JobCanceled:
	default:
		return fault.New(fault.Unsupported, opDecode, "state", nil)
	}
	return nil
}

// check refuses a card that was not read back: it must not be called produced.
func (c Card) check() error {
	switch {
	case !serial.MatchString(c.Serial):
		return corrupt("card.serial")
	case !digest(c.Certificate):
		return corrupt("card.chip_certificate")
	case !pinLetter.MatchString(c.PINLetter):
		return corrupt("card.pin_letter")
	case !digest(c.ReadBack.MRZ) || !c.ReadBack.Chip:
		return corrupt("card.read_back")
	}
	return nil
}

func digest(text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == sha256.Size
}

// DecodeCapacity reads a site's answer about itself; fault.Corrupt when it is
// none.
func DecodeCapacity(raw []byte) (Capacity, error) {
	var c Capacity
	if err := decode(raw, &c); err != nil {
		return Capacity{}, err
	}
	if c.Number == 0 || c.PerDay < 0 || c.Queue < 0 || c.MaxQueue < 0 || c.PerDay > maxCards || c.Queue > maxCards {
		return Capacity{}, corrupt("capacity")
	}
	return c, nil
}

const maxCards = 100_000_000

// codeTooLate is the problem that the card has left the site.
const codeTooLate = "too-late"

func decode(raw []byte, into any) error {
	if len(raw) > MaxResponse {
		return fault.New(fault.TooLarge, opDecode, strconv.Itoa(len(raw))+" bytes", nil)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		// The decoder's own words may quote the answer.
		return corrupt("json")
	}
	return nil
}

func corrupt(field string) error { return fault.New(fault.Corrupt, opDecode, field, nil) }
