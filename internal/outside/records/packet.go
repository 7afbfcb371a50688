package records

import (
	"bytes"
	"fmt"
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

const packetContext = "jaliya/records/1"

func packetAAD(id string) []byte { return []byte(packetContext + "\x00" + id) }

// packet is what the envelope of a request holds.
type packet struct {
	Version uint8                  `cbor:"1,keyasint"`
	ID      string                 `cbor:"2,keyasint"`
	Product string                 `cbor:"3,keyasint"`
	Person  consular.Person        `cbor:"4,keyasint"`
	Use     consular.Use           `cbor:"5,keyasint"`
	Proof   consular.IdentityProof `cbor:"6,keyasint"`
	Asked   int64                  `cbor:"7,keyasint"`
}

// reply is what the envelope of an answer holds.
type reply struct {
	Version uint8  `cbor:"1,keyasint"`
	ID      string `cbor:"2,keyasint"`
	Text    string `cbor:"8,keyasint"`
}

// said is the body of a package.
type said struct {
	Version  uint8         `cbor:"1,keyasint"`
	Number   string        `cbor:"2,keyasint,omitempty"`
	Issued   consular.Date `cbor:"3,keyasint,omitempty"`
	Expires  consular.Date `cbor:"4,keyasint,omitempty"`
	File     string        `cbor:"5,keyasint,omitempty"`
	Question string        `cbor:"6,keyasint,omitempty"`
	Language string        `cbor:"7,keyasint,omitempty"`
}

const contentVersion = 1

// openPacket opens a request's envelope; whoever has it wipes nothing, the
// people are specimens.
func (s *Simulator) openPacket(id, product string, sealed []byte) (p packet, err error) {
	const op = "outside/records: open packet"
	if err := s.openSealed(id, sealed, &p); err != nil {
		return p, err
	}
	if p.Version != contentVersion || p.ID != id || p.Product != product {
		return p, fault.New(fault.Invalid, op, "another request", nil)
	}
	return p, nil
}

func (s *Simulator) openReply(id string, sealed []byte) error {
	var r reply
	if err := s.openSealed(id, sealed, &r); err != nil {
		return err
	}
	if r.Version != contentVersion || r.ID != id || r.Text == "" {
		return fault.New(fault.Invalid, "outside/records: open answer", "another request", nil)
	}
	return nil
}

func (s *Simulator) openSealed(id string, sealed []byte, into any) error {
	opened, err := s.cfg.Key.Open(sealed, packetContext, packetAAD(id))
	if err != nil {
		return err
	}
	defer opened.Destroy()
	return wire.Unmarshal(opened.Body(), seal.MaxBody, into)
}

// sealPackage seals a body, and a document where there is one, to the hub's key.
func (s *Simulator) sealPackage(r *request, body said, file []byte) ([]byte, error) {
	to, err := r.replyKey()
	if err != nil {
		return nil, err
	}
	record, err := r.recordID()
	if err != nil {
		return nil, err
	}
	visit, err := seal.NewVisit(to, record, s.dicts)
	if err != nil {
		return nil, err
	}
	defer visit.Destroy()
	body.Version = contentVersion
	p := wire.Package{Record: record, Bundle: []byte{}}
	if p.Body, err = visit.SealBody(wire.Marshal(body), wire.PackageAAD(record)); err != nil {
		return nil, err
	}
	if file != nil {
		if p.Bundle, err = s.sealDocument(visit, file); err != nil {
			return nil, err
		}
	}
	return wire.Marshal(p), nil
}

// unpaddedRoom is what a bundle adds to a document that is sealed as long as it
// is: its head, names and tags.
const unpaddedRoom = 1024

// unfilled is a document without what fills it up to the size of all others,
// as an office would send it that hides no size anywhere. It holds no more;
// nothing that is sent so is passed on.
func unfilled(file []byte) []byte {
	const last, table = "endobj\n", "xref\n"
	file, _, _ = bytes.Cut(file, []byte("%%EOF\n")) // validation data follow, of one size
	end := bytes.LastIndex(file, []byte(last)) + len(last)
	at := bytes.Index(file[end:], []byte(table))
	if end < len(last) || at < 0 {
		return file
	}
	return slices.Concat(file[:end], file[end+at:])
}

func (s *Simulator) sealDocument(visit *seal.Visit, file []byte) ([]byte, error) {
	content := unfilled(file)
	size := int64(len(content) + unpaddedRoom)
	if !s.cfg.Unpadded {
		packed, err := document.Pack(file)
		if err != nil {
			return nil, err
		}
		content, size = packed, wire.DocumentSize
	}
	var out bytes.Buffer
	w, err := visit.FixedBundleWriter(&out, size)
	if err != nil {
		return nil, err
	}
	if _, err := w.Add(wire.DocumentPart, "application/pdf", bytes.NewReader(content)); err != nil {
		return nil, err
	}
	_, err = w.Finish()
	return out.Bytes(), err
}

// spoil gives a package as a fault sends it.
func (s *Simulator) spoil(raw []byte, on string) []byte {
	raw = slices.Clone(raw)
	if _, yes := s.faults.Fires(BitFlipped, on); yes {
		s.flips++
		at := int(s.flips*7919) % (len(raw) * 8) //nolint:gosec // small
		raw[at/8] ^= 1 << (at % 8)
	}
	_, size := s.faults.Fires(WrongSize, on)
	_, other := s.faults.Fires(AnotherRecord, on)
	if !size && !other {
		return raw
	}
	p, err := wire.ParsePackage(raw)
	if err != nil {
		return raw
	}
	if size {
		p.Bundle = append(p.Bundle[:max(len(p.Bundle)-4096, 0)], make([]byte, 64)...)
	}
	if other {
		p.Record[0] ^= 1
	}
	return wire.Marshal(p)
}

func numberOf(sum []byte) string { return fmt.Sprintf("SPECIMEN%X", sum[:4]) }
