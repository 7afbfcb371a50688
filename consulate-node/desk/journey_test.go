package desk_test

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/journal"
	"jaliya/internal/consular"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// openEntry does what the opener at the hub will do with an entry.
func (w *world) openEntry(t *testing.T, visit string) (wire.Header, wire.Release, map[string][]byte) {
	t.Helper()
	record, err := wire.ParseRecordID(visit)
	require.NoError(t, err)
	h, err := w.journal.ByRecord(record)
	require.NoError(t, err)
	require.NoError(t, h.Validate())
	before, err := w.journal.Position(h.Seq - 1)
	require.NoError(t, err)
	entries, err := w.journal.ReadAfter(before, 1)
	require.NoError(t, err)
	opened, err := w.intake.Open(entries[0].Body, record, wire.BodyAAD(record, h.Kind))
	require.NoError(t, err)
	body, err := wire.DecodeRelease(opened.Body())
	require.NoError(t, err)
	require.NoError(t, body.Validate())
	parts := map[string][]byte{}
	if len(h.Images) == 0 {
		return h, body, parts
	}
	file, err := w.journal.OpenBundle(h.Images[0].Digest)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	bundle, err := opened.OpenBundle(file)
	require.NoError(t, err)
	got, err := bundle.Each(func(p seal.PartHead, r io.Reader) error {
		raw, err := io.ReadAll(r)
		parts[p.Name] = raw
		return err
	})
	require.NoError(t, err)
	require.Equal(t, wire.PartsOf(got), body.Parts)
	return h, body, parts
}

// secure stores a receipt for everything in the journal, as ship would.
func (w *world) secure(t *testing.T) {
	t.Helper()
	s, err := w.journal.State()
	require.NoError(t, err)
	hashes := []wire.Digest{}
	for n := s.Receipted + 1; n <= s.Head.Seq; n++ {
		at, err := w.journal.Position(n)
		require.NoError(t, err)
		hashes = append(hashes, at.Hash)
	}
	r := wire.Receipt{
		Version: 1, Cluster: w.id.Cluster, Node: w.id.Node, Incarnation: s.Head.Incarnation,
		First: s.Receipted + 1, Last: s.Head.Seq, Head: s.Head.Hash, Root: wire.RootOf(hashes), Index: 9,
		Time: w.now.UnixMilli(),
	}
	require.NoError(t, w.journal.StoreReceipts([]journal.Receipted{{Signed: wire.SignReceipt(r, w.receipt), Receipt: r}}))
}

func TestVisitToRelease(t *testing.T) {
	w := newWorld(t)
	v := w.begin(t)
	require.NotEmpty(t, v.Warnings)
	require.Equal(t, "L1", v.Level)
	v = w.fill(t, v)
	require.Empty(t, v.Warnings)
	require.Equal(t, "12/05/1990", v.Forms.Person.Birth, "what was typed stays as typed")

	var list struct{ Visits []desk.Summary }
	w.must(t, call{role: supervisor, method: http.MethodGet, path: "/visits"}, &list)
	require.Len(t, list.Visits, 1)
	require.Equal(t, familyLatin, list.Visits[0].Family.Latin)
	require.Zero(t, list.Visits[0].Open)

	var review desk.Review
	w.must(t, call{role: supervisor, method: http.MethodGet, path: "/visits/" + v.Visit + "/review"}, &review)
	require.True(t, review.Ready)
	require.Equal(t, consular.MAD(105), review.Fee.Total)
	require.Equal(t, consular.CaptureTen442, review.Profile)
	require.Len(t, review.Images, 12)
	require.Len(t, review.Look, 2, "two papers are not scanned")

	r := w.release(t, v)
	require.Equal(t, "L1", r.Level)
	require.Len(t, r.SlipCode, 8)
	require.Equal(t, uint64(1), r.Position.Sequence)

	h, body, parts := w.openEntry(t, v.Visit)
	require.Equal(t, r.Reference, h.Reference)
	require.Equal(t, int64(250), *h.Offset)
	require.Equal(t, consular.PostID("FR-LYO"), h.Pickup)
	require.True(t, consular.SlipHash(*h.SlipHash).Matches(consular.Reference(r.Reference), consular.SlipCode(r.SlipCode)))
	require.Equal(t, familyArabic, body.Person.Family.Arabic)
	require.Equal(t, consular.BirthDate("1990-05-12"), body.Person.Birth)
	require.Equal(t, "service:agent", body.EnrolledBy)
	require.Equal(t, "service:supervisor", body.ReleasedBy)
	require.Equal(t, consular.MAD(105), body.Fee.Total)
	require.Len(t, parts, 12)
	require.Equal(t, portrait(t, 413, 531), parts["portrait"])
	require.Equal(t, "portrait", body.Parts[0].Name)
	require.Equal(t, "image/x-wsq", body.Parts[1].MediaType)

	var status desk.RequestView
	w.must(t, call{role: agent, method: http.MethodGet, path: "/requests/" + r.Reference}, &status)
	require.Equal(t, "RELEASED", status.State)
	require.Equal(t, "enrolled", status.Status)
	require.Equal(t, journal.L1, status.Level)

	early := w.do(t, call{role: agent, method: http.MethodGet, path: "/requests/" + r.Reference + "/receipt"})
	require.Equal(t, "not-secured", early.problem.Code)
	w.secure(t)
	var receipt struct{ Proof string }
	w.must(t, call{role: agent, method: http.MethodGet, path: "/requests/" + r.Reference + "/receipt"}, &receipt)
	proof, err := wire.ParseProof(receipt.Proof)
	require.NoError(t, err)
	_, err = proof.Verify(wire.NewKeySet(w.receipt.Public()))
	require.NoError(t, err)
	w.must(t, call{role: agent, method: http.MethodGet, path: "/requests/" + r.Reference}, &status)
	require.Equal(t, journal.L2, status.Level)
}

func TestNothingReadableIsLeft(t *testing.T) {
	w := newWorld(t)
	v := w.fill(t, w.begin(t))
	w.upload(t, v.Visit, "scan-birth-extract", append([]byte("%PDF-1.4\n"), imageCanary...))
	w.must(t, call{role: agent, method: http.MethodGet, path: "/visits/" + v.Visit}, &v)
	scan(t, w.dir, v.Visit) // while it is a draft
	r := w.release(t, v)
	scan(t, w.dir, r.SlipCode)
	_, err := os.Stat(filepath.Join(w.dir, "drafts", v.Visit))
	require.ErrorIs(t, err, fs.ErrNotExist)
	w.restart(t)
	scan(t, w.dir, r.SlipCode)
	for _, secret := range secrets() {
		require.NotContains(t, w.log.String(), secret)
	}
	require.NotContains(t, w.log.String(), r.SlipCode)
	require.NotContains(t, w.log.String(), r.Reference)
}

func secrets() []string {
	return []string{
		familyLatin, familyArabic, fatherLatin, phone, strings.TrimPrefix(phone, "+"), email, street, actNumber,
		imageCanary, "1990-05-12", "12/05/1990", "Salma", "سلمى",
	}
}

// scan looks for each secret in the bytes of every file of the node.
func scan(t *testing.T, dir, extra string) {
	t.Helper()
	seen := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		seen++
		for _, secret := range append(secrets(), extra) {
			require.False(t, bytes.Contains(raw, []byte(secret)), "%s in %s", secret, path)
		}
		return err
	}))
	require.NotZero(t, seen)
}

func TestRecordVisit(t *testing.T) {
	t.Run("OKWithoutImages", func(t *testing.T) {
		w := newWorld(t)
		var v desk.View
		w.must(t, call{role: agent, method: http.MethodPost, path: "/visits", body: map[string]any{
			"visit": wire.NewRecordID().String(), "service": "record.police", "pickup": "FR-PAR",
		}}, &v)
		forms := adult()
		forms.Documents.Held = []desk.DocumentForm{{Kind: "registration-certificate"}, {Kind: "passport-copy"}}
		for _, form := range []desk.Form{forms.Person, forms.Contact, forms.Documents, &desk.DeliveryForm{Mode: "collect"}, recordForm()} {
			v = w.put(t, v.Visit, v.Version, form)
		}
		v = w.pay(t, v)
		require.Empty(t, v.Warnings)
		w.release(t, v)
		h, body, _ := w.openEntry(t, v.Visit)
		require.Empty(t, h.Images)
		require.Equal(t, consular.PostID("FR-PAR"), h.Pickup)
		require.Equal(t, consular.DeliverCollect, body.Delivery.Mode)
		require.Equal(t, consular.PostID("FR-PAR"), body.Delivery.Post)
		require.Equal(t, consular.PurposeVisa, body.Record.Use.Purpose)
		require.Equal(t, desk.NoticeVersion, body.Record.Consent.Version)
		require.Equal(t, consular.ProofCounter, body.Record.Proof.Kind)
		require.Equal(t, consular.DocPassportCopy, body.Record.Proof.Document)
		require.Equal(t, consular.MAD(30), body.Fee.Total)
	})
}

func TestMinor(t *testing.T) {
	w := newWorld(t)
	v := w.begin(t)
	forms := adult()
	forms.Person.Birth = "2018-01-01"
	v = w.put(t, v.Visit, v.Version, forms.Person)
	fields := func(v desk.View) []string {
		out := []string{}
		for _, one := range v.Warnings {
			out = append(out, one.Field+" "+string(one.Rule))
		}
		return out
	}
	require.Contains(t, fields(v), "guardian required")
	require.Contains(t, fields(v), "documents.guardian-request required")
	v = w.put(t, v.Visit, v.Version, forms.Fingers)
	require.Contains(t, fields(v), "fingers.right-index not-allowed", "no prints below twelve")
	v = w.put(t, v.Visit, v.Version, &desk.GuardianForm{Name: desk.PersonNameForm{
		Family: forms.Person.Family, Given: forms.Person.Mother.Given,
	}, Consent: "contacted-waiting", Contacted: "2026-11-20"})
	require.Contains(t, fields(v), "guardian.consent delay-runs")
	v = w.put(t, v.Visit, v.Version, &desk.GuardianForm{Name: desk.PersonNameForm{
		Family: forms.Person.Family, Given: forms.Person.Mother.Given,
	}, Consent: "present"})
	require.NotContains(t, strings.Join(fields(v), " "), "guardian.")
}
