package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"maps"
	"slices"

	"jaliya/internal/fault"
)

// IndexKey turns what a value is looked up by (a name, a number, a birth date)
// into bytes that say nothing without the key. Safe for concurrent use.
type IndexKey struct{ secret []byte }

// IndexKey derives the key of one index. The same purpose gives the same key.
func (k *DataKey) IndexKey(purpose string) (*IndexKey, error) {
	const op = "seal: derive index key"
	if k.aead == nil {
		return nil, fault.New(fault.Used, op, "key is destroyed", nil)
	}
	secret, err := expand(op, k.secret, "jaliya/rest/index/1"+purpose)
	if err != nil {
		return nil, err
	}
	return &IndexKey{secret: secret}, nil
}

// IndexKey derives the key of one index of the hub from the first intake key,
// which every member that opens packets has and no later one replaces: members
// of one cluster give the same sums, and the ledger's file alone none.
func (k *IntakeKeys) IndexKey(purpose string) (*IndexKey, error) {
	const op = "seal: derive index key"
	k.mu.RLock()
	defer k.mu.RUnlock()
	first := slices.Min(slices.Collect(maps.Keys(k.keys)))
	seed, err := k.keys[first].Bytes()
	if err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	secret, err := expand(op, seed, // not wiped after: it is the key's own
		"jaliya/intake/index/1"+purpose)
	if err != nil {
		return nil, err
	}
	return &IndexKey{secret: secret}, nil
}

// Sum gives HMAC-SHA-256 over the fields, each with its length before it. The
// caller brings fields to one spelling first.
func (k *IndexKey) Sum(fields ...[]byte) [32]byte {
	mac := hmac.New(sha256.New, k.secret)
	for _, f := range fields {
		mac.Write(appendCounted(nil, f))
	}
	return [32]byte(mac.Sum(nil))
}
