package office_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/office"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/paper"
)

func TestActsAreRefused(t *testing.T) {
	w := newWorld(t).open()
	w.put("a")
	for _, role := range access.Roles() {
		who := access.Principal{ID: "REC-00009", Role: role, Surface: access.SurfaceConsole}
		_, _, err := w.office.Open(who, "a")
		if role == access.RecordOfficer {
			require.NoError(t, err)
			continue
		}
		require.True(t, fault.Is(err, fault.Denied), role)
		require.True(t, fault.Is(w.office.Do(who, "a", office.Act{Seen: 1, Event: office.Found}), fault.Denied))
		require.True(t, fault.Is(w.office.Search(who, "a", 1, office.NothingFound), fault.Denied))
		_, err = w.office.List(who)
		require.True(t, fault.Is(err, fault.Denied))
		_, err = w.office.Figures(who)
		require.True(t, fault.Is(err, fault.Denied))
	}
	_, before, _, err := w.office.StateOf("a")
	require.NoError(t, err)
	long := strings.Repeat("x", 1001)
	future := mention()
	future.Date = "2026-11-23"
	french := mention()
	french.Court.Arabic = ""
	for name, test := range map[string]struct {
		act  office.Act
		code office.Code
	}{
		"ErrNoQuestion":   {office.Act{Event: office.Asked, Language: consular.French}, office.CodeQuestion},
		"ErrLongQuestion": {office.Act{Event: office.Asked, Text: long, Language: consular.French}, office.CodeQuestion},
		"ErrNoLanguage":   {office.Act{Event: office.Asked, Text: "x"}, office.CodeQuestion},
		"ErrFuture":       {office.Act{Event: office.EntryAdded, Entry: future}, office.CodeEntry},
		"ErrFrenchOnly":   {office.Act{Event: office.EntryAdded, Entry: french}, office.CodeEntry},
		"ErrNoReason":     {office.Act{Event: office.RefusalDecided}, office.CodeNoReason},
		"ErrNoGrounds":    {office.Act{Event: office.Proposed}, office.CodeNoReason},
		"ErrClock":        {office.Act{Event: office.Released}, ""},
		"ErrNetwork":      {office.Act{Event: office.Answered}, ""},
		"ErrHalfSearch":   {office.Act{Event: office.SearchEnded}, ""},
	} {
		err := w.do(1, "a", test.act)
		require.True(t, fault.Is(err, fault.Invalid), "%s: %v", name, err)
		require.Equal(t, test.code, office.CodeOf(err), name)
	}
	err = w.office.Do(officer(1), "a", office.Act{Seen: before + 1, Event: office.Found})
	require.Equal(t, office.CodeMoved, office.CodeOf(err))
	require.True(t, fault.Is(w.do(1, "a", of(office.IssueOrdered)), fault.Conflict))
	_, after, _, err := w.office.StateOf("a")
	require.NoError(t, err)
	require.Equal(t, before, after, "nothing changed")
}

// quick makes documents that are none, for tests of times.
type quick struct{}

// Issue implements office.Maker.
func (quick) Issue(_ context.Context, d paper.RecordData) (document.Issued, error) {
	return document.Issued{PDF: []byte("%PDF " + d.Number)}, nil
}

// sample runs requests of which each fourth is reviewed, and counts for both
// kinds in which slot after its arrival each left.
func sample(t *testing.T, plan office.Plan, review time.Duration) (plain, reviewed map[int]int) {
	t.Helper()
	w := newWorld(t)
	w.plan, w.maker, w.memory = plan, quick{}, true
	w.open()
	const count = 240
	plain, reviewed = map[int]int{}, map[int]int{}
	arrived, decides, kind, open := map[string]int64{}, map[string]time.Time{}, map[string]bool{}, map[string]bool{}
	for i := 0; i < count || len(open) > 0; i++ {
		require.Less(t, i, 4*count)
		if i < count {
			id := "s" + strconv.Itoa(1000+i)
			w.put(id)
			arrived[id], open[id], kind[id] = w.at.Load()/int64(plan.Slot), true, i%4 == 0
			decides[id] = w.now().Add(plan.Slot / 3)
			if kind[id] {
				decides[id] = w.now().Add(review)
			}
		}
		for id, when := range decides {
			if when.After(w.now()) {
				continue
			}
			delete(decides, id)
			if kind[id] {
				w.reviewPath(id)
			} else {
				w.clearPath(id)
			}
		}
		w.turn()
		for id := range open {
			told, err := w.office.Tell(id)
			require.NoError(t, err)
			if told.State != office.OutIssued {
				continue
			}
			delete(open, id)
			lag := int(w.at.Load()/int64(plan.Slot) - arrived[id])
			if kind[id] {
				reviewed[lag]++
			} else {
				plain[lag]++
			}
		}
		w.pass(plan.Slot / 4)
	}
	return plain, reviewed
}

// differ gives the chi-square statistic of homogeneity of two samples over its
// degrees of freedom, each cell against what both together expect.
func differ(a, b map[int]int) (chi float64, freedom int) {
	cells := map[int]bool{}
	var na, nb float64
	for lag, n := range a {
		cells[lag], na = true, na+float64(n)
	}
	for lag, n := range b {
		cells[lag], nb = true, nb+float64(n)
	}
	for lag := range cells {
		both := float64(a[lag] + b[lag])
		for _, one := range []struct{ seen, of float64 }{{float64(a[lag]), na}, {float64(b[lag]), nb}} {
			expected := both * one.of / (na + nb)
			chi += (one.seen - expected) * (one.seen - expected) / expected
		}
	}
	return chi, len(cells) - 1
}

// limit is far beyond what chance does: with one degree of freedom once in ten
// million.
func limit(freedom int) float64 {
	return float64(freedom) + 5.3*math.Sqrt(2*float64(freedom)) + 20
}

// TestReleaseTimesTellNothing compares when clear and reviewed requests leave.
// Without lots the same office tells them apart.
func TestReleaseTimesTellNothing(t *testing.T) {
	plan := office.Plan{Slot: slot, Early: 4, Late: 8, Share: 0.25}
	review := slot * 5 / 2
	plain, reviewed := sample(t, plan, review)
	chi, freedom := differ(plain, reviewed)
	t.Logf("with lots: clear %v, reviewed %v: chi-square %.1f of %d", plain, reviewed, chi, freedom)
	require.Less(t, chi, limit(freedom))
	require.Greater(t, plain[plan.Late], 15, "clear requests have late slots too")
	require.Equal(t, 240, sum(plain)+sum(reviewed))

	plain, reviewed = sample(t, plan.WithoutLots(), review)
	chi, freedom = differ(plain, reviewed)
	t.Logf("without: clear %v, reviewed %v: chi-square %.1f of %d", plain, reviewed, chi, freedom)
	require.Greater(t, chi, limit(freedom), "the comparison would find a difference")
}

func sum(m map[int]int) (n int) {
	for _, one := range m {
		n += one
	}
	return n
}

// TestSlowReviews: what misses its early slot leaves where late lots do.
func TestSlowReviews(t *testing.T) {
	plan := office.Plan{Slot: slot, Early: 2, Late: 8, Share: 0.25}
	plain, reviewed := sample(t, plan, 5*slot)
	require.Equal(t, map[int]int{plan.Late: sum(reviewed)}, reviewed)
	require.Equal(t, sum(plain), plain[plan.Early]+plain[plan.Late])
	require.Greater(t, plain[plan.Late], 5, "not alone there")
}

// TestShare: the running figure follows what is decided, and is kept.
func TestShare(t *testing.T) {
	w := newWorld(t)
	w.maker = quick{}
	w.open()
	for i := range 30 {
		id := "f" + strconv.Itoa(i)
		w.put(id)
		if i%2 == 0 {
			w.reviewPath(id)
		} else {
			w.clearPath(id)
		}
	}
	f, err := w.office.Figures(officer(1))
	require.NoError(t, err)
	require.EqualValues(t, 30, f.Decided)
	require.EqualValues(t, 15, f.Reviewed)
	require.Zero(t, f.Missed)
	require.InDelta(t, (15+0.2*20)/50, f.Share, 1e-9)
}

// TestCanary: no name and no finding lies in clear in any file, line or metric.
func TestCanary(t *testing.T) {
	w := newWorld(t).open()
	for _, id := range []string{"k1", "k2", "k3"} {
		w.put(id)
	}
	w.reviewPath("k1")
	w.clearPath("k2")
	w.must(1, "k3", office.Act{Event: office.Asked, Text: "Question for " + canary, Language: consular.French})
	_, _, err := w.office.Open(officer(1), "k1")
	require.NoError(t, err)
	require.Equal(t, "issued", w.until("k1").told.State)
	w.until("k2")
	secrets := []string{canary, "فاطمة", offense, "Fès", "no rehabilitation", "BE123456", "Question for", "REVIEW", "CLEAR", "entries-found"}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(w.path), "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, secret := range secrets {
			require.False(t, bytes.Contains(raw, []byte(secret)), "%s in %s", secret, filepath.Base(file))
		}
	}
	require.Contains(t, w.log.String(), "/v1/requests/:id", "there are lines")
	for _, secret := range append(secrets, "k1") {
		require.NotContains(t, w.log.String(), secret)
	}
}
