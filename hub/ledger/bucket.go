package ledger

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// bucket is the name of one table (DESIGN.md, "Buckets").
type bucket []byte

// The buckets: bytes, for the store wants them so at every call. Nothing writes
// them. Those of appendBuckets grow at their end only.
var (
	inMeta       = bucket("meta")
	inNodes      = bucket("nodes")
	inPosts      = bucket("posts")
	inInvites    = bucket("invites")
	inCursors    = bucket("cursors")
	inEntries    = bucket("entries")
	inBodies     = bucket("bodies")
	inPositions  = bucket("positions")
	inRecords    = bucket("records")
	inRanges     = bucket("ranges")
	inRefused    = bucket("refused")
	inQuarantine = bucket("quarantine")
	inAlarms     = bucket("alarms")
	inCases      = bucket("cases")
	inHistory    = bucket("history")
	inRefs       = bucket("refs")
	inTokens     = bucket("tokens")
	inTopics     = bucket("topics")
	inVoid       = bucket("void")
	inOrders     = bucket("orders")
	inOpen       = bucket("open")
	inNotices    = bucket("notices")
	inHeads      = bucket("heads")
	inTimers     = bucket("timers")
	inDenied     = bucket("denied")
	inStaff      = bucket("staff")
	inPouches    = bucket("pouches")
	inItems      = bucket("items")
	inPacking    = bucket("packing")
	inLabels     = bucket("labels")
	inOpenings   = bucket("openings")
	inOwners     = bucket("owners")
	inOpened     = bucket("opened")
	inReads      = bucket("reads")
	inOfficers   = bucket("officers")
	inSeats      = bucket("seats")
	inDeeds      = bucket("deeds")
	inCasework   = bucket("casework")
	inReports    = bucket("reports")
	inHours      = bucket("hours")
	inFigures    = bucket("figures")
	inStages     = bucket("stages")
	inLate       = bucket("late")
	inNeeds      = bucket("needs")
	inUnsettled  = bucket("unsettled")
	inDescribed  = bucket("described")

	inSettlements = bucket("settlements")

	inTree = bucket("tree") // hashes of complete subtrees, in the order in which they were completed
	inActs = bucket("acts") // leaves of commands

	inMembers       = bucket("members")
	inMemberInvites = bucket("member-invites")
)

// appendBuckets have keys in commit order.
func appendBuckets() []string {
	names := make([]string, 0, 16)
	for _, b := range []bucket{
		inEntries, inBodies, inRefused, inQuarantine, inAlarms, inCases, inOrders,
		inPouches, inOpenings, inDeeds, inSettlements, inTree, inActs,
	} {
		names = append(names, string(b))
	}
	return names
}

// Keys of the meta bucket.
var (
	keyApplied = []byte("applied") // index, term: 8 bytes each
	keyMembers = []byte("members") // index: 8 bytes, opaque membership
	keyHash    = []byte("hash")    // rolling state hash
	keyCluster = []byte("cluster") // Cluster
	keyCounts  = []byte("counts")  // counts

	keyCheckpoint = []byte("checkpoint") // checkpoint
	keyWatch      = []byte("watch")      // watching
	keySwept      = []byte("swept")      // time: 8 bytes, of the last SweptVoid
)

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func numbers(a, b uint64) []byte { return binary.BigEndian.AppendUint64(number(a), b) }

func toNumber(b []byte) uint64 {
	if len(b) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// historyKey is the key of a node's incarnation: 16 + 8 bytes.
func historyKey(node wire.NodeID, incarnation uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 32), node[:]...), incarnation)
}

// positionKey is the key of one place in it: 8 more.
func positionKey(node wire.NodeID, incarnation, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(historyKey(node, incarnation), seq)
}

// postKey is the post's code, padded with zeros to 8 bytes: codes are at most
// that long and hold no zero.
func postKey(post consular.PostID) []byte {
	key := make([]byte, 8, 16)
	copy(key, post)
	return key
}

func noticeKey(post consular.PostID, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(postKey(post), seq)
}

func openKey(kind uint8, order uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{kind}, order)
}

// referenceKey is an HMAC: a reference leads to a person, and keys are read by
// whoever holds the file.
func referenceKey(secret []byte, reference string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("jaliya/reference/1"))
	mac.Write([]byte(reference))
	return mac.Sum(nil)
}

// ownerPrefix is an HMAC for the same reason: it leads to all that a person
// filed.
func ownerPrefix(secret []byte, owner wire.Digest) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("jaliya/owner/1"))
	mac.Write(owner[:])
	return mac.Sum(nil)
}

// within is the part of a bucket whose keys begin with prefix, from prefix and
// from on.
type within struct{ prefix, from []byte }

func ascend(r kv.Reader, in bucket, w within, yield func(key, value []byte) bool) {
	r.Ascend(in, slices.Concat(w.prefix, w.from), func(k, v []byte) bool {
		return bytes.HasPrefix(k, w.prefix) && yield(k, v)
	})
}
