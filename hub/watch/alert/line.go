package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"jaliya/hub/ledger"
	"jaliya/hub/watch"
	"jaliya/internal/consular"
)

// Turn says what happened to a need.
type Turn string

// The turns, as in the contract.
const (
	Begun Turn = "begun"
	Worse Turn = "worse" // more urgent than it was when it was told
	Ended Turn = "ended"
	Open  Turn = "open" // nothing new: it lasts
)

// Line is one thing to tell. Of a need that ended, its key, kind, post, subject
// and urgency are known.
type Line struct {
	Turn  Turn
	Need  watch.Need
	Begun int64 // which one of those that had this key
}

// mark names a line among all that are ever told.
type mark struct {
	key     string
	begun   int64
	urgency watch.Urgency
	end     bool
}

func (l Line) mark() mark {
	return mark{key: l.Need.Key, begun: l.Begun, urgency: l.Need.Urgency, end: l.Turn == Ended}
}

// note gives the line as the ledger keeps it.
func (l Line) note() ledger.AlertLine {
	return ledger.AlertLine{Key: l.Need.Key, Begun: l.Begun, Urgency: uint8(l.Need.Urgency), End: l.Turn == Ended}
}

// rule says what is told.
type rule struct {
	least watch.Urgency
	wait  time.Duration
}

// lines gives what has to be told: needs of the picture that the ledger has
// noted and nobody was told of as urgently, and ends that nobody was told of. A
// need that has become less urgent is no news. It reads nothing but its
// arguments.
func lines(p watch.Picture, marks []ledger.Need, r rule) []Line {
	held := make(map[string]ledger.Need, len(marks))
	for _, m := range marks {
		held[m.Key] = m
	}
	lasted := func(since int64) bool { return p.At.Sub(time.UnixMilli(since)) >= r.wait }
	var list []Line
	for _, n := range p.Needs {
		m, noted := held[n.Key]
		switch {
		case !noted || m.Ended != 0 || n.Urgency > r.least || !lasted(m.Begun):
		case m.Told == 0:
			list = append(list, Line{Turn: Begun, Need: n, Begun: m.Begun})
		case n.Urgency < watch.Urgency(m.ToldAs):
			list = append(list, Line{Turn: Worse, Need: n, Begun: m.Begun})
		}
	}
	for _, m := range marks {
		if m.Ended != 0 && m.Told != 0 && lasted(m.Ended) {
			list = append(list, Line{Turn: Ended, Need: ofKey(m), Begun: m.Begun})
		}
	}
	return list
}

// ofKey gives what is still known of a need that ended.
func ofKey(m ledger.Need) watch.Need {
	kind, subject := watch.SplitKey(m.Key)
	n := watch.Need{Key: m.Key, Kind: kind, Subject: subject, Urgency: max(watch.Urgency(m.ToldAs), watch.Now), Count: 1}
	// An id is read as people write it: "print" would be one too.
	if post, err := consular.ParsePostID(subject); err == nil && string(post) == subject {
		n.Post, n.Subject = post, ""
	}
	return n
}

// open gives the needs that last, as lines without news.
func open(p watch.Picture, r rule) (list []Line) {
	for _, n := range p.Needs {
		if n.Urgency <= r.least {
			list = append(list, Line{Turn: Open, Need: n})
		}
	}
	return list
}

// nameOf gives the id of a message with these lines: the same lines have the same
// one, whoever sends them.
func nameOf(cluster string, list []Line) string {
	texts := make([]string, len(list))
	for i, l := range list {
		m := l.mark()
		texts[i] = strings.Join([]string{m.key, strconv.FormatInt(m.begun, 10), m.urgency.String(), strconv.FormatBool(m.end)}, " ")
	}
	slices.Sort(texts)
	sum := sha256.Sum256([]byte(cluster + "\n" + strings.Join(texts, "\n")))
	return "alert-" + hex.EncodeToString(sum[:16])
}
