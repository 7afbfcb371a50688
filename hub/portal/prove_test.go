package portal_test

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/portal"
	"jaliya/internal/cms"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/issuer"
	"jaliya/internal/lang"
	"jaliya/internal/pades"
	"jaliya/internal/paper"
	"jaliya/internal/paper/pdf"
	"jaliya/internal/timestamp"
	"jaliya/internal/vds"
)

// office is a record office whose certificates are in files.
type office struct {
	document.Issuer
	stamper cms.Signer
	now     time.Time
	trust   portal.Verify
}

// Stamp implements pades.Stamper.
func (o *office) Stamp(_ context.Context, signature []byte) ([]byte, error) {
	digest := sha256.Sum256(signature)
	return timestamp.Authority{Signer: o.stamper, Policy: []int{2, 999, 1}}.
		Token(timestamp.Imprint{Hash: crypto.SHA256, Digest: digest[:]}, nil, o.now)
}

func newOffice(tb testing.TB, now time.Time) *office {
	tb.Helper()
	words, err := lang.Open()
	require.NoError(tb, err)
	o := &office{now: now}
	o.Press, err = paper.NewPress(words)
	require.NoError(tb, err)
	issuers, err := issuer.NewAuthority("Test office", issuer.Years(now, 10))
	require.NoError(tb, err)
	times, err := issuer.NewAuthority("Test time", issuer.Years(now, 10))
	require.NoError(tb, err)
	o.Keys, _, err = issuers.Identity("Test office", "MAPN", now)
	require.NoError(tb, err)
	o.stamper, err = times.Times("Test time stamps", issuer.Years(now, 5))
	require.NoError(tb, err)
	o.Times, o.Random = pades.Stamper(o), rand.Reader
	dir := tb.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(tb, issuer.SaveCertificates(path("issuers.pem"), issuers.Root()))
	require.NoError(tb, issuer.SaveCertificates(path("times.pem"), times.Root()))
	require.NoError(tb, issuer.SaveCertificates(path("seals.pem"), o.Keys.SealChain...))
	o.trust = portal.Verify{Issuers: []string{path("issuers.pem")}, Times: []string{path("times.pem")}, Seals: []string{path("seals.pem")}}
	return o
}

func (o *office) issue(tb testing.TB, mentions ...paper.Mention) document.Issued {
	tb.Helper()
	out, err := o.Issue(tb.Context(), paper.RecordData{
		Service: consular.RecordPolice,
		Office:  paper.Text{Arabic: "مديرية الشرطة القضائية، الرباط", French: "Direction de la police judiciaire, Rabat"},
		Number:  "DGSN26A0012345", Reference: "185296341852967471",
		Person: consular.Person{
			Family: consular.Name{Arabic: "بنعبد الرحمان", Latin: "BENABDERRAHMANE"},
			Given:  consular.Name{Arabic: "فاطمة الزهراء", Latin: "FATIMA ZAHRA"},
			Sex:    consular.Female, Birth: "1992-05-17", BirthCountry: consular.Morocco, Nationality: consular.Morocco,
			BirthPlace: consular.Name{Arabic: "الدار البيضاء", Latin: "Casablanca"}, NationalNumber: "BE123456",
		},
		Issued: consular.DateOf(o.now), Expires: consular.DateOf(o.now.AddDate(0, 3, 0)), Page: "https://portal.example.ma/verify", Made: o.now,
		Mentions: mentions,
	})
	require.NoError(tb, err)
	return out
}

// codeOf gives the control code out of the file, as the paper shows it.
func codeOf(t *testing.T, out document.Issued) vds.ControlCode {
	t.Helper()
	var kept struct{ Code vds.ControlCode }
	raw := flate.NewReader(bytes.NewReader(pdf.Kept(out.PDF, paper.KeptRecord)))
	require.NoError(t, json.NewDecoder(raw).Decode(&kept))
	return kept.Code
}

// gives sends the form as a browser does.
func (b *browser) gives(file []byte, fields map[string]string) page {
	b.w.tb.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if file != nil {
		part, err := form.CreateFormFile("file", "record.pdf")
		require.NoError(b.w.tb, err)
		_, err = part.Write(file)
		require.NoError(b.w.tb, err)
	}
	for name, value := range fields {
		require.NoError(b.w.tb, form.WriteField(name, value))
	}
	require.NoError(b.w.tb, form.Close())
	r := httptest.NewRequestWithContext(b.w.tb.Context(), http.MethodPost, "/verify", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.send(r)
}

func TestVerify(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	o := newOffice(t, now)
	issued := o.issue(t)
	withTrust := func(v portal.Verify) func(*portal.Options) {
		return func(options *portal.Options) {
			var err error
			options.Prover, err = portal.NewProver(v)
			require.NoError(t, err)
		}
	}
	const genuine, old, bad = "The document is genuine", "Genuine, but not valid today", "Do not rely on this document"
	text, code := vds.Text(issued.Seal), codeOf(t, issued)

	t.Run("OKFile", func(t *testing.T) {
		w := newWorld(t, withTrust(o.trust))
		got := w.browser("en").gives(issued.PDF, nil)
		require.Equal(t, http.StatusOK, got.StatusCode)
		for _, want := range []string{genuine, "BENABDERRAHMANE", "فاطمة الزهراء", "DGSN26A0012345", "17 May 1992", "BE123456", "Test office"} {
			require.Contains(t, strings.ReplaceAll(got.text, "\u00a0", " "), want)
		}
		require.NotContains(t, w.log.String(), "BENABDERRAHMANE")
		require.NotContains(t, w.log.String(), "DGSN26A0012345")
	})
	t.Run("OKSeal", func(t *testing.T) {
		got := newWorld(t, withTrust(o.trust)).browser("en").gives(nil, map[string]string{"seal": text})
		require.Contains(t, got.text, genuine)
		require.Contains(t, got.text, "BENABDERRAHMANE")
		require.NotContains(t, got.text, "What the document says</strong>", "nobody asked")
	})
	t.Run("OKSealAndCode", func(t *testing.T) {
		got := newWorld(t, withTrust(o.trust)).browser("en").gives(nil, map[string]string{"seal": text, "code": code.Printed()})
		require.Contains(t, got.text, genuine)
	})
	t.Run("OKMentions", func(t *testing.T) {
		marked := o.issue(t, paper.Mention{
			Court:    paper.Text{Arabic: "المحكمة الابتدائية بفاس", French: "Tribunal de première instance de Fès"},
			Date:     "2019-01-31",
			Offense:  paper.Text{Arabic: "إصدار شيك بدون مؤونة", French: "Émission de chèque sans provision"},
			Sentence: paper.Text{Arabic: "ستة أشهر حبسا نافذا", French: "Six mois d'emprisonnement ferme"},
		})
		says := "المحكمة الابتدائية بفاس\r\nTribunal de première instance de Fès\r\n2019-01-31\r\n" +
			"إصدار شيك بدون مؤونة\r\nÉmission de chèque sans provision\r\nستة أشهر حبسا نافذا\r\nSix mois d'emprisonnement ferme\r\n"
		b := newWorld(t, withTrust(o.trust)).browser("en")
		fields := map[string]string{"seal": vds.Text(marked.Seal), "code": codeOf(t, marked).Printed(), "says": says}
		require.Contains(t, b.gives(nil, fields).text, genuine)
		fields["says"] = ""
		require.Contains(t, b.gives(nil, fields).text, bad, "somebody whitened the paper")
		require.Contains(t, b.gives(marked.PDF, nil).text, "Tribunal de première instance de Fès")
	})
	t.Run("ErrOtherOutcome", func(t *testing.T) {
		got := newWorld(t, withTrust(o.trust)).browser("en").gives(nil,
			map[string]string{"seal": text, "code": string(code), "says": "Six mois d'emprisonnement"})
		require.Contains(t, got.text, bad)
	})
	t.Run("ErrChanged", func(t *testing.T) {
		file := bytes.Clone(issued.PDF)
		file[len(file)/3] ^= 1
		got := newWorld(t, withTrust(o.trust)).browser("en").gives(file, nil)
		require.Contains(t, got.text, bad)
		require.NotContains(t, got.text, "BENABDERRAHMANE", "what is not proved is not shown")
	})
	t.Run("ErrOtherOffice", func(t *testing.T) {
		w := newWorld(t, withTrust(newOffice(t, now).trust))
		require.Contains(t, w.browser("en").gives(issued.PDF, nil).text, bad)
		require.Contains(t, w.browser("en").gives(nil, map[string]string{"seal": text}).text, bad)
	})
	t.Run("ErrOld", func(t *testing.T) {
		w := newWorld(t, withTrust(o.trust))
		w.now = w.now.AddDate(0, 4, 0)
		got := w.browser("en").gives(issued.PDF, nil)
		require.Contains(t, got.text, old)
		require.Contains(t, got.text, "BENABDERRAHMANE")
	})
	for name, tc := range map[string]struct {
		file   []byte
		fields map[string]string
		status int
		want   string
	}{
		"Nothing":   {nil, map[string]string{}, http.StatusUnprocessableEntity, "Choose a file, or give the text"},
		"EmptyFile": {[]byte{}, map[string]string{}, http.StatusUnprocessableEntity, "Choose a file"},
		"NoPDF":     {[]byte("hello"), map[string]string{}, http.StatusOK, bad},
		"Large":     {make([]byte, pades.MaxFile+128<<10), map[string]string{}, http.StatusUnprocessableEntity, "larger than 4 MB"},
		"LongSeal":  {nil, map[string]string{"seal": strings.Repeat("A", 5000)}, http.StatusUnprocessableEntity, "too long to be a seal"},
		"NoSeal":    {nil, map[string]string{"seal": "hello"}, http.StatusOK, bad},
		"Code":      {nil, map[string]string{"seal": text, "code": "12"}, http.StatusUnprocessableEntity, "16 letters and digits"},
	} {
		t.Run("Err"+name, func(t *testing.T) {
			got := newWorld(t, withTrust(o.trust)).browser("en").gives(tc.file, tc.fields)
			require.Equal(t, tc.status, got.StatusCode)
			require.Contains(t, got.text, tc.want)
		})
	}
	t.Run("ErrTooOften", func(t *testing.T) {
		b := newWorld(t, withTrust(o.trust)).browser("en")
		for range 20 {
			require.Equal(t, http.StatusOK, b.gives(nil, map[string]string{"seal": "hello"}).StatusCode)
		}
		got := b.gives(nil, map[string]string{"seal": "hello"})
		require.Equal(t, http.StatusTooManyRequests, got.StatusCode)
		require.NotEmpty(t, got.Header.Get("Retry-After"))
	})
	t.Run("ErrNoSeals", func(t *testing.T) {
		v := o.trust
		v.Seals = nil
		w := newWorld(t, withTrust(v))
		require.NotContains(t, w.browser("en").get("/verify").text, "Text of the seal")
		require.Contains(t, w.browser("en").gives(nil, map[string]string{"seal": text}).text, "A seal alone cannot be verified")
		require.Contains(t, w.browser("en").gives(issued.PDF, nil).text, genuine)
	})
	t.Run("ErrNoTrust", func(t *testing.T) {
		w := newWorld(t)
		require.Contains(t, w.browser("en").get("/verify").text, "cannot be verified on this site yet")
		require.Contains(t, w.browser("en").gives(issued.PDF, nil).text, "cannot be verified on this site yet")
	})
}

// TestProverFiles: trust that cannot be read stops the start.
func TestProverFiles(t *testing.T) {
	none, err := portal.NewProver(portal.Verify{})
	require.NoError(t, err)
	require.Nil(t, none)
	_, err = portal.NewProver(portal.Verify{Issuers: []string{filepath.Join(t.TempDir(), "none.pem")}})
	require.Error(t, err)
}
