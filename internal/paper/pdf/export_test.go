package pdf

import (
	"bytes"
	"encoding/binary"

	"github.com/go-text/typesetting/font/opentype"
)

// Outline gives the glyf bytes of a glyph.
func Outline(f *Font, gid uint16) ([]byte, error) { return f.outline(gid), nil }

// OutlineOf gives the glyf bytes of a glyph in a subset, read without our own
// reader: a subset has no cmap.
func OutlineOf(file []byte, gid uint16) ([]byte, error) {
	loader, err := opentype.NewLoader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	loca, err := loader.RawTable(opentype.MustNewTag("loca"))
	if err != nil {
		return nil, err
	}
	glyf, err := loader.RawTable(opentype.MustNewTag("glyf"))
	if err != nil {
		return nil, err
	}
	at := 4 * int(gid)
	return glyf[binary.BigEndian.Uint32(loca[at:]):binary.BigEndian.Uint32(loca[at+4:])], nil
}

// Checksum gives the checksum of a whole font file.
func Checksum(file []byte) uint32 { return checksum(file) }
