package desk

import (
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
)

// clockGood is what no one needs to be told of.
const clockGood = 2 * time.Second

// queuedRow is one item as the page shows it.
type queuedRow struct {
	Item, Size, Made, Attempts, Reason, Last, Next string
}

// lineFigures are what the connection page tells beside the test: the clock, the
// way, and what images may take.
func (s *Screens) lineFigures(p lang.Printer, st Status) []fact {
	facts := []fact{{Label: p.T("queue.line.clock"), Text: clockWords(p, st.Offset)}}
	l := st.Link
	if l == nil {
		return facts
	}
	if l.RTT > 0 {
		facts = append(facts, fact{Label: p.T("queue.line.rtt"), Text: p.T("queue.line.rtt_value", "ms", lang.LTR(p.Number(l.RTT)))})
	}
	if l.Bulk > 0 {
		facts = append(facts, fact{Label: p.T("queue.line.bulk"), Text: p.Number(int64(l.Bulk))})
	}
	if l.Budget != nil {
		facts = append(facts, fact{Label: p.T("queue.line.budget"), Text: s.budgetWords(p, *l.Budget)})
	}
	return facts
}

func clockWords(p lang.Printer, offset *int64) string {
	if offset == nil {
		return p.T("queue.line.clock_unknown")
	}
	off := time.Duration(*offset) * time.Millisecond
	switch {
	case off.Abs() < clockGood:
		return p.T("queue.line.clock_right")
	case off > 0: // the hub's time minus ours
		return p.T("queue.line.clock_behind", "span", p.Span(off))
	}
	return p.T("queue.line.clock_ahead", "span", p.Span(-off))
}

func (s *Screens) budgetWords(p lang.Printer, b BudgetView) string {
	rate := lang.LTR(p.Number(b.Rate / 1000))
	clock := lang.LTR(p.Clock(b.Until.In(s.desk.zone)))
	switch {
	case b.Rate == 0:
		return p.T("queue.line.budget_none_until", "clock", clock)
	case b.Until.IsZero():
		return p.T("queue.line.budget_rate", "rate", rate)
	}
	return p.T("queue.line.budget_rate_until", "rate", rate, "clock", clock)
}

// waiting puts what waits, and the figures of the line, on the page.
func (s *Screens) waiting(c *gin.Context, who access.Principal, data gin.H) error {
	st, err := s.desk.Status(c.Request.Context(), who)
	if err != nil {
		return err
	}
	q, err := s.desk.Queue(c.Request.Context(), who)
	if err != nil {
		return err
	}
	p := s.ui.Printer(c)
	rows := make([]queuedRow, 0, len(q.Items))
	entries, stuck := uint64(0), false
	for _, i := range q.Items {
		rows = append(rows, s.queued(p, i))
		stuck = stuck || i.Reason == "damaged" || i.Reason == "refused"
		if i.Image == "" {
			entries++
		}
	}
	data["Line"], data["Queue"], data["Stuck"] = s.lineFigures(p, st), rows, stuck
	data["Waits"] = s.waitsInShort(p, st, max(q.Waiting, entries))
	if q.Waiting > entries {
		data["More"] = p.T("queue.more", "count", p.Number(int64(entries)), "all", p.Number(int64(min(q.Waiting, 1<<40))))
	}
	return nil
}

// waitsInShort says how many wait, since when, and what holds them.
func (s *Screens) waitsInShort(p lang.Printer, st Status, entries uint64) []fact {
	facts := []fact{{Label: p.T("desk.status.unsecured"), Text: p.T("desk.status.entries", "count", int(min(entries, 1<<30)))}}
	if st.OldestAge > 0 {
		facts = append(facts, fact{Label: p.T("desk.status.oldest"), Text: p.Ago(time.Duration(st.OldestAge) * time.Second)})
	}
	if st.Link != nil && st.Link.Budget != nil {
		facts = append(facts, fact{Label: p.T("queue.line.budget"), Text: s.budgetWords(p, *st.Link.Budget)})
	}
	return facts
}

func (s *Screens) queued(p lang.Printer, i QueueItem) queuedRow {
	number := lang.LTR(strconv.FormatUint(i.Sequence, 10))
	r := queuedRow{
		Item: p.T("queue.entry", "number", number), Size: p.T("queue.size", "size", p.Number(int64(i.Bytes+1023)/1024)), //nolint:gosec // a size
		Made: p.DateTime(i.Made.In(s.desk.zone)), Attempts: p.Number(int64(min(i.Attempts, 1<<40))),
		Reason: p.T("queue.reason." + i.Reason), Last: lastWords(p, i.Last), Next: p.T("queue.now"),
	}
	if i.Image != "" {
		r.Item = p.T("queue.image", "image", lang.LTR(i.Image), "number", number)
	}
	if !i.Next.IsZero() {
		r.Next = p.Clock(i.Next.In(s.desk.zone))
	}
	return r
}

// lastWords puts the code of a failure into words that say what to expect.
func lastWords(p lang.Printer, code string) string {
	switch code {
	case "":
		return ""
	case fault.Unavailable.Code(), fault.Timeout.Code(), fault.Stale.Code():
		return p.T("queue.last.line")
	case fault.Full.Code():
		return p.T("queue.last.busy")
	case fault.Denied.Code(), fault.Expired.Code():
		return p.T("queue.last.denied")
	case fault.Corrupt.Code():
		return p.T("queue.last.damaged")
	}
	return p.T("queue.last.other", "code", lang.LTR(code))
}
