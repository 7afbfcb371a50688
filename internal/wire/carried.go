package wire

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

// Direction says who wrote a carried file.
type Direction uint8

// The directions.
const (
	ToHub  Direction = 1 // entries and images of a node
	ToNode Direction = 2 // receipts and notices, the answer to a file of the node
)

// CarriedID names one carried file: 16 random bytes.
type CarriedID [16]byte

// Carried is the first frame of a file that travels by hand (SPEC.md section
// 14): who wrote it, for whom, and which file it answers.
type Carried struct {
	Version   uint8     `cbor:"1,keyasint"`
	Direction Direction `cbor:"2,keyasint"`
	Cluster   ClusterID `cbor:"3,keyasint"`
	Node      NodeID    `cbor:"4,keyasint"` // that wrote it, or that it is for
	File      CarriedID `cbor:"5,keyasint"`
	Answers   CarriedID `cbor:"6,keyasint"` // zero towards the hub
	Time      int64     `cbor:"7,keyasint"`
	Hello     *Hello    `cbor:"8,keyasint,omitempty"` // towards the hub: what the node holds
}

// Validate names the field that no honest writer leaves so.
func (c Carried) Validate() error {
	const op = "wire: validate carried file"
	bad := func(field string) error { return fault.New(fault.Invalid, op, field, nil) }
	switch {
	case c.Version == 0 || c.Version > Version:
		return fault.New(fault.Unsupported, op, "version "+uitoa(uint64(c.Version)), nil)
	case c.Direction != ToHub && c.Direction != ToNode:
		return fault.New(fault.Unsupported, op, "direction", nil)
	case c.Node.IsZero():
		return bad("node")
	case c.Cluster == ClusterID{}:
		return bad("cluster")
	case c.File == CarriedID{}:
		return bad("file")
	case (c.Direction == ToHub) != (c.Hello != nil):
		return bad("hello")
	case (c.Direction == ToNode) != (c.Answers != CarriedID{}):
		return bad("answers")
	}
	if c.Hello == nil {
		return nil
	}
	if c.Hello.Node != c.Node || len(c.Hello.Histories) == 0 {
		return bad("hello")
	}
	return c.Hello.Validate()
}

// allows says which frames may stand between the first and the last of a file.
func (d Direction) allows(t FrameType) bool {
	switch t { //nolint:exhaustive // all others belong to a link
	case FrameOffer, FrameChunk, FrameBatch:
		return d == ToHub
	case FrameWelcome, FrameStored, FrameReceipt, FrameRefusal, FrameNotices:
		return d == ToNode
	}
	return false
}

// CarriedEnd is the last frame: nothing is missing and nobody changed a byte.
type CarriedEnd struct {
	Frames    uint64 `cbor:"1,keyasint"` // before this one
	Digest    Digest `cbor:"2,keyasint"` // SHA-256 of every byte before this frame
	Key       KeyID  `cbor:"3,keyasint"`
	Signature []byte `cbor:"4,keyasint"` // over the digest
}

// CarriedWriter writes a carried file, frame by frame. It is for one goroutine.
type CarriedWriter struct {
	w         io.Writer
	sum       hash.Hash
	frames    uint64
	bytes     int64
	direction Direction
}

// NewCarriedWriter writes the first frame.
func NewCarriedWriter(w io.Writer, head Carried) (*CarriedWriter, error) {
	if err := head.Validate(); err != nil {
		return nil, err
	}
	c := &CarriedWriter{sum: sha256.New(), direction: head.Direction}
	c.w = io.MultiWriter(w, c.sum)
	return c, c.write(FrameCarried, Marshal(head))
}

func (c *CarriedWriter) write(t FrameType, payload []byte) error {
	if err := WriteFrame(c.w, t, payload); err != nil {
		return err
	}
	c.frames++
	c.bytes += int64(frameHeader + len(payload))
	return nil
}

// Write adds a frame that may stand in a file of this direction.
func (c *CarriedWriter) Write(t FrameType, payload []byte) error {
	if !c.direction.allows(t) {
		return fault.New(fault.Unsupported, "wire: write carried file", "frame type "+uitoa(uint64(t)), nil)
	}
	return c.write(t, payload)
}

// Size gives what was written, in bytes.
func (c *CarriedWriter) Size() int64 { return c.bytes }

// End signs what was written. A file without it counts as cut short.
func (c *CarriedWriter) End(by *seal.SigningKey) error {
	end := CarriedEnd{Frames: c.frames, Digest: Digest(c.sum.Sum(nil)), Key: by.KeyID}
	end.Signature = by.Sign(seal.DomainCarried, end.Digest[:])
	return c.write(FrameCarriedEnd, Marshal(end))
}

// CarriedFile reads a carried file that was proved from its first byte to its
// last before anything of it is given out.
type CarriedFile struct {
	Head   Carried
	Frames uint64               // between the first and the last
	Kinds  map[FrameType]uint64 // how many of each
	Size   int64                // in bytes
	r      io.Reader
	left   uint64
}

// OpenCarried proves a file: its form, that it is whole, and that one of the
// keys signed it, which are asked for by its head. fault.Unavailable: it is cut
// short; fault.Corrupt: a byte was changed; fault.Denied: somebody else signed.
func OpenCarried(file io.ReadSeeker, keys func(Carried) (KeySet, error)) (*CarriedFile, error) {
	c, end, err := InspectCarried(file)
	if err != nil {
		return nil, err
	}
	known, err := keys(c.Head)
	if err != nil {
		return nil, err
	}
	said := statement{seal.DomainCarried, end.Key, end.Digest[:], end.Signature}
	if err := known.verify(opProveCarried, said); err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fault.New(fault.Unavailable, opProveCarried, "", err)
	}
	if _, _, err := ReadFrame(file); err != nil {
		return nil, err
	}
	c.r, c.left = file, c.Frames
	return c, nil
}

// ReadCarriedHead reads who wrote a file, and proves nothing of it.
func ReadCarriedHead(r io.Reader) (Carried, error) {
	t, payload, err := readInside(r)
	if err != nil {
		return Carried{}, err
	}
	var head Carried
	if t != FrameCarried {
		return head, fault.New(fault.Invalid, opProveCarried, "this is no carried file", nil)
	}
	if err := Unmarshal(payload, len(payload), &head); err != nil {
		return head, err
	}
	return head, head.Validate()
}

const opProveCarried = "wire: prove carried file"

// InspectCarried reads all of a file without keeping any of it, and proves that
// it is whole and as it was signed. By whom is not proved: OpenCarried does.
func InspectCarried(r io.Reader) (*CarriedFile, CarriedEnd, error) {
	var end CarriedEnd
	sum := sha256.New()
	counted := &counting{r: r}
	in := io.TeeReader(counted, sum)
	head, err := ReadCarriedHead(in)
	if err != nil {
		return nil, end, err
	}
	kinds := make(map[FrameType]uint64)
	for frames := uint64(1); ; frames++ {
		digest := Digest(sum.Sum(nil))
		t, payload, err := readInside(in)
		switch {
		case err != nil:
			return nil, end, err
		case t != FrameCarriedEnd && head.Direction.allows(t):
			kinds[t]++
			continue
		case t != FrameCarriedEnd:
			return nil, end, fault.New(fault.Unsupported, opProveCarried, "frame type "+uitoa(uint64(t)), nil)
		}
		if err := Unmarshal(payload, len(payload), &end); err != nil {
			return nil, end, err
		}
		if end.Frames != frames || end.Digest != digest {
			return nil, end, fault.New(fault.Corrupt, opProveCarried, "it was changed on its way", nil)
		}
		if n, err := io.ReadFull(in, make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			return nil, end, fault.New(fault.Corrupt, opProveCarried, "something follows its end", nil)
		}
		return &CarriedFile{Head: head, Frames: frames - 1, Kinds: kinds, Size: counted.n}, end, nil
	}
}

// readInside reads a frame where the file must not end yet.
func readInside(r io.Reader) (FrameType, []byte, error) {
	t, payload, err := ReadFrame(r)
	switch {
	case errors.Is(err, io.EOF) || fault.Is(err, fault.Unavailable):
		return 0, nil, fault.New(fault.Unavailable, opProveCarried, "it is cut short", inside(err))
	case err != nil:
		return 0, nil, err
	}
	return t, payload, nil
}

// Next gives the frames in order, io.EOF after the last.
func (c *CarriedFile) Next() (FrameType, []byte, error) {
	if c.left == 0 {
		return 0, nil, io.EOF
	}
	c.left--
	return readInside(c.r)
}

type counting struct {
	r io.Reader
	n int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
