package ledger

import (
	"crypto/ed25519"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Feature is the highest feature level that this program can apply (D19).
const Feature = 5

// minSecret is the least length of the index secret, in bytes.
const minSecret = 32

// Init gives the cluster its identity. It is the first command; the same one
// again does nothing, another one is fault.Exists.
type Init struct {
	Time    int64            `cbor:"1,keyasint"` // milliseconds since 1970, like every time here
	Cluster wire.ClusterID   `cbor:"2,keyasint"`
	Secret  []byte           `cbor:"3,keyasint"` // HMAC key of the index by reference, at least 32 bytes
	Receipt [][]byte         `cbor:"4,keyasint"` // Ed25519 public keys that sign receipts and notices, newest last
	Intake  []wire.IntakeKey `cbor:"5,keyasint"` // newest last
}

// Cluster is what Init and RotateKeys set.
type Cluster struct {
	ID      wire.ClusterID   `cbor:"1,keyasint"`
	Secret  []byte           `cbor:"2,keyasint"`
	Receipt [][]byte         `cbor:"3,keyasint"`
	Intake  []wire.IntakeKey `cbor:"4,keyasint"`
	Feature uint32           `cbor:"5,keyasint"`
	Created int64            `cbor:"6,keyasint"`
}

func (Init) kind() Kind { return KindInit }

func (c Init) when() int64 { return c.Time }

func (c Init) apply(t *tx) (Result, error) {
	if t.cluster.ID != (wire.ClusterID{}) {
		if t.cluster.ID == c.Cluster {
			return Result{}, nil
		}
		return refuse(fault.Exists, "the cluster has an identity"), nil
	}
	if c.Cluster == (wire.ClusterID{}) || len(c.Secret) < minSecret || len(c.Receipt) == 0 {
		return refuse(fault.Invalid, "cluster id, secret or receipt key is missing"), nil
	}
	if r, bad := badKeys(c.Receipt, c.Intake); bad {
		return r, nil
	}
	t.cluster = Cluster{
		ID: c.Cluster, Secret: c.Secret, Receipt: c.Receipt, Intake: c.Intake,
		Feature: Feature, Created: c.Time,
	}
	return Result{}, t.put(inMeta, keyCluster, t.cluster)
}

// maxKeys bounds how many keys of a kind one command may bring.
const maxKeys = 16

func badKeys(receipt [][]byte, intake []wire.IntakeKey) (Result, bool) {
	if len(receipt) > maxKeys || len(intake) > maxKeys {
		return refuse(fault.TooLarge, "keys"), true
	}
	for _, k := range receipt {
		if len(k) != ed25519.PublicKeySize {
			return refuse(fault.Invalid, "receipt key"), true
		}
	}
	for _, k := range intake {
		if k.Number == 0 || len(k.Public) == 0 {
			return refuse(fault.Invalid, "intake key"), true
		}
	}
	return Result{}, false
}

// RotateKeys adds keys; those that are there already are passed over. Old ones
// stay, to verify old receipts and to open old packets.
type RotateKeys struct {
	Time    int64            `cbor:"1,keyasint"`
	Receipt [][]byte         `cbor:"2,keyasint,omitempty"`
	Intake  []wire.IntakeKey `cbor:"3,keyasint,omitempty"`
}

func (RotateKeys) kind() Kind { return KindRotateKeys }

func (c RotateKeys) when() int64 { return c.Time }

func (c RotateKeys) apply(t *tx) (Result, error) {
	if r, bad := badKeys(c.Receipt, c.Intake); bad {
		return r, nil
	}
	now := t.cluster
	for _, k := range c.Receipt {
		if !hasReceiptKey(now.Receipt, k) {
			now.Receipt = append(now.Receipt, k)
		}
	}
	for _, k := range c.Intake {
		held, found := intakeKey(now.Intake, k.Number)
		if found && string(held.Public) != string(k.Public) {
			return refuse(fault.Exists, "intake key number"), nil
		}
		if !found {
			now.Intake = append(now.Intake, k)
		}
	}
	return Result{}, t.put(inMeta, keyCluster, now)
}

func hasReceiptKey(keys [][]byte, key []byte) bool {
	for _, k := range keys {
		if string(k) == string(key) {
			return true
		}
	}
	return false
}

func intakeKey(keys []wire.IntakeKey, n uint32) (wire.IntakeKey, bool) {
	for _, k := range keys {
		if k.Number == n {
			return k, true
		}
	}
	return wire.IntakeKey{}, false
}

// RaiseFeature switches on what every member has reported to know (D19). A
// level never goes down.
type RaiseFeature struct {
	Time  int64  `cbor:"1,keyasint"`
	Level uint32 `cbor:"2,keyasint"`
}

func (RaiseFeature) kind() Kind { return KindRaiseFeature }

func (c RaiseFeature) when() int64 { return c.Time }

func (c RaiseFeature) apply(t *tx) (Result, error) {
	switch {
	case c.Level == 0:
		return refuse(fault.Invalid, "level"), nil
	case c.Level <= t.cluster.Feature:
		return Result{}, nil
	}
	if err := t.markStages(c.Level); err != nil {
		return Result{}, err
	}
	now := t.cluster
	now.Feature = c.Level
	return Result{}, t.put(inMeta, keyCluster, now)
}
