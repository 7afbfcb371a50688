package journal

import (
	"errors"
	"path/filepath"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Standing is what a self-test says of a journal; it holds nothing of a person.
type Standing struct {
	Identity    Identity  `json:"-"`
	Incarnation uint64    `json:"incarnation"`
	Head        uint64    `json:"head"`             // sequence of the newest entry
	Receipted   uint64    `json:"receipted"`        // last one under a receipt
	Oldest      time.Time `json:"oldest,omitzero"`  // when the first entry without a receipt was made
	Receipt     time.Time `json:"receipt,omitzero"` // hub time of the newest receipt
	First       uint64    `json:"first"`            // incarnation that it began with
	Chapters    int       `json:"incarnations"`
	Why         string    `json:"why"`               // of the newest incarnation
	Opened      time.Time `json:"opened,omitzero"`   // when it was opened, unless it is the first
	Suspect     string    `json:"suspect,omitempty"` // why the next start rewrites the file
}

// Unsecured counts the entries at level L1.
func (s Standing) Unsecured() uint64 { return s.Head - min(s.Head, s.Receipted) }

// StandingOf reads where the journal in a store stands.
func StandingOf(r kv.Reader) (Standing, error) {
	st, err := checkHead(r)
	if err != nil {
		return Standing{}, err
	}
	s := Standing{Incarnation: st.Head.Incarnation, Head: st.Head.Seq, Receipted: st.Receipted}
	if s.Identity, err = readIdentity(r); err != nil {
		return s, err
	}
	list, err := readChapters(r)
	if err != nil {
		return s, err
	}
	last := list[len(list)-1]
	s.First, s.Chapters, s.Why = list[0].Incarnation, len(list), last.Why.String()
	if last.At > 0 {
		s.Opened = time.UnixMilli(last.At)
	}
	if s.Receipted > 0 {
		if s.Receipt, err = receiptTime(r, s.Incarnation, s.Receipted); err != nil {
			return s, err
		}
	}
	if s.Unsecured() == 0 {
		return s, nil
	}
	at, err := positionAt(r, st.Head.Node, s.Incarnation, s.Receipted)
	if err != nil {
		return s, err
	}
	entries, err := ReadAfter(r, at, 1)
	if err != nil || len(entries) == 0 {
		return s, err
	}
	h, err := wire.DecodeHeader(entries[0].Header)
	s.Oldest = time.UnixMilli(h.Time)
	return s, err
}

func receiptTime(r kv.Reader, incarnation, seq uint64) (time.Time, error) {
	signed, err := receiptFor(r, incarnation, seq)
	if err != nil {
		return time.Time{}, err
	}
	var receipt wire.Receipt // its signature was verified before it was stored
	if err := wire.Unmarshal(signed.Raw, wire.MaxReceipt, &receipt); err != nil {
		return time.Time{}, fault.New(fault.Corrupt, "journal: read receipt", "", err)
	}
	return time.UnixMilli(receipt.Time), nil
}

// Standing reads where an open journal stands.
func (j *Journal) Standing() (Standing, error) { return view(j, StandingOf) }

// Latched says why the journal takes nothing any more, nil while it does.
func (j *Journal) Latched() error { return j.usable("journal: look") }

// Look reads where the journal of a stopped node stands, without a change: a
// shared lock, no rewrite, no creation. It answers fault.Unavailable while
// another process writes it and fault.NotFound when there is none.
func Look(dir string) (s Standing, err error) {
	path := filepath.Join(dir, fileName)
	store, err := kv.Open(path, kv.Options{ReadOnly: true, LockTimeout: time.Second})
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	err = store.View(func(r kv.Reader) (err error) {
		s, err = StandingOf(r)
		return err
	})
	if reason, suspect := kv.Suspect(path); suspect {
		s.Suspect = reason
	}
	return s, err
}
