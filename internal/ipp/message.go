package ipp

import (
	"encoding/binary"
	"io"

	"jaliya/internal/fault"
)

// Operations (RFC 8011 section 5.4.15).
const (
	opPrintJob          uint16 = 0x0002
	opCancelJob         uint16 = 0x0008
	opGetJob            uint16 = 0x0009
	opGetPrinter        uint16 = 0x000b
	statusMaxOK         uint16 = 0x00ff
	statusNotFound      uint16 = 0x0406
	statusFormat        uint16 = 0x040a
	statusNotAccepting  uint16 = 0x0506
	statusBusy          uint16 = 0x0507
	statusVersion       uint16 = 0x0503
	statusUnauthorized  uint16 = 0x0403
	statusNotAuthorized uint16 = 0x0402
)

// Tags of RFC 8010 section 3.5.
const (
	tagOperation byte = 0x01
	tagJob       byte = 0x02
	tagEnd       byte = 0x03
	tagGroups    byte = 0x0f // tags up to here part groups

	tagInteger  byte = 0x21
	tagBoolean  byte = 0x22
	tagEnum     byte = 0x23
	tagName     byte = 0x42
	tagKeyword  byte = 0x44
	tagURI      byte = 0x45
	tagCharset  byte = 0x47
	tagLanguage byte = 0x48
	tagMIME     byte = 0x49
)

// maxReply is the most that is read of an answer, in bytes, and maxValues the
// most values in it.
const (
	maxReply  = 1 << 20
	maxValues = 20_000
)

// builder writes a request (RFC 8010 section 3.1).
type builder struct{ raw []byte }

// begin writes what every operation starts with, in the order that RFC 8011
// section 4.1.4 asks for.
func begin(version [2]byte, op uint16, id uint32, printer string) *builder {
	b := &builder{raw: []byte{version[0], version[1]}}
	b.raw = binary.BigEndian.AppendUint16(b.raw, op)
	b.raw = binary.BigEndian.AppendUint32(b.raw, id)
	b.raw = append(b.raw, tagOperation)
	b.text(tagCharset, "attributes-charset", "utf-8")
	b.text(tagLanguage, "attributes-natural-language", "en")
	b.text(tagURI, "printer-uri", printer)
	return b
}

func (b *builder) value(tag byte, name string, value []byte) {
	b.raw = append(b.raw, tag)
	b.raw = binary.BigEndian.AppendUint16(b.raw, uint16(len(name))) //nolint:gosec // names of ours
	b.raw = append(b.raw, name...)
	b.raw = binary.BigEndian.AppendUint16(b.raw, uint16(len(value))) //nolint:gosec // at most maxURI bytes
	b.raw = append(b.raw, value...)
}

func (b *builder) text(tag byte, name, value string) { b.value(tag, name, []byte(value)) }

func (b *builder) integer(name string, n int32) {
	b.value(tagInteger, name, binary.BigEndian.AppendUint32(nil, uint32(n))) //nolint:gosec // the same bits
}

// keywords writes a set: all values but the first without a name.
func (b *builder) keywords(name string, values ...string) {
	for _, v := range values {
		b.text(tagKeyword, name, v)
		name = ""
	}
}

func (b *builder) group(tag byte) { b.raw = append(b.raw, tag) }

func (b *builder) end() []byte { return append(b.raw, tagEnd) }

// attribute is one of an answer, with all its values.
type attribute struct {
	tag    byte
	values [][]byte
}

// reply is an answer: the first attribute of each name, whatever its group.
type reply struct {
	version [2]byte
	status  uint16
	attrs   map[string]*attribute
}

// readReply reads an answer to the end of its attributes. Errors: Invalid for
// what is none, TooLarge.
func readReply(in io.Reader) (reply, error) {
	const op = "ipp: read answer"
	raw, err := io.ReadAll(io.LimitReader(in, maxReply+1))
	switch {
	case err != nil:
		return reply{}, fault.New(fault.Unavailable, op, "", err)
	case len(raw) > maxReply:
		return reply{}, fault.New(fault.TooLarge, op, "", nil)
	}
	return parseReply(raw)
}

func parseReply(raw []byte) (reply, error) {
	bad := func(what string) (reply, error) {
		return reply{}, fault.New(fault.Invalid, "ipp: read answer", what, nil)
	}
	if len(raw) < 9 || raw[0] == 0 {
		return bad("head")
	}
	out := reply{version: [2]byte{raw[0], raw[1]}, status: binary.BigEndian.Uint16(raw[2:]), attrs: map[string]*attribute{}}
	var now *attribute
	for at, n := 8, 0; ; n++ {
		if at >= len(raw) || n > maxValues {
			return bad("attributes")
		}
		tag := raw[at]
		at++
		switch {
		case tag == tagEnd:
			return out, nil
		case tag <= tagGroups:
			now = nil
			continue
		}
		name, next, ok := field(raw, at)
		if !ok {
			return bad("name")
		}
		value, next, ok := field(raw, next)
		if !ok {
			return bad("value")
		}
		at = next
		switch {
		case len(name) > 0:
			now = &attribute{tag: tag, values: [][]byte{value}}
			if _, known := out.attrs[string(name)]; !known {
				out.attrs[string(name)] = now
			}
		case now == nil:
			return bad("value of nothing")
		default:
			now.values = append(now.values, value)
		}
	}
}

// field cuts out a length of two bytes and what follows it.
func field(raw []byte, at int) (value []byte, next int, ok bool) {
	if at+2 > len(raw) {
		return nil, 0, false
	}
	n := int(binary.BigEndian.Uint16(raw[at:]))
	at += 2
	if at+n > len(raw) {
		return nil, 0, false
	}
	return raw[at : at+n], at + n, true
}

// number gives the first value of an integer or enum.
func (r reply) number(name string) (int32, bool) {
	a, ok := r.attrs[name]
	if !ok || (a.tag != tagInteger && a.tag != tagEnum) || len(a.values[0]) != 4 {
		return 0, false
	}
	return int32(binary.BigEndian.Uint32(a.values[0])), true //nolint:gosec // the same bits
}

func (r reply) boolean(name string) (value, ok bool) {
	a, ok := r.attrs[name]
	if !ok || a.tag != tagBoolean || len(a.values[0]) != 1 {
		return false, false
	}
	return a.values[0][0] != 0, true
}

// texts gives all values of an attribute as text.
func (r reply) texts(name string) (out []string) {
	if a, ok := r.attrs[name]; ok {
		for _, v := range a.values {
			out = append(out, string(v))
		}
	}
	return out
}
