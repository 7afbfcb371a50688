package seal

import (
	"crypto/rand"

	"jaliya/internal/fault"
)

// WrappedDraftKeySize is the length of a wrapped draft key, in bytes.
const WrappedDraftKeySize = KeySize + restOverhead

// DraftKey is the random key of one draft. It exists in two places: in memory
// here, and wrapped under the data key in one record of the store. When that
// record is gone, the draft, its autosaves and its clear images are noise for
// ever, wherever copies of them lie (crypto-erase; limits in DESIGN.md).
type DraftKey struct{ DataKey }

// NewDraftKey makes a random key and its record for the store, bound to the
// draft's id.
func (k *DataKey) NewDraftKey(draft []byte) (*DraftKey, []byte, error) {
	const op = "seal: new draft key"
	secret := make([]byte, KeySize)
	if _, err := rand.Read(secret); err != nil {
		return nil, nil, fault.New(fault.Internal, op, "", err)
	}
	wrapped, err := k.Seal(draftAAD(draft), secret)
	if err != nil {
		return nil, nil, err
	}
	d, err := dataKey(op, secret)
	if err != nil {
		return nil, nil, err
	}
	return &DraftKey{DataKey: *d}, wrapped, nil
}

// OpenDraftKey unwraps the record of a draft's key. Errors: Corrupt for another
// draft's or a shredded record, Used after Destroy.
func (k *DataKey) OpenDraftKey(draft, wrapped []byte) (*DraftKey, error) {
	secret, err := k.Open(draftAAD(draft), wrapped)
	if err != nil {
		return nil, err
	}
	d, err := dataKey("seal: open draft key", secret)
	if err != nil {
		return nil, err
	}
	return &DraftKey{DataKey: *d}, nil
}

// Shred gives random bytes of the length of a wrapped key, to overwrite its
// record with before deleting it. The caller does both in the transaction that
// commits the release.
func Shred() ([]byte, error) {
	b := make([]byte, WrappedDraftKeySize)
	if _, err := rand.Read(b); err != nil {
		return nil, fault.New(fault.Internal, "seal: shred draft key", "", err)
	}
	return b, nil
}

func draftAAD(draft []byte) []byte { return append([]byte("jaliya/draft/1"), draft...) }
