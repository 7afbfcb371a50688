package seal

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"

	"jaliya/internal/fault"
)

// MaxBody is the largest body in bytes before compression and after
// decompression. Larger things are images and documents: they go in a bundle.
const MaxBody = 1 << 20

// Dictionaries are the trained zstd dictionaries that this program knows, by
// number, and the one that it compresses with. Number 0 is zstd without a
// dictionary. A dictionary is never changed or removed once used, as old
// envelopes name it. Safe for concurrent use.
type Dictionaries struct {
	current uint16
	known   map[uint16]bool
	enc     *zstd.Encoder
	dec     *zstd.Decoder
}

// NewDictionaries takes dictionaries in zstd's own format, whose inner id must
// be the number they are registered under, and the number to compress with
// from now on (0 for none). Errors: Invalid.
func NewDictionaries(current uint16, dicts map[uint16][]byte) (*Dictionaries, error) {
	const op = "seal: load dictionaries"
	d := &Dictionaries{current: current, known: map[uint16]bool{0: true}}
	var all [][]byte
	for _, id := range slices.Sorted(maps.Keys(dicts)) {
		if err := checkDictionary(id, dicts[id]); err != nil {
			return nil, fault.New(fault.Invalid, op, fmt.Sprintf("dictionary %d", id), err)
		}
		d.known[id] = true
		all = append(all, dicts[id])
	}
	if !d.known[current] {
		return nil, fault.New(fault.Invalid, op, fmt.Sprintf("current dictionary %d is not given", current), nil)
	}
	if err := d.build(dicts[current], all); err != nil {
		return nil, fault.New(fault.Invalid, op, "", err)
	}
	return d, nil
}

func checkDictionary(id uint16, b []byte) error {
	if id == 0 {
		return errors.New("number 0 means no dictionary")
	}
	info, err := zstd.InspectDictionary(b)
	if err != nil {
		return err
	}
	if info.ID() != uint32(id) {
		return fmt.Errorf("its inner id is %d", info.ID())
	}
	return nil
}

// build makes one encoder and one decoder, both without goroutines; callers
// that meet at them wait for each other. The frame checksum is left out because
// the envelope is authenticated.
func (d *Dictionaries) build(current []byte, all [][]byte) error {
	opts := []zstd.EOption{
		zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false),
		zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(MaxBody),
	}
	if d.current != 0 {
		opts = append(opts, zstd.WithEncoderDict(current))
	}
	var err error
	if d.enc, err = zstd.NewWriter(nil, opts...); err != nil {
		return err
	}
	d.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(MaxBody), zstd.WithDecoderDicts(all...))
	return err
}

func (d *Dictionaries) compress(plain []byte) []byte {
	return d.enc.EncodeAll(plain, make([]byte, 0, len(plain)/2+64))
}

// decompress refuses a frame that grows beyond MaxBody as TooLarge before
// giving it memory, and anything else that is no frame as Corrupt.
func (d *Dictionaries) decompress(op string, packed []byte) ([]byte, error) {
	plain, err := d.dec.DecodeAll(packed, nil)
	switch {
	case err == nil:
		return plain, nil
	case errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return nil, fault.New(fault.TooLarge, op, "decompressed body", err)
	default:
		return nil, fault.New(fault.Corrupt, op, "compressed body", err)
	}
}
