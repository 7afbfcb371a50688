package vault

import (
	"crypto/sha256"
	"errors"

	"jaliya/internal/wire"
)

// putChunk is the size of the chunks that Put writes, in bytes.
const putChunk = 64 << 10

// Put stores content that is here already, durably when it returns, and gives
// its address. The same content again is stored once.
func (d *Directory) Put(content []byte) (wire.Digest, error) {
	offer := wire.Offer{Digest: sha256.Sum256(content), Size: uint64(len(content)), ChunkSize: putChunk}
	for at := 0; at < len(content); at += putChunk {
		sum := sha256.Sum256(content[at:min(at+putChunk, len(content))])
		offer.Chunks = append(offer.Chunks, sum[:]...)
	}
	u, err := d.Begin(offer)
	if err != nil {
		return wire.Digest{}, err
	}
	if u.Stored() {
		return offer.Digest, u.End()
	}
	for i := range offer.Count() {
		at, n := u.span(i)
		if err := u.WriteChunk(i, content[at:at+n]); err != nil {
			return wire.Digest{}, errors.Join(err, u.End())
		}
	}
	return offer.Digest, errors.Join(u.Commit(), u.End()) // what is not ended is counted as under way
}
