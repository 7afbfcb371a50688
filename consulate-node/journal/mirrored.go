package journal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"

	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// keyMirror holds where the journal is in the chain of transactions that it
// shares with its mirror.
var keyMirror = []byte("mirror")

// MirrorOptions says where a second copy of all that is durable here lies.
type MirrorOptions struct {
	Dir      string        // on another disk; "" for no mirror
	SameDisk bool          // lets it lie on the journal's own, for rehearsals: a warning
	Erasable []string      // buckets of others whose values must not stay in a log
	Trees    []mirror.Tree // directories of sealed files of others
}

// treeBundles is the journal's own tree of files.
const treeBundles = bundlesDir

// openMirror prepares the second disk. A configuration that never worked is
// refused when it names the journal's own disk; one that did has lost its mount.
func (j *Journal) openMirror(o Options) error {
	if o.Mirror.Dir == "" {
		return nil
	}
	if o.Mirror.SameDisk {
		j.warn("the mirror may lie on the journal's own disk: it does not survive that disk")
	}
	j.mirror = j.newMirror(o)
	if _, err := os.Stat(j.path()); err == nil {
		return nil
	}
	known, err := j.mirror.Rebuild(mirror.Rebuilding{Path: j.path(), Set: setMirror, Verify: checkMade})
	switch {
	case err == nil:
		j.warn("there was no journal.db: it was made again from the mirror")
	case known, fault.Is(err, fault.Corrupt):
		return err // people decide: what the mirror still has may be all there is
	case fault.Is(err, fault.Invalid):
		return err
	}
	return nil // nothing of this node on it, or no disk: a new journal, or one disk
}

func (j *Journal) newMirror(o Options) *mirror.Mirror {
	return mirror.New(mirror.Options{
		Dir: o.Mirror.Dir, Journal: j.dir, Node: [16]byte(o.Identity.Node), SameDisk: o.Mirror.SameDisk,
		Erasable: o.Mirror.Erasable, Logger: j.logger, Patience: o.mirrorPatience, MaxLog: o.mirrorMaxLog, MaxFrame: o.mirrorMaxFrame,
		Trees: append([]mirror.Tree{{Name: treeBundles, Dir: filepath.Join(j.dir, bundlesDir), Addressed: true}}, o.Mirror.Trees...),
	})
}

// checkMade proves a journal that was made from a mirror.
func checkMade(r kv.Reader) error {
	_, err := Check(r, nil)
	if fault.Is(err, fault.NotFound) {
		return nil // the mirror of a journal that was just created
	}
	return err
}

// attachMirror completes whichever of the two is behind.
func (j *Journal) attachMirror(store kv.Store) error {
	at, err := mirrorAt(store)
	if err != nil {
		return err
	}
	if j.mirror == nil {
		if at == nil {
			return nil
		}
		// Without a mirror the chain would stand still and look as if nothing had
		// happened when the mirror comes back.
		return store.Update(func(w kv.Writer) error { return setMirror(w, mirror.Position{N: at.N + 1}) })
	}
	if at == nil {
		if err := j.mirror.Check(); fault.Is(err, fault.Invalid) || fault.Is(err, fault.Unsupported) {
			return err
		}
	}
	return j.mirror.Attach(store, at, setMirror)
}

func mirrorAt(store kv.Store) (at *mirror.Position, err error) {
	err = store.View(func(r kv.Reader) error {
		at, err = readMirror(r)
		return err
	})
	return at, err
}

// readMirror gives the position in the chain, nil when there is no chain.
func readMirror(r kv.Reader) (*mirror.Position, error) {
	p, err := readChain(r)
	if err != nil || p.Hash == ([32]byte{}) {
		return nil, err
	}
	return &p, nil
}

// readChain gives the last position that was ever reached. One without a hash says
// that the journal has gone on without a mirror since, so that of two positions
// the one with the higher number is always the later.
func readChain(r kv.Reader) (p mirror.Position, err error) {
	raw := r.Get(bucketMeta, keyMirror)
	if raw == nil {
		return p, nil
	}
	return decodeHeld[mirror.Position]("journal: read mirror's position", "", raw)
}

func setMirror(w kv.Writer, p mirror.Position) error {
	return w.Put(bucketMeta, keyMirror, encodeHeld(p))
}

// transact runs fn as one transaction on both disks. The second disk is written
// before the first commits, so that after a crash it has as much or more, and is
// the redo log.
func (j *Journal) transact(fn func(kv.Writer) error) error {
	if j.mirror == nil {
		return j.store.Update(fn)
	}
	j.turn.Lock()
	defer j.turn.Unlock()
	var before mirror.Position
	var p mirror.Prepared
	rec := recorder{erasable: j.mirror.Erasable}
	err := j.store.Update(func(w kv.Writer) error {
		rec.Writer = w
		if err := fn(&rec); err != nil {
			return err
		}
		at, err := readMirror(w)
		if err != nil || at == nil {
			return err
		}
		before = *at
		if p, err = j.mirror.Prepare(before, rec.changes()); err != nil {
			return err
		}
		if err := setMirror(w, p.At); err != nil {
			return err
		}
		j.mirror.Write(p)
		return nil
	})
	switch {
	case p.At.N == 0:
	case err == nil:
		j.mirror.Shred(rec.gone())
	case !fault.Is(err, fault.Storage): // Full: nothing was changed
		j.mirror.Undo(p, before)
	}
	return err
}

// recorder notes what a transaction writes, the last of each key.
type recorder struct {
	kv.Writer
	erasable func(bucket []byte) bool
	ops      []mirror.Op
	at       map[string]int // where each key stands in ops
	dropped  [][32]byte     // digests of erasable values that were replaced or deleted
}

// Put implements kv.Writer.
func (r *recorder) Put(bucket, key, value []byte) error {
	r.note(mirror.Op{Change: mirror.Put, Bucket: bucket, Key: key, Value: value})
	return r.Writer.Put(bucket, key, value)
}

// Delete implements kv.Writer.
func (r *recorder) Delete(bucket, key []byte) error {
	r.note(mirror.Op{Change: mirror.Delete, Bucket: bucket, Key: key})
	return r.Writer.Delete(bucket, key)
}

func (r *recorder) note(o mirror.Op) {
	name := string(o.Bucket) + "\x00" + string(o.Key)
	i, known := r.at[name]
	if known {
		r.ops[i].Change, r.ops[i].Value = o.Change, o.Value
		return
	}
	if r.at == nil {
		r.at = map[string]int{}
	}
	if r.erasable(o.Bucket) {
		if old := r.Get(o.Bucket, o.Key); old != nil {
			r.dropped = append(r.dropped, sha256.Sum256(old))
		}
	}
	r.at[name] = len(r.ops)
	// The store copies the key; whoever put it may use it again.
	o.Bucket, o.Key = append([]byte(nil), o.Bucket...), append([]byte(nil), o.Key...)
	r.ops = append(r.ops, o)
}

// gone gives the digests of what is nowhere any more after the transaction: a
// value that was put again as it was, or under another key, is not.
func (r *recorder) gone() [][32]byte {
	return slices.DeleteFunc(r.dropped, func(d [32]byte) bool {
		return slices.ContainsFunc(r.ops, func(o mirror.Op) bool {
			return o.Change == mirror.PutAway && bytes.Equal(o.Value, d[:])
		})
	})
}

// changes gives what the transaction leaves. Deleting what was never there is
// noted too: it does no harm when it is done again.
func (r *recorder) changes() []mirror.Op { return r.ops }

// source is what the mirror is filled from.
type source struct{ j *Journal }

// Begin implements mirror.Source.
func (s source) Begin() (at mirror.Position, err error) {
	s.j.turn.Lock()
	defer s.j.turn.Unlock()
	if err := s.j.usable("journal: begin mirror"); err != nil {
		return at, err
	}
	err = s.j.store.View(func(r kv.Reader) error {
		at, err = readChain(r)
		return err
	})
	if err != nil || at.Hash != ([32]byte{}) {
		return at, err
	}
	at.N++
	_, _ = rand.Read(at.Hash[:]) // never fails
	return at, s.j.store.Update(func(w kv.Writer) error { return setMirror(w, at) })
}

// Dump implements mirror.Source.
func (s source) Dump(at func(mirror.Position) error, pair func(bucket, key, value []byte) error) error {
	dumper, ok := s.j.store.(interface {
		Dump(func(kv.Reader) error, func(bucket, key, value []byte) error) error
	})
	if !ok {
		return fault.New(fault.Unsupported, "journal: fill mirror", "", nil)
	}
	first := func(r kv.Reader) error {
		held, err := readChain(r)
		if err != nil {
			return err
		}
		return at(held)
	}
	return dumper.Dump(first, func(bucket, key, value []byte) error {
		if string(bucket) == string(bucketMeta) && string(key) == string(keyMirror) {
			return nil // the frames themselves say it
		}
		return pair(bucket, key, value)
	})
}

// Contains implements mirror.Source: the head of the mirror's entries is in ours,
// in its chain or among what was set aside when the hub's came back.
func (s source) Contains(get func(bucket, key []byte) []byte) (bool, error) {
	raw := get(bucketMeta, keyState)
	if raw == nil {
		return true, nil
	}
	theirs, err := decodeHeld[State]("journal: compare mirror", "", raw)
	if err != nil {
		return false, err
	}
	ours := false
	err = s.j.View(func(r kv.Reader) error {
		ours, err = wrote(r, theirs.Head)
		return err
	})
	return ours, err
}

// Named implements mirror.Source.
func (s source) Named(digest [32]byte) (named bool, err error) {
	err = s.j.View(func(r kv.Reader) error {
		named = r.Get(bucketImages, digest[:]) != nil
		return nil
	})
	return named, err
}

// wrote reports whether a journal wrote all up to a position, whatever became of
// it since. An incarnation that it does not know is another's, though nothing
// was issued in it.
func wrote(r kv.Reader, at wire.Position) (bool, error) {
	list, err := readChapters(r)
	if err != nil || list.order(at.Incarnation) < 0 {
		return false, err
	}
	if r.Get(bucketAside, append(entryKey(at.Incarnation, at.Seq), at.Hash[:]...)) != nil {
		return true, nil
	}
	own, err := positionAt(r, at.Node, at.Incarnation, at.Seq)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return own == at, err
}

// Mirror tells how the second disk stands.
func (j *Journal) Mirror() mirror.Status {
	if j.mirror == nil {
		return mirror.Status{State: mirror.None}
	}
	return j.mirror.Status()
}

// FileAppended is told after a sealed file beside the journal was written and
// synced from offset on: it returns when the second disk has it too.
func (j *Journal) FileAppended(tree, rel string, offset int64) {
	if j.mirror != nil {
		j.mirror.Appended(tree, rel, offset)
	}
}

// FileRemoved is told after a file or directory beside the journal was removed.
func (j *Journal) FileRemoved(tree, rel string) {
	if j.mirror != nil {
		j.mirror.Removed(tree, rel)
	}
}
