package cluster

import "io"

// Entry is one committed log entry as the state machine sees it. Exactly one of
// Command and Members is set: an entry carries a command of the ledger, or a new
// membership of the cluster. No-ops and barriers never arrive here.
type Entry struct {
	Index uint64
	Term  uint64
	// Command is what was proposed, at most MaxProposal bytes. It may be kept but
	// not changed.
	Command []byte
	// Members is the membership from this entry on, opaque bytes to be stored as
	// Position.Members together with Index as Position.MembersIndex.
	Members []byte
}

// Position says how far a state has come: what it has applied, and the
// membership that was in force there. The zero value is an empty state.
type Position struct {
	Index        uint64 // the newest applied entry
	Term         uint64 // the term of that entry
	Members      []byte // membership, opaque, as it came in Entry.Members
	MembersIndex uint64 // the entry that set it
}

// State is what this package needs of the replicated state (the ledger), kept
// in one file on disk. It is the nine rules of D11 as an interface.
//
// Apply and Install are called by one goroutine and never at once; every other
// method may be called while any method runs. Every error of kind fault.Storage
// makes the process leave; nothing else does.
type State interface {
	// Position reads the four values of one moment. It is asked often and must
	// cost microseconds. Rule 1: the values live in the state file.
	Position() (Position, error)

	// Apply changes the state by entries, which are in order and at most 8 MiB
	// together, and stores the Position of the last one in the same transaction
	// (rule 1). It returns after the transaction is on disk, with exactly one
	// response per entry; a membership entry answers nil. An entry whose index is
	// not above the stored one is skipped, answering nil (rule 2). Content never
	// fails: a command that is refused is an answer. An error means that the disk
	// failed, whatever its kind, and Apply is not called again.
	Apply(entries []Entry) ([]any, error)

	// Persist moves the stored Position to p and returns after that is on disk;
	// the data stays as it is, for the entries between carry none. It goes forward
	// only: index and term change only when p.Index is above the stored one,
	// membership only when p.MembersIndex is (rule 4).
	Persist(p Position) error

	// Export calls fn once with a consistent image of the state file: its
	// position, its exact size in bytes, and its content, all three of the same
	// read transaction (rule 3), which lasts until fn returns. An error of fn is
	// returned.
	Export(fn func(p Position, size int64, content io.WriterTo) error) error

	// Install replaces the state by the file at path, an exported image whose
	// digest was verified and which is on disk already, in the directory
	// Config.Dir. It opens and checks the file, makes sure that the file's own
	// position has p.Index and p.Term, renames it over the state file, syncs the
	// directory and goes on with the new one (rule 7). It may wait for its own
	// readers; exports are stopped before (rule 8). An error that is not
	// fault.Storage means that the old state still stands.
	Install(path string, p Position) error
}
