package cluster

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/hashicorp/raft"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

const opRefound = "cluster: found on a restored state"

// Refound makes an empty directory the log of a cluster of one that goes on where
// a restored state stands, and gives the position that the state must be moved to
// before Open: one entry and one term further, which is the new membership. Nobody
// else is in it. The id may be an old member's: nobody is left who knows how that
// one voted.
//
// It holds only if the old cluster never runs again: what that committed behind
// the state would be decided a second time.
func Refound(dir string, p Position, id, address string) (Position, error) {
	path := filepath.Join(dir, raftFile)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return Position{}, fault.New(fault.Exists, opRefound, path, err)
	}
	if p.Index == 0 || id == "" || address == "" {
		return Position{}, fault.New(fault.Invalid, opRefound, "state, id or address is empty", nil)
	}
	alone := raft.Configuration{Servers: []raft.Server{{
		Suffrage: raft.Voter, ID: raft.ServerID(id), Address: raft.ServerAddress(address),
	}}}
	next := Position{
		Index: p.Index + 1, Term: p.Term + 1,
		Members: raft.EncodeConfiguration(alone), MembersIndex: p.Index + 1,
	}
	return next, writeTerm(path, next.Term)
}

// writeTerm makes the file, with the term and no vote.
func writeTerm(path string, term uint64) (err error) {
	db, err := kv.Open(path, kv.Options{AppendBuckets: []string{string(bucketLog)}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m := newMetrics(nil)
	w := &watch{log: slog.New(slog.DiscardHandler), seconds: m.writes, slow: m.slowWrites, leave: func(error) {}}
	return (&stableStore{db: db, watch: w, leave: func(error) {}}).SetUint64(keyCurrentTerm, term)
}

func servers(p Position) []raft.Server {
	if len(p.Members) == 0 {
		return nil
	}
	return raft.DecodeConfiguration(p.Members).Servers
}

// AddressIn gives where the other members reached one at a position, empty when
// it was none.
func AddressIn(p Position, id string) string {
	for _, s := range servers(p) {
		if string(s.ID) == id {
			return string(s.Address)
		}
	}
	return ""
}
