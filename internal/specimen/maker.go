package specimen

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// firstDay is the first full year of the built-in ladder of ages; an earlier
// day of a visit is taken for it.
const firstDay consular.Date = "2021-01-01"

// Ages of whoever comes when the options name none.
const (
	defaultMinAge = 18
	defaultMaxAge = 84
	greatestAge   = 110
)

// Maker makes visits. The n-th person of a maker depends on the seed, on n and
// on the options, and on nothing that was made before. One maker gives a
// national number once in a million people; two makers may give the same, so a
// network has one. Safe for concurrent use.
type Maker struct {
	seed  uint64
	t     *tables
	count atomic.Uint64

	mu     sync.Mutex
	shared map[picture][]byte // guarded by mu
}

// New gives a maker.
func New(seed uint64) *Maker {
	return &Maker{seed: seed, t: builtIn(), shared: map[picture][]byte{}}
}

// PersonOptions say who comes. The zero value is an adult at any post for any
// service.
type PersonOptions struct {
	Service        consular.Service // zero: drawn, cards more often than records
	Post           consular.Post    // zero: drawn from the built-in directory
	MinAge, MaxAge int              // completed years on the day, MaxAge included; both zero: 18 to 84
	On             consular.Date    // the day of the visit; empty, no day or before 2021: the first day of 2021
}

// Visit is a person at the counter with all that a release asks for.
type Visit struct {
	Number    uint64 // which visit of the maker, from 1
	Seed      uint64 // of the pictures
	Service   consular.Service
	Post      consular.PostID
	On        consular.Date
	Age       int // completed years on the day
	Person    consular.Person
	Contact   consular.Contact
	Delivery  consular.Delivery
	Documents []consular.DocumentHeld
	Profile   consular.CaptureProfile
	Fingers   []consular.FingerReport
	Guardian  *consular.Guardian // below eighteen
	Fee       *consular.Fee
}

// Kinds gives the papers without their days of issue.
func (v Visit) Kinds() []consular.DocumentKind {
	out := make([]consular.DocumentKind, 0, len(v.Documents))
	for _, d := range v.Documents {
		out = append(out, d.Kind)
	}
	return out
}

// Release gives the body of a release of the visit without its moment and
// parts, which the caller sets: both belong to whoever seals.
func (v Visit) Release(enrolledBy, releasedBy string) wire.Release {
	return wire.Release{
		Version: wire.Version, Service: v.Service, Person: v.Person, Contact: v.Contact, Delivery: v.Delivery,
		Documents: v.Kinds(), Profile: v.Profile, Fingers: v.Fingers, Guardian: v.Guardian, Fee: v.Fee,
		EnrolledBy: enrolledBy, ReleasedBy: releasedBy, Record: v.wish(),
	}
}

// wish is what a request for a record says besides, made at a counter; nil for
// a card.
func (v Visit) wish() *wire.RecordWish {
	if v.Service.Family() != consular.FamilyRecord {
		return nil
	}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	return &wire.RecordWish{
		Use:     consular.Use{Purpose: consular.PurposeResidence, Country: "ES", Legalization: consular.LegalizationNone, Copies: 1},
		Consent: consular.Consent{Version: "2026-01", Language: "fr", At: at, Channel: consular.ChannelDesk},
		Proof:   consular.IdentityProof{Kind: consular.ProofCounter, Document: consular.DocOldCard, At: at},
	}
}

// drawing is one visit in the making.
type drawing struct {
	*rand.Rand
	t *tables
	n uint64
	o PersonOptions
}

// Person makes the next visit. Everything in it passes the rules of package
// consular and, once it has a portrait among its parts, of wire.Release.
func (m *Maker) Person(o PersonOptions) Visit {
	n := m.count.Add(1)
	d := &drawing{Rand: generator(m.seed, n), t: m.t, n: n}
	d.o = d.complete(o)
	v := Visit{
		Number: n, Seed: d.Uint64(), Service: d.o.Service, Post: d.o.Post.ID, On: d.o.On,
		Delivery: consular.Delivery{Mode: consular.DeliverCollect, Post: d.o.Post.ID},
	}
	v.Person, v.Age = d.person(m.number(prefixPerson, n))
	d.addRung(&v, m.number(prefixGuardian, n))
	v.Contact = d.contact(contactName(v))
	if v.Guardian != nil {
		v.Guardian.Contact = v.Contact
	}
	v.Delivery = d.delivery(v.Contact.Address)
	v.Documents = d.papers(v)
	v.Fee = d.fee(v)
	return v
}

// generator gives the one source of chance of a visit or a picture.
func generator(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream)) //nolint:gosec // repeatable on purpose, nothing is guarded by it
}

// complete replaces what the options leave open.
func (d *drawing) complete(o PersonOptions) PersonOptions {
	if o.Service == 0 {
		o.Service = pick(d.Rand, []consular.Service{
			consular.CNIEFirst, consular.CNIERenewal, consular.CNIERenewal, consular.CNIERenewal,
			consular.CNIEReplacement, consular.CNIECorrection, consular.RecordPolice, consular.RecordJustice,
		})
	}
	if o.Post.ID == "" {
		o.Post = pick(d.Rand, d.t.posts)
	}
	if o.MinAge == 0 && o.MaxAge == 0 {
		o.MinAge, o.MaxAge = defaultMinAge, defaultMaxAge
	}
	o.MinAge = min(max(o.MinAge, 0), greatestAge)
	o.MaxAge = min(max(o.MaxAge, o.MinAge), greatestAge)
	if o.On.Validate() != nil || o.On < firstDay {
		o.On = firstDay
	}
	return o
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// chance is true in the given percentage of cases.
func (d *drawing) chance(percent int) bool { return d.IntN(100) < percent }
