package desk

import (
	"encoding/binary"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Caps of images.
const (
	MaxImage          = 8 << 20    // bytes of one image
	MaxParts          = 24         // images of a visit
	MaxPixels         = 40_000_000 // of one picture
	MinPortraitWidth  = 413        // a portrait is 35 x 45 mm (domain.md A.7), at 300 dots to the inch
	MinPortraitHeight = 531
	maxPages          = 9 // of one document
)

// Media types that a visit takes.
const (
	mediaJPEG = "image/jpeg"
	mediaPNG  = "image/png"
	mediaWSQ  = "image/x-wsq"
	mediaPDF  = "application/pdf"
)

// Names of images, and beginnings of names.
const (
	namePortrait   = wire.PartPortrait
	nameSignature  = "signature"
	nameExceptions = "exceptions" // the hands, where a finger could not be taken
	prefixPrint    = "print-"     // with the finger: print-right-index
	prefixScan     = "scan-"      // with the paper, and a page from the second on: scan-birth-extract-2
)

// mediaFor gives the media types that an image of a name may have, none for a
// name that is not known.
func mediaFor(name string) []string {
	switch name {
	case namePortrait, nameExceptions:
		return []string{mediaJPEG, mediaPNG}
	case nameSignature:
		return []string{mediaPNG}
	}
	if finger, ok := strings.CutPrefix(name, prefixPrint); ok {
		if f, err := consular.ParseFinger(finger); err == nil && f.String() == finger {
			return []string{mediaWSQ, mediaPNG}
		}
	}
	if _, ok := scanKind(name); ok {
		return []string{mediaPDF, mediaJPEG, mediaPNG}
	}
	return nil
}

// scanKind gives the paper that a scan is of.
func scanKind(name string) (consular.DocumentKind, bool) {
	paper, ok := strings.CutPrefix(name, prefixScan)
	if !ok {
		return 0, false
	}
	kind, err := consular.ParseDocumentKind(paper)
	if err == nil && kind.String() == paper {
		return kind, true
	}
	at := strings.LastIndexByte(paper, '-')
	if at < 0 {
		return 0, false
	}
	page, err := strconv.Atoi(paper[at+1:])
	if err != nil || page < 2 || page > maxPages || strconv.Itoa(page) != paper[at+1:] {
		return 0, false
	}
	kind, err = consular.ParseDocumentKind(paper[:at])
	return kind, err == nil && kind.String() == paper[:at]
}

func printName(f consular.Finger) string { return prefixPrint + f.String() }

// imageMeta is what is known of an image, sealed in the store.
type imageMeta struct {
	Generation uint64      `json:"generation"` // random: a replaced image is another file
	Size       int64       `json:"size"`
	Digest     wire.Digest `json:"digest"`
	Complete   bool        `json:"complete"`
	MediaType  string      `json:"media_type,omitempty"`
	Width      int         `json:"width,omitempty"`
	Height     int         `json:"height,omitempty"`
}

// ImageStatus is how far an image has come.
type ImageStatus struct {
	Name      string `json:"name"`
	Size      int64  `json:"size"`   // announced
	Offset    int64  `json:"offset"` // bytes on disk: the upload continues here
	Complete  bool   `json:"complete"`
	MediaType string `json:"media_type,omitempty"`
	Width     int    `json:"width,omitempty"`
	Height    int    `json:"height,omitempty"`
	Version   uint64 `json:"version"` // of the visit
}

func statusOf(o *open, name string, offset int64) ImageStatus {
	m := o.images[name]
	return ImageStatus{
		Name: name, Size: m.Size, Offset: offset, Complete: m.Complete, MediaType: m.MediaType,
		Width: m.Width, Height: m.Height, Version: o.Version,
	}
}

func imageKey(id wire.RecordID, name string) []byte { return append(id[:], name...) }

// names gives the names of the images in a fixed order, the portrait first.
func (o *open) names() []string {
	out := make([]string, 0, len(o.images))
	for name := range o.images {
		out = append(out, name)
	}
	slices.SortFunc(out, func(a, b string) int {
		if (a == namePortrait) != (b == namePortrait) {
			return map[bool]int{true: -1, false: 1}[a == namePortrait]
		}
		return strings.Compare(a, b)
	})
	return out
}

func (d *Desk) draftDir(id wire.RecordID) string { return filepath.Join(d.drafts, id.String()) }

func (d *Desk) imagePath(id wire.RecordID, name string, m imageMeta) string {
	generation := hex.EncodeToString(binary.BigEndian.AppendUint64(nil, m.Generation))
	return filepath.Join(d.draftDir(id), name+"."+generation)
}

// image finds an image of a visit. Errors: NotFound.
func (o *open) image(op, name string) (imageMeta, error) {
	m, ok := o.images[name]
	if !ok {
		return m, fault.New(fault.NotFound, op, o.id.String(), nil)
	}
	return m, nil
}
