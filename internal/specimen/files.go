package specimen

import (
	"image"

	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// Names of files, as the desk knows them.
const (
	NameSignature  = "signature"
	NameExceptions = "exceptions" // the hands, where a finger could not be taken
	PrefixPrint    = "print-"     // with the finger: print-right-index
	PrefixScan     = "scan-"      // with the paper: scan-birth-extract
)

// Media types of files.
const (
	mediaJPEG = "image/jpeg"
	mediaPNG  = "image/png"
)

// variants is how many pictures of a kind a maker shares out.
const variants = 4

// signsFrom is the age from which people sign for themselves.
const signsFrom = 7

// File is one picture of a visit.
type File struct {
	Name      string // of the part: portrait, print-right-index, signature, scan-old-card
	MediaType string
	Data      []byte // of a shared picture everybody's: not to be written to
}

// FileOptions say what pictures cost. Full size and each for its own person is
// about 2 MB and 2 s of a processor for an adult's card.
type FileOptions struct {
	Light  bool // small pictures, about 0.2 MB in all, still good enough for a desk
	Shared bool // the same few faces, prints and papers for everybody, drawn once per maker
}

// picture names a shared picture.
type picture struct {
	name    string
	variant uint64
	sex     consular.Sex
	age     int
	light   bool
}

// Files gives all pictures that a visit brings: the portrait, a print of each
// finger that could be taken, the hands where one could not, a signature, a
// scan of each paper. The same visit and options give the same bytes.
func (m *Maker) Files(v Visit, o FileOptions) []File {
	s := shoot{m: m, v: v, o: o}
	out := []File{s.file(wire.PartPortrait, mediaJPEG, s.portrait)}
	missing := false
	for _, f := range v.Fingers {
		if f.Exception != 0 {
			missing = true
			continue
		}
		out = append(out, s.file(PrefixPrint+f.Finger.String(), mediaPNG, s.print(f.Finger)))
	}
	if missing { // never shared: it shows this person's fingers
		out = append(out, File{Name: NameExceptions, MediaType: mediaJPEG, Data: s.hands()})
	}
	if v.Age >= signsFrom {
		out = append(out, s.file(NameSignature, mediaPNG, s.signature))
	}
	for _, d := range v.Documents {
		out = append(out, s.file(PrefixScan+d.Kind.String(), mediaJPEG, s.scan(d)))
	}
	return out
}

// shoot is the making of one visit's files.
type shoot struct {
	m *Maker
	v Visit
	o FileOptions
}

// subject is whom a picture is of: the visit itself, or a stand-in.
type subject struct {
	seed   uint64
	person consular.Person
	age    int
}

// file makes a picture, or takes it from the shared ones. The lock is held while
// one is drawn, so that nobody draws it twice.
func (s shoot) file(name, media string, take func(subject) []byte) File {
	own := subject{seed: s.v.Seed, person: s.v.Person, age: s.v.Age}
	if !s.o.Shared {
		return File{Name: name, MediaType: media, Data: take(own)}
	}
	key := picture{
		name: name, variant: s.v.Seed % variants, sex: s.v.Person.Sex, age: s.v.Age / 15 * 15, light: s.o.Light,
	}
	if name != wire.PartPortrait { // only faces differ by sex and age
		key.sex, key.age = consular.Female, 30
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	data, there := s.m.shared[key]
	if !there {
		data = take(subject{seed: s.m.seed + key.variant, person: standIn(key.sex), age: key.age})
		s.m.shared[key] = data
	}
	return File{Name: name, MediaType: media, Data: data}
}

// standIn is who shared papers are about.
func standIn(sex consular.Sex) consular.Person {
	name := consular.Name{Latin: "Specimen"}
	return consular.Person{Family: name, Given: name, Sex: sex, Birth: "1990-01-01", NationalNumber: "ZZ000000"}
}

func (s shoot) quality() int {
	if s.o.Light {
		return lightQuality
	}
	return photoQuality
}

func (s shoot) size(full, light image.Point) image.Point {
	if s.o.Light {
		return light
	}
	return full
}

func (s shoot) portrait(of subject) []byte {
	size := s.size(portraitFull, portraitLight)
	return encodeJPEG(drawPortrait(of.seed, of.person.Sex, of.age, size), s.quality())
}

func (s shoot) print(f consular.Finger) func(subject) []byte {
	return func(of subject) []byte { return encodePNG(drawPrint(of.seed, f, s.size(printFull, printLight))) }
}

func (s shoot) hands() []byte {
	return encodeJPEG(drawHands(s.v.Seed, s.v.Fingers, s.size(handsFull, handsLight)), s.quality())
}

func (s shoot) signature(of subject) []byte {
	return encodePNG(drawSignature(of.seed, s.size(signatureFull, signatureLight)))
}

func (s shoot) scan(d consular.DocumentHeld) func(subject) []byte {
	return func(of subject) []byte {
		p := Paper{Kind: d.Kind, Person: of.person, Seed: of.seed, Age: of.age}
		if !s.o.Shared {
			p.Issued, p.Guardian, p.Address = d.Issued, s.v.Guardian, s.v.Contact.Address
		}
		return encodeJPEG(p.draw(s.size(pageFull, pageLight)), s.quality())
	}
}
