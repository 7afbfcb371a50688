package seal

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

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
	known   map[uint16]*compressor
	current atomic.Pointer[compressor]
	dec     *zstd.Decoder
}

// NewDictionaries takes dictionaries in zstd's own format, whose inner id must
// be the number they are registered under, and the number to compress with
// from now on (0 for none). Errors: Invalid.
func NewDictionaries(current uint16, dicts map[uint16][]byte) (*Dictionaries, error) {
	const op = "seal: load dictionaries"
	d := &Dictionaries{known: map[uint16]*compressor{0: {}}}
	var all [][]byte
	for _, id := range slices.Sorted(maps.Keys(dicts)) {
		if err := checkDictionary(id, dicts[id]); err != nil {
			return nil, fault.New(fault.Invalid, op, fmt.Sprintf("dictionary %d", id), err)
		}
		d.known[id] = &compressor{number: id, dict: dicts[id]}
		all = append(all, dicts[id])
	}
	var err error
	d.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(MaxBody), zstd.WithDecoderDicts(all...))
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "", err)
	}
	return d, d.Use(current)
}

// Use compresses with a dictionary from the next visit on. Errors: Invalid for
// one that is not known, and then nothing changes.
func (d *Dictionaries) Use(number uint16) error {
	const op = "seal: use dictionary"
	c, known := d.known[number]
	if !known {
		return fault.New(fault.Invalid, op, fmt.Sprintf("dictionary %d is not known", number), nil)
	}
	if err := c.build(); err != nil {
		return fault.New(fault.Invalid, op, fmt.Sprintf("dictionary %d", number), err)
	}
	d.current.Store(c)
	return nil
}

// Current gives the number of the dictionary that the next visit compresses
// with.
func (d *Dictionaries) Current() uint16 { return d.current.Load().number }

// Numbers gives the dictionaries that can be opened, rising from 0 for none.
func (d *Dictionaries) Numbers() []uint16 { return slices.Sorted(maps.Keys(d.known)) }

// compressor is an encoder with one dictionary, built when it is first used: a
// program that only opens builds none but the plain one.
type compressor struct {
	number uint16
	dict   []byte
	once   sync.Once
	enc    *zstd.Encoder
	err    error
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

// build makes the encoder, without goroutines; callers that meet at it wait for
// each other. The frame checksum is left out because the envelope is
// authenticated.
func (c *compressor) build() error {
	c.once.Do(func() {
		opts := []zstd.EOption{
			zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false),
			zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(MaxBody),
		}
		if c.number != 0 {
			opts = append(opts, zstd.WithEncoderDict(c.dict))
		}
		c.enc, c.err = zstd.NewWriter(nil, opts...)
	})
	return c.err
}

func (c *compressor) compress(plain []byte) []byte {
	return c.enc.EncodeAll(plain, make([]byte, 0, len(plain)/2+64))
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
