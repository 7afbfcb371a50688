package ledger

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// maxFindings bounds a report; the count goes on.
const maxFindings = 100

// Report is what an audit of a whole state found.
type Report struct {
	Index, Term  uint64
	Hash         wire.Digest
	Incarnations int
	Entries      uint64 // whose chain verifies
	Bodies       uint64 // that are held and match their digest
	Erased       uint64
	Receipts     uint64
	Notices      uint64
	Cases        uint64
	Leaves       uint64      // of the national log
	Root         wire.Digest // over them
	Wrong        int
	Findings     []string // the first ones, without personal data
}

// OK reports whether everything verified.
func (r Report) OK() bool { return r.Wrong == 0 }

// Err gives the findings as a fault, nil when everything verified.
func (r Report) Err() error {
	if r.OK() {
		return nil
	}
	return fault.New(fault.Corrupt, "ledger: audit", fmt.Sprintf("%d findings, first: %s", r.Wrong, r.Findings[0]), nil)
}

// Audit proves a state from its own bytes, alone: every node's chain from its
// genesis over headers and bodies, cursors, receipts and their roots, notice
// logs, and that every index leads to what it names. It reads everything, so
// it is for a closed file, a copy or a test.
func Audit(r kv.Reader) Report {
	a := &auditor{r: r}
	var err error
	a.report.Index, a.report.Term, err = Applied(r)
	a.check(err == nil, "applied index does not decode")
	_, _, err = members(r)
	a.check(err == nil, "membership does not decode")
	cluster, initialized, err := load[Cluster](r, inMeta, keyCluster)
	a.check(err == nil, "cluster does not decode")
	if !initialized {
		return a.report
	}
	a.cluster = cluster
	hash := r.Get(inMeta, keyHash)
	a.check(len(hash) == sha256.Size, "state hash is missing")
	copy(a.report.Hash[:], hash)
	a.cursors()
	a.entries()
	a.records()
	a.heads()
	a.cases()
	a.pouches()
	a.orders()
	a.staff()
	a.officers()
	a.topics()
	a.void()
	a.watch()
	a.forks()
	a.members()
	a.tree()
	return a.report
}

// Verify is Audit as kv.Rewrite wants it.
func Verify(r kv.Reader) error { return Audit(r).Err() }

// Rewrite makes a state file usable again after a failed commit: it is copied
// into a fresh file and proved (D3). The file must be closed.
func Rewrite(path string) error { return kv.Rewrite(path, Verify) }

// AuditFile audits a state file, or a copy of one, without changing it.
func AuditFile(path string) (report Report, err error) {
	if _, err := os.Stat(path); err != nil {
		return Report{}, fault.New(fault.NotFound, "ledger: audit", path, err)
	}
	db, err := kv.Open(path, kv.Options{ReadOnly: true})
	if err != nil {
		return Report{}, err
	}
	err = db.View(func(r kv.Reader) error {
		report = Audit(r)
		return nil
	})
	if closing := db.Close(); err == nil {
		err = closing
	}
	return report, err
}

type auditor struct {
	r       kv.Reader
	cluster Cluster
	report  Report
}

func (a *auditor) check(ok bool, what string, args ...any) bool {
	if !ok {
		a.report.Wrong++
		if len(a.report.Findings) < maxFindings {
			a.report.Findings = append(a.report.Findings, fmt.Sprintf(what, args...))
		}
	}
	return ok
}

// cursors walks every incarnation from its genesis to its cursor.
func (a *auditor) cursors() {
	a.r.Ascend(inCursors, nil, func(key, raw []byte) bool {
		head, err := decode[wire.Position](inCursors, key, raw)
		if a.check(err == nil, "cursor does not decode") {
			a.check(bytes.Equal(key, historyKey(head.Node, head.Incarnation)), "cursor %s stands under another key", head)
			a.report.Incarnations++
			a.history(head)
		}
		return true
	})
}

func (a *auditor) history(head wire.Position) {
	at := wire.Genesis(head.Node, head.Incarnation)
	var leaves []wire.Digest // of the range that is open
	for at.Seq < head.Seq {
		next, ok := a.step(at)
		if !ok {
			return
		}
		at = next
		leaves = append(leaves, at.Hash)
		if raw := a.r.Get(inRanges, positionKey(at.Node, at.Incarnation, at.Seq)); raw != nil {
			a.receipt(raw, at, leaves)
			leaves = nil
		}
	}
	a.check(at == head, "cursor %s has another hash than its chain", head)
	a.check(len(leaves) == 0, "the last entries of %s have no receipt", head)
	beyond := a.r.Get(inPositions, positionKey(head.Node, head.Incarnation, head.Seq+1))
	a.check(beyond == nil, "there is an entry after the cursor %s", head)
}

// step verifies the entry after at.
func (a *auditor) step(at wire.Position) (wire.Position, bool) {
	held, found, err := loadLink(a.r, inPositions, positionKey(at.Node, at.Incarnation, at.Seq+1))
	if !a.check(found && err == nil, "no entry after %s", at) {
		return at, false
	}
	f, err := entryAt(a.r, held.commit)
	if !a.check(err == nil, "entry after %s cannot be read", at) {
		return at, false
	}
	next := at.NextStub(f.Header, f.Digest)
	same := next.Hash == held.hash && next == f.At
	if !a.check(same, "entry %s does not follow", next) {
		return at, false
	}
	a.report.Entries++
	a.body(f)
	return next, true
}

func (a *auditor) body(f Found) {
	owner := f.Stored
	if f.Verdict == Repeated {
		first, err := entryAt(a.r, f.First)
		if !a.check(err == nil, "first entry of the repeat %s is missing", f.At) {
			return
		}
		owner = first.Stored
	}
	switch {
	case owner.Erased != 0:
		a.report.Erased++
		a.check(f.Body == nil, "body of %s was erased and is here", f.At)
	default:
		if a.check(sha256.Sum256(f.Body) == f.Digest, "body of %s does not match its digest", f.At) {
			a.report.Bodies++
		}
	}
}

func (a *auditor) receipt(raw []byte, at wire.Position, leaves []wire.Digest) {
	got, err := decode[wire.Receipt](inRanges, positionKey(at.Node, at.Incarnation, at.Seq), raw)
	if !a.check(err == nil, "receipt of %s does not decode", at) {
		return
	}
	a.report.Receipts++
	a.check(got.Last == at.Seq && got.Head == at.Hash && got.Node == at.Node && got.Incarnation == at.Incarnation &&
		got.Cluster == a.cluster.ID, "receipt of %s names another head", at)
	a.check(got.Last-got.First+1 == uint64(len(leaves)), "receipt of %s covers another range", at)
	a.check(got.Root == wire.RootOf(leaves), "receipt of %s has another root", at)
	a.check(got.Index <= a.report.Index, "receipt of %s is from the future", at)
}

// entries are numbered without a gap, and each stands where it says.
func (a *auditor) entries() {
	next := uint64(1)
	a.r.Ascend(inEntries, nil, func(key, raw []byte) bool {
		s, err := decode[Stored](inEntries, key, raw)
		if !a.check(err == nil, "entry %d does not decode", toNumber(key)) {
			return true
		}
		a.check(s.Commit == next && toNumber(key) == next, "entry %d comes as number %d", toNumber(key), next)
		next++
		if s.At.Node.IsZero() {
			a.portal(s)
			return true
		}
		held, found, err := loadLink(a.r, inPositions, positionKey(s.At.Node, s.At.Incarnation, s.At.Seq))
		a.check(found && err == nil && held.commit == s.Commit, "entry %d is not at %s", s.Commit, s.At)
		return true
	})
	c, _, err := load[counts](a.r, inMeta, keyCounts)
	a.check(err == nil && c.Commits == next-1, "%d entries are counted, %d are here", c.Commits, next-1)
}

// portal verifies an entry that has no chain: its hash, its body, and that its
// record leads to it.
func (a *auditor) portal(s Stored) {
	f, err := entryAt(a.r, s.Commit)
	if !a.check(err == nil, "entry %d cannot be read", s.Commit) {
		return
	}
	a.report.Entries++
	a.body(f)
	same := s.Erased != 0 || f.Entry().PortalHash() == s.At.Hash
	a.check(same, "entry %d has another hash", s.Commit)
	h, err := wire.DecodeHeader(s.Header)
	if !a.check(err == nil, "entry %d has no header", s.Commit) {
		return
	}
	held, found, err := loadLink(a.r, inRecords, h.Record[:])
	a.check(found && err == nil && held.commit == s.Commit, "entry %d is not found by its record", s.Commit)
}

// records lead to entries of that record that were accepted.
func (a *auditor) records() {
	a.r.Ascend(inRecords, nil, func(key, raw []byte) bool {
		held, err := decodeLink(inRecords, key, raw)
		if !a.check(err == nil, "record %x does not decode", key) {
			return true
		}
		f, err := entryAt(a.r, held.commit)
		if !a.check(err == nil && f.Verdict == Accepted, "record %x leads to no accepted entry", key) {
			return true
		}
		h, err := wire.DecodeHeader(f.Header)
		a.check(err == nil && bytes.Equal(h.Record[:], key) && contentOf(h) == held.hash,
			"record %x has other content", key)
		return true
	})
}

// heads walks every post's notices from their genesis.
func (a *auditor) heads() {
	a.r.Ascend(inHeads, nil, func(key, raw []byte) bool {
		head, err := decode[wire.NoticeCursor](inHeads, key, raw)
		if !a.check(err == nil, "notice head does not decode") {
			return true
		}
		post := consular.PostID(bytes.TrimRight(key, "\x00"))
		at := wire.NoticeGenesis(a.cluster.ID, post)
		ascend(a.r, inNotices, within{prefix: key}, func(place, value []byte) bool {
			hash, one, err := splitNotice(value)
			at = at.Next(one)
			ok := err == nil && at.Hash == hash && bytes.Equal(place, noticeKey(post, at.Seq))
			a.report.Notices++
			return a.check(ok, "notice %d to %s does not follow", at.Seq, post)
		})
		a.check(at == head, "notices to %s do not reach their head", post)
		return true
	})
}

// cases stand under their numbers and are found by their references.
func (a *auditor) cases() {
	a.r.Ascend(inCases, nil, func(key, raw []byte) bool {
		c, err := decode[Case](inCases, key, raw)
		if !a.check(err == nil && c.Number == toNumber(key), "case %d does not decode", toNumber(key)) {
			return true
		}
		a.report.Cases++
		found := a.r.Get(inRefs, referenceKey(a.cluster.Secret, c.Reference))
		a.check(bytes.Equal(found, key), "case %d is not found by its reference", c.Number)
		if !c.Token.IsZero() {
			found = a.r.Get(inTokens, tokenKey(a.cluster.Secret, c.Token))
			a.check(bytes.Equal(found, key), "case %d is not found by its token", c.Number)
		}
		last := a.r.Get(inHistory, numbers(c.Number, c.Flow.Version))
		a.check(last != nil, "case %d has no line for its version", c.Number)
		return true
	})
}

// pouches list as many cards as they count, each of which has a case.
func (a *auditor) pouches() {
	a.r.Ascend(inPouches, nil, func(key, _ []byte) bool {
		p, err := pouchAt(a.r, toNumber(key))
		if !a.check(err == nil, "pouch %d does not decode", toNumber(key)) {
			return true
		}
		a.check(len(p.Items) == int(p.Flow.Count), "pouch %d counts %d cards and lists %d", p.Number, p.Flow.Count, len(p.Items))
		for _, item := range p.Items {
			c, found, err := load[Case](a.r, inCases, number(item.Case))
			a.check(err == nil && found && c.Reference == item.Reference, "pouch %d lists a card without a case", p.Number)
		}
		return true
	})
}

// orders in the index of open ones are open.
func (a *auditor) orders() {
	a.r.Ascend(inOpen, nil, func(key, _ []byte) bool {
		if !a.check(len(key) == 9, "open order has a bad key") {
			return true
		}
		o, found, err := load[Order](a.r, inOrders, key[1:])
		a.check(err == nil && found && o.State == OrderOpen && o.Kind == key[0], "order %d is not open", toNumber(key[1:]))
		return true
	})
}
