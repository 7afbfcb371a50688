package specimen

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode"

	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// Bodies are what visits put into entries of a post, in clear and encoded.
type Bodies struct {
	Releases [][]byte // one of each visit
	Others   [][]byte // one of each visit: of staff, of cards and of records, in turn by chance
}

// Bodies gives what the next n visits say. A dictionary is trained on it and
// measured with it (jaliya dictionary); none of it was ever said of anybody.
// Strangers have names of letters drawn by lot: nobody's, and in no table that
// a dictionary could have learned them from.
func (m *Maker) Bodies(n int, strangers bool) (b Bodies) {
	for range n {
		v := m.Person(PersonOptions{})
		d := &drawing{Rand: generator(v.Seed, v.Number)}
		if strangers {
			d.rename(&v.Person)
		}
		at := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(d.IntN(365*24*60)) * time.Minute).UnixMilli()
		b.Releases = append(b.Releases, wire.Marshal(d.release(v, at)))
		b.Others = append(b.Others, wire.Marshal(d.other(v, at)))
	}
	return b
}

// rename draws every letter of the names anew.
func (d *drawing) rename(p *consular.Person) {
	for _, n := range []*consular.Name{&p.Family, &p.Given, &p.BirthPlace, &p.Father.Family, &p.Father.Given, &p.Mother.Family, &p.Mother.Given, &p.Spouse} {
		n.Latin, n.Arabic = d.letters(n.Latin), d.letters(n.Arabic)
	}
}

func (d *drawing) letters(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case !unicode.IsLetter(r):
			return r
		case unicode.Is(unicode.Arabic, r):
			return pick(d.Rand, []rune("ابتثجحخدذرزسشصضطظعغفقكلمنهوي"))
		}
		return 'A' + d.Int32N(26)
	}, name)
}

// release is the release with what the desk adds: its moment, the parts of the
// bundle, and how it was paid.
func (d *drawing) release(v Visit, at int64) wire.Release {
	r := v.Release(d.staff(v.Post), d.staff(v.Post))
	r.Captured = at
	for _, f := range v.parts() {
		r.Parts = append(r.Parts, wire.Part{Name: f.Name, MediaType: f.MediaType, Size: 20_000 + d.Int64N(180_000), Digest: d.digest()})
	}
	if v.Fee != nil && d.chance(80) {
		r.Payment = &consular.Payment{
			Method: consular.PaymentCash, Due: v.Fee.Total, Received: v.Fee.Total,
			Receipt: fmt.Sprintf("%s-%05d", v.Post, d.IntN(100_000)), On: v.On, By: r.EnrolledBy,
		}
	}
	return r
}

// parts gives names and types of the files of a visit, without drawing one.
func (v Visit) parts() []File {
	out := []File{{Name: wire.PartPortrait, MediaType: mediaJPEG}}
	for _, f := range v.Fingers {
		if f.Exception == 0 {
			out = append(out, File{Name: PrefixPrint + f.Finger.String(), MediaType: mediaPNG})
		}
	}
	if v.Age >= signsFrom {
		out = append(out, File{Name: NameSignature, MediaType: mediaPNG})
	}
	for _, d := range v.Documents {
		out = append(out, File{Name: PrefixScan + d.Kind.String(), MediaType: mediaJPEG})
	}
	return out
}

func (d *drawing) other(v Visit, at int64) any {
	switch d.IntN(3) {
	case 0:
		return wire.StaffEvent{
			Version: wire.Version, Staff: wire.StaffID(d.staff(v.Post)), Role: "agent", How: wire.StaffHow(1),
			Workstation: fmt.Sprintf("192.168.1.%d", 2+d.IntN(250)),
		}
	case 1:
		return wire.Custody{
			Version: wire.Version, By: d.staff(v.Post), Second: d.staff(v.Post), Box: fmt.Sprintf("A-%d", d.IntN(40)),
			Serial: fmt.Sprintf("SP%07d", d.IntN(10_000_000)),
		}
	default:
		ref := must(consular.NewReference(d))
		return wire.RecordAct{Version: wire.Version, Reference: ref, By: d.staff(v.Post), At: at}
	}
}

func (d *drawing) staff(post consular.PostID) string {
	return string(must(wire.NewStaffID(post, d)))
}

func (d *drawing) digest() wire.Digest {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, d.Uint64()))
}

// Read makes a drawing the source of chance of ids.
func (d *drawing) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(d.Uint32() & 0xff)
	}
	return len(p), nil
}
