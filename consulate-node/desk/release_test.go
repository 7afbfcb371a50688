package desk_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

func TestRelease(t *testing.T) {
	t.Run("ErrOwnWork", func(t *testing.T) {
		w := newWorld(t)
		v := w.fill(t, w.begin(t))
		visit, err := wire.ParseRecordID(v.Visit)
		require.NoError(t, err)
		both := access.Principal{ID: "service:agent", Role: supervisor}
		_, err = w.desk.Release(t.Context(), both, visit, v.Version)
		require.ErrorContains(t, err, "four-eyes")
		// Who only corrected one field has captured too.
		var after desk.View
		w.must(t, call{
			role: supervisor, method: http.MethodPut, path: "/visits/" + v.Visit + "/contact", version: v.Version,
			body: desk.ContactForm{Phone: phone, Language: "ar"},
		}, &after)
		a := w.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + v.Visit + "/release", version: after.Version})
		require.Equal(t, http.StatusForbidden, a.Code)
		require.Equal(t, "four-eyes", a.problem.Code)
	})
	t.Run("ErrChangedSinceReview", func(t *testing.T) {
		w := newWorld(t)
		v := w.fill(t, w.begin(t))
		w.must(t, call{role: agent, method: http.MethodDelete, path: imagePath(v.Visit, "signature")}, nil)
		a := w.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + v.Visit + "/release", version: v.Version})
		require.Equal(t, "version-conflict", a.problem.Code)
	})
	t.Run("ErrImageNotWhole", func(t *testing.T) {
		w := newWorld(t)
		v := w.fill(t, w.begin(t))
		w.must(t, call{role: agent, method: http.MethodPost, path: imagePath(v.Visit, "scan-birth-extract"), body: announcement([]byte("x"))}, nil)
		a := w.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + v.Visit + "/release", version: v.Version + 1})
		require.Equal(t, "incomplete", a.problem.Code)
		require.Len(t, a.problem.Violations, 1)
		require.Equal(t, "images.scan-birth-extract", a.problem.Violations[0].Field)
	})
	t.Run("OKReplay", func(t *testing.T) {
		w := newWorld(t)
		v := w.fill(t, w.begin(t))
		first := w.release(t, v)
		again := w.release(t, v)
		require.True(t, again.Repeated)
		again.Repeated = false
		require.Equal(t, first, again)
		require.Equal(t, uint64(1), w.entries(t))
	})
	t.Run("OKSlipIsShownUntilGiven", func(t *testing.T) {
		w := newWorld(t)
		v := w.fill(t, w.begin(t))
		first := w.release(t, v)
		w.must(t, call{role: agent, method: http.MethodDelete, path: "/visits/" + v.Visit + "/slip"}, nil)
		w.must(t, call{role: agent, method: http.MethodDelete, path: "/visits/" + v.Visit + "/slip"}, nil)
		again := w.release(t, v)
		require.Empty(t, again.SlipCode)
		require.True(t, again.SlipIssued)
		require.Equal(t, first.Reference, again.Reference)
	})
	t.Run("OKSlipIsForgottenAfterADay", func(t *testing.T) {
		w := newWorld(t)
		v := w.fill(t, w.begin(t))
		w.release(t, v)
		w.now = w.now.Add(24 * time.Hour)
		require.Empty(t, w.release(t, v).SlipCode)
		swept, err := w.desk.Sweep()
		require.NoError(t, err)
		require.Equal(t, 1, swept)
	})
	t.Run("OKLowQualityAfterThreeAttempts", func(t *testing.T) {
		w := newWorld(t)
		v := w.fill(t, w.begin(t))
		low := adult().Fingers
		low.Reports[0].Quality = 39
		v = w.put(t, v.Visit, v.Version, low)
		require.Equal(t, []desk.FieldRule{{Field: "fingers.right-index", Rule: "quality"}}, v.Warnings)
		low.Reports[0].Attempts = 3
		v = w.put(t, v.Visit, v.Version, low)
		require.Empty(t, v.Warnings)
		low.Reports[0] = desk.FingerForm{Finger: "right-index", Exception: "BANDAGED"}
		v = w.put(t, v.Visit, v.Version, low)
		require.Equal(t, []desk.FieldRule{{Field: "images.exceptions", Rule: "required"}}, v.Warnings)
		w.upload(t, v.Visit, "exceptions", picture(t, 40, 40))
		w.must(t, call{role: agent, method: http.MethodGet, path: "/visits/" + v.Visit}, &v)
		w.release(t, v)
	})
}

func (w *world) entries(t *testing.T) uint64 {
	t.Helper()
	s, err := w.journal.State()
	require.NoError(t, err)
	return s.Head.Seq
}

var errPowerCut = errors.New("power cut")

// TestReleaseIsCutOff ends the process after each step of a release, starts it
// again and asks once more: there is one entry, one reference, and no draft.
func TestReleaseIsCutOff(t *testing.T) {
	committed := map[string]bool{"committed": true, "forgotten": true}
	for _, step := range desk.Steps() {
		t.Run("OK"+step, func(t *testing.T) {
			w := newWorld(t)
			v := w.fill(t, w.begin(t))
			other := w.begin(t)
			w.desk.OnStep(func(at string) error {
				if at == step {
					return errPowerCut
				}
				return nil
			})
			a := w.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + v.Visit + "/release", version: v.Version})
			require.Equal(t, http.StatusInternalServerError, a.Code)
			w.restart(t)
			if committed[step] {
				require.Equal(t, uint64(1), w.entries(t))
				require.NoDirExists(t, filepath.Join(w.dir, "drafts", v.Visit), "reaped at start")
			} else {
				require.Zero(t, w.entries(t))
				var draft desk.View
				w.must(t, call{role: agent, method: http.MethodGet, path: "/visits/" + v.Visit}, &draft)
				require.Equal(t, v, draft, "the draft is as it was")
			}
			r := w.release(t, v)
			require.Equal(t, committed[step], r.Repeated)
			require.Len(t, r.SlipCode, 8, "the slip can still be printed")
			require.Equal(t, uint64(1), w.entries(t))
			w.openEntry(t, v.Visit)
			require.NoDirExists(t, filepath.Join(w.dir, "drafts", v.Visit))
			w.must(t, call{role: agent, method: http.MethodGet, path: "/visits/" + other.Visit}, nil)
			require.NoError(t, w.journal.Close())
			report, err := journal.Verify(filepath.Join(w.dir, "journal.db"), nil)
			require.NoError(t, err)
			require.Zero(t, report.Missing)
			w.start(t)
		})
	}
}

func TestReapClearsWhatNoRowNames(t *testing.T) {
	w := newWorld(t)
	v := w.begin(t)
	w.upload(t, v.Visit, "portrait", portrait(t, 413, 531))
	stray := filepath.Join(w.dir, "drafts", v.Visit, "portrait.0000000000000000")
	require.NoError(t, os.WriteFile(stray, []byte("announced when the power went"), 0o600))
	orphan := filepath.Join(w.dir, "drafts", wire.NewRecordID().String())
	require.NoError(t, os.MkdirAll(orphan, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(orphan, "portrait.0"), []byte("x"), 0o600))
	w.restart(t)
	require.NoFileExists(t, stray)
	require.NoDirExists(t, orphan)
	head := w.do(t, call{role: agent, method: http.MethodHead, path: imagePath(v.Visit, "portrait")})
	require.Equal(t, "?1", head.Header().Get("Upload-Complete"))
}

func TestReleaseWithoutKeyOfTheHub(t *testing.T) {
	w := newWorld(t)
	v := w.fill(t, w.begin(t))
	w.noIntake = true
	a := w.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + v.Visit + "/release", version: v.Version})
	require.Equal(t, http.StatusServiceUnavailable, a.Code)
	require.Equal(t, "no-intake-key", a.problem.Code)
	require.Zero(t, w.entries(t))
	w.noIntake = false
	w.release(t, v)
}

// TestDamagedImage changes one byte of a whole image on disk: it is not sealed
// as if it were good, and can be captured again.
func TestDamagedImage(t *testing.T) {
	w := newWorld(t)
	v := w.fill(t, w.begin(t))
	files, err := filepath.Glob(filepath.Join(w.dir, "drafts", v.Visit, "portrait.*"))
	require.NoError(t, err)
	raw, err := os.ReadFile(files[0])
	require.NoError(t, err)
	raw[len(raw)/2] ^= 1
	require.NoError(t, os.WriteFile(files[0], raw, 0o600))
	a := w.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + v.Visit + "/release", version: v.Version})
	require.Equal(t, "corrupt", a.problem.Code)
	require.Zero(t, w.entries(t))
	require.NoError(t, os.Remove(files[0]))
	a = w.do(t, call{role: supervisor, method: http.MethodPost, path: "/visits/" + v.Visit + "/release", version: v.Version})
	require.Equal(t, "storage", a.problem.Code)
	w.must(t, call{role: agent, method: http.MethodDelete, path: imagePath(v.Visit, "portrait")}, &v)
	w.upload(t, v.Visit, "portrait", portrait(t, 413, 531))
	w.must(t, call{role: agent, method: http.MethodGet, path: "/visits/" + v.Visit}, &v)
	w.release(t, v)
}

// TestForeignDataKey opens a node's files with another data key, as a thief of
// the disk would.
func TestForeignDataKey(t *testing.T) {
	w := newWorld(t)
	v := w.begin(t)
	var err error
	w.dataKey, err = seal.NewDataKey()
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(filepath.Join(w.dir, "drafts")))
	w.restart(t)
	a := w.do(t, call{role: agent, method: http.MethodGet, path: "/visits/" + v.Visit})
	require.Equal(t, "corrupt", a.problem.Code)
}
