// Package journaltest makes what tests of the journal and of its neighbors put
// into it: an identity, sealed releases with bundles, and the hub's answers. It
// is test support, beside the path of a record.
//
// Guarantee: bodies, ids and references come from the seed alone, so that a
// failing test repeats; the signing keys are fresh. A Kit may be used from many
// goroutines.
package journaltest

import (
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"sync"

	"jaliya/consulate-node/journal"
	"jaliya/internal/consular"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// chunkSize is small, so that small bundles have several chunks.
const chunkSize = 4096

// Kit is a post and its hub.
type Kit struct {
	Identity    journal.Identity
	Incarnation uint64
	Journal     *seal.SigningKey // signs batches
	Hub         *seal.SigningKey // signs receipts and notices

	mu     sync.Mutex // guards random
	random *rand.ChaCha8
}

// New makes a kit whose choices follow from seed.
func New(seed uint64) (*Kit, error) {
	k := &Kit{random: chacha(seed)}
	var err error
	if k.Journal, err = seal.GenerateSigningKey(); err != nil {
		return nil, err
	}
	if k.Hub, err = seal.GenerateSigningKey(); err != nil {
		return nil, err
	}
	k.Identity = journal.Identity{
		Node: wire.NodeID(k.bytes(16)), Post: "FR-LYO", Cluster: wire.ClusterID(k.bytes(16)),
	}
	k.Incarnation = binary.BigEndian.Uint64(k.bytes(8)) | 1
	return k, nil
}

// With gives the same post and hub with choices of another seed.
func (k *Kit) With(seed uint64) *Kit {
	return &Kit{
		Identity: k.Identity, Incarnation: k.Incarnation, Journal: k.Journal, Hub: k.Hub,
		random: chacha(seed),
	}
}

func chacha(seed uint64) *rand.ChaCha8 {
	var s [32]byte
	binary.BigEndian.PutUint64(s[:], seed)
	return rand.NewChaCha8(s)
}

// Options opens this post's journal without a preflight.
func (k *Kit) Options() journal.Options {
	return journal.Options{Identity: k.Identity, Incarnation: k.Incarnation, NoPreflight: true}
}

// Keys gives the hub's receipt keys as a node trusts them.
func (k *Kit) Keys() wire.KeySet { return wire.NewKeySet(k.Hub.Public()) }

func (k *Kit) bytes(n int) []byte {
	b := make([]byte, n)
	_, _ = k.read(b)
	return b
}

func (k *Kit) read(b []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.random.Read(b)
}

// Release gives a released visit with a body of size random bytes.
func (k *Kit) Release(size int) journal.Draft {
	// Sixteen digits cannot run out of randomness here: ChaCha8 never fails.
	reference, _ := consular.NewReference(readerFunc(k.read))
	slip := wire.Digest(k.bytes(32))
	return journal.Draft{
		Header: wire.Header{
			Record: wire.RecordID(k.bytes(16)), Kind: wire.KindRequestReleased, Time: 1_700_000_000_000,
			Post: k.Identity.Post, Reference: reference.Digits(), Service: uint8(consular.CNIEFirst),
			Pickup: k.Identity.Post, SlipHash: &slip, IntakeKey: 1,
		},
		Body: k.bytes(size),
	}
}

// ReleaseWith is Release with bundles of the given sizes, written to j.
func (k *Kit) ReleaseWith(j *journal.Journal, size int, bundles ...int) (journal.Draft, error) {
	d := k.Release(size)
	for _, n := range bundles {
		b := k.Bundle(n)
		if err := b.WriteTo(j); err != nil {
			return d, err
		}
		d = b.NamedBy(d)
	}
	return d, nil
}

// Amend gives a packet that replaces old, with the same images.
func (k *Kit) Amend(old journal.Draft, size int) journal.Draft {
	d := k.Release(size)
	d.Header.Kind, d.Header.Reference = wire.KindRequestAmended, old.Header.Reference
	d.Header.Replaces = &old.Header.Record
	d.Header.Images, d.Images = old.Header.Images, old.Images
	return d
}

// Cancel gives the person's withdrawal of a request.
func (k *Kit) Cancel(old journal.Draft) journal.Draft {
	return journal.Draft{Header: wire.Header{
		Record: wire.RecordID(k.bytes(16)), Kind: wire.KindRequestCancelled, Time: 1_700_000_000_000,
		Post: k.Identity.Post, Reference: old.Header.Reference,
	}}
}

// Bundle is a sealed bundle as far as the journal can tell.
type Bundle struct {
	Bytes  []byte
	Digest wire.Digest
	File   journal.ImageFile
}

// Bundle gives one of size random bytes.
func (k *Kit) Bundle(size int) Bundle {
	b := Bundle{Bytes: k.bytes(size), File: journal.ImageFile{ChunkSize: chunkSize}}
	b.Digest = sha256.Sum256(b.Bytes)
	for at := 0; at < size; at += chunkSize {
		sum := sha256.Sum256(b.Bytes[at:min(at+chunkSize, size)])
		b.File.Chunks = append(b.File.Chunks, sum[:]...)
	}
	return b
}

// WriteTo stores the bundle in a journal, in two writes.
func (b Bundle) WriteTo(j *journal.Journal) error {
	_, err := j.WriteBundle(func(w io.Writer) (wire.Digest, error) {
		half := len(b.Bytes) / 2
		if _, err := w.Write(b.Bytes[:half]); err != nil {
			return b.Digest, err
		}
		_, err := w.Write(b.Bytes[half:])
		return b.Digest, err
	})
	return err
}

// NamedBy gives d with the bundle named.
func (b Bundle) NamedBy(d journal.Draft) journal.Draft {
	d.Header.Images = append(d.Header.Images, wire.Image{Digest: b.Digest, Size: uint64(len(b.Bytes))})
	d.Images = append(d.Images, b.File)
	return d
}

// Receipt gives the hub's receipt for the entries that follow after.
func (k *Kit) Receipt(after wire.Position, entries []wire.Entry) journal.Receipted {
	r := wire.Receipt{
		Version: wire.Version, Cluster: k.Identity.Cluster, Node: after.Node, Incarnation: after.Incarnation,
		First: after.Seq + 1, Index: after.Seq + 10, Time: 1_700_000_100_000,
	}
	hashes := make([]wire.Digest, 0, len(entries))
	for _, e := range entries {
		after = after.Next(e)
		hashes = append(hashes, after.Hash)
	}
	r.Last, r.Head, r.Root = after.Seq, after.Hash, wire.RootOf(hashes)
	return k.Sign(r)
}

// Sign gives r as the hub signs it.
func (k *Kit) Sign(r wire.Receipt) journal.Receipted {
	return journal.Receipted{Signed: wire.SignReceipt(r, k.Hub), Receipt: r}
}

// Secure stores receipts for all that has none, n entries under each.
func (k *Kit) Secure(j *journal.Journal, n int) error {
	for {
		s, err := j.State()
		if err != nil || s.Receipted == s.Head.Seq {
			return err
		}
		after, err := j.Position(s.Receipted)
		if err != nil {
			return err
		}
		entries, err := j.ReadAfter(after, n)
		if err != nil {
			return err
		}
		if err := j.StoreReceipts([]journal.Receipted{k.Receipt(after, entries)}); err != nil {
			return err
		}
	}
}

// Notices gives what the hub tells the post after a cursor.
func (k *Kit) Notices(after wire.NoticeCursor, notices ...wire.Notice) []wire.VerifiedNotice {
	out := make([]wire.VerifiedNotice, 0, len(notices))
	for _, n := range notices {
		n.Version, n.Post, n.Seq, n.Index = wire.Version, k.Identity.Post, after.Seq+1, after.Seq+100
		raw := wire.Marshal(n)
		after = after.Next(raw)
		out = append(out, wire.VerifiedNotice{Raw: raw, Notice: n, At: after})
	}
	return out
}

type readerFunc func([]byte) (int, error)

// Read implements io.Reader.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
