package centre

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/mrz"
	"jaliya/internal/seal"
)

// request is the body of PUT /v1/jobs/{job}, as the contract has it.
type request struct {
	Product     string `json:"product"`
	Priority    string `json:"priority"`
	Destination string `json:"destination"`
	Packet      string `json:"packet"`
	Card        []byte `json:"card"`
	Images      []byte `json:"images"`
}

// content is what the envelope holds: the fields that a card's zone is made of.
type content struct {
	Version int    `json:"version"`
	Job     string `json:"job"`
	Packet  string `json:"packet"`
	Product string `json:"product"`
	Person  struct {
		Family         consular.Name           `json:"family_name"`
		Given          consular.Name           `json:"given_name"`
		Sex            consular.Sex            `json:"sex"`
		Birth          consular.BirthDate      `json:"birth_date"`
		Nationality    consular.Country        `json:"nationality"`
		NationalNumber consular.NationalNumber `json:"national_number"`
	} `json:"person"`
	Parts []part `json:"parts"`
}

type part struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

const packetContext = "jaliya/centre/packet/1"

// examine opens a packet and gives what makes the zone of its card, or why the
// site refuses it.
func (s *Simulator) examine(id string, r request) (zone func(serial string) (string, error), refusal string) {
	aad := []byte(packetContext + "\n" + id + "\n" + r.Packet)
	opened, err := s.cfg.Key.Open(r.Card, packetContext, aad)
	if err != nil {
		return nil, "packet-unreadable"
	}
	defer opened.Destroy()
	var c content
	if json.Unmarshal(opened.Body(), &c) != nil {
		return nil, "packet-unreadable"
	}
	if c.Version != 1 {
		return nil, "format-unsupported"
	}
	if c.Job != id || c.Packet != r.Packet || c.Product != r.Product {
		return nil, "packet-unreadable"
	}
	if checkImages(opened, r.Images, c.Parts) != nil {
		return nil, "images-missing"
	}
	t := c.zone(s.now)
	return zoneOf(t)
}

// zoneOf tries the zone once with a serial of the usual length.
func zoneOf(t mrz.TD1) (func(serial string) (string, error), string) {
	zone := func(serial string) (string, error) {
		t.Number = serial
		lines, err := mrz.Build(t)
		if err != nil {
			return "", fault.New(fault.Invalid, "outside/centre: make zone", "", err)
		}
		// What was printed is read, as the machine's reader does.
		if _, err := mrz.Parse(strings.Join(lines[:], "\n"), time.Now()); err != nil {
			return "", fault.New(fault.Corrupt, "outside/centre: read zone", "", err)
		}
		sum := sha256.Sum256([]byte(strings.Join(lines[:], "")))
		return hex.EncodeToString(sum[:]), nil
	}
	if _, err := zone("ZZ0000000"); err != nil {
		return nil, "packet-incomplete"
	}
	return zone, ""
}

// Validity of a card in years (domain.md A.1), by age.
const (
	fullAge    = 12
	validFull  = 10
	validChild = 7
)

func (c content) zone(now time.Time) mrz.TD1 {
	y, m, d := c.Person.Birth.Parts()
	today := consular.DateOf(now)
	years := validChild
	if age, err := c.Person.Birth.AgeOn(today); err != nil || age >= fullAge {
		years = validFull
	}
	ey, em, ed := today.AddYears(years).Split()
	sex, err := c.Person.Sex.MarshalText()
	if err != nil {
		sex = nil // unspecified on the card
	}
	return mrz.TD1{
		Code: "I", State: "MAR", Optional1: string(c.Person.NationalNumber), Nationality: "MAR",
		Birth: mrz.Date{Year: y, Month: int(m), Day: d}, Sex: string(sex),
		Expiry:  mrz.Date{Year: ey, Month: int(em), Day: ed},
		Primary: c.Person.Family.Latin, Secondary: c.Person.Given.Latin,
	}
}

// checkImages reads the bundle to its end and compares it with what the
// envelope names.
func checkImages(opened *seal.Opened, bundle []byte, want []part) error {
	var got []seal.Part
	if len(bundle) > 0 {
		r, err := opened.OpenBundle(bytes.NewReader(bundle))
		if err != nil {
			return err
		}
		got, err = r.Each(func(_ seal.PartHead, r io.Reader) error {
			_, err := io.Copy(io.Discard, r)
			return err
		})
		if err != nil {
			return err
		}
	}
	same := slices.EqualFunc(got, want, func(a seal.Part, b part) bool {
		return a.Name == b.Name && a.Size == b.Size && hex.EncodeToString(a.Digest[:]) == b.SHA256
	})
	if !same {
		return fault.New(fault.Invalid, "outside/centre: compare images", "", errors.New("not as named"))
	}
	return nil
}
