package document_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/cms"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/issuer"
	"jaliya/internal/lang"
	"jaliya/internal/pades"
	"jaliya/internal/paper"
	"jaliya/internal/revocation"
	"jaliya/internal/timestamp"
	"jaliya/internal/vds"
)

func now() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }

const today = consular.Date("2026-11-22")

// office is a record office with its authorities, in memory.
type office struct {
	document.Issuer
	issuers, times *issuer.Authority
	stamper        cms.Signer
	down           error
}

// Stamp implements pades.Stamper.
func (o *office) Stamp(_ context.Context, signature []byte) ([]byte, error) {
	if o.down != nil {
		return nil, o.down
	}
	digest := sha256.Sum256(signature)
	return timestamp.Authority{Signer: o.stamper, Policy: []int{2, 999, 1}}.
		Token(timestamp.Imprint{Hash: crypto.SHA256, Digest: digest[:]}, nil, now())
}

func newOffice(tb testing.TB) *office {
	tb.Helper()
	catalog, err := lang.Open()
	require.NoError(tb, err)
	o := &office{}
	o.Press, err = paper.NewPress(catalog)
	require.NoError(tb, err)
	o.issuers, err = issuer.NewAuthority("Test office", issuer.Years(now(), 10))
	require.NoError(tb, err)
	o.times, err = issuer.NewAuthority("Test time", issuer.Years(now(), 10))
	require.NoError(tb, err)
	o.Keys, _, err = o.issuers.Identity("Test office", "MAPN", now())
	require.NoError(tb, err)
	o.stamper, err = o.times.Times("Test time stamps", issuer.Years(now(), 5))
	require.NoError(tb, err)
	o.Times, o.Random = o, rand.Reader
	lists := filepath.Join(tb.TempDir(), "lists.pem")
	own, err := o.issuers.Lists(issuer.Years(now(), 1))
	require.NoError(tb, err)
	times, err := o.times.Lists(issuer.Years(now(), 1))
	require.NoError(tb, err)
	require.NoError(tb, revocation.Save(lists, append(own, times...)...))
	o.Lasting = pades.Completer{Trust: o.trust(), Lists: &revocation.Source{Files: []string{lists}}}
	return o
}

func (o *office) trust() pades.Trust {
	return pades.Trust{Issuers: o.issuers.Pool(), Times: o.times.Pool()}
}

func (o *office) keys(tb testing.TB) *vds.Keys {
	tb.Helper()
	k, err := vds.NewKeys(o.issuers.Pool(), o.Keys.SealChain)
	require.NoError(tb, err)
	return k
}

func (o *office) issue(tb testing.TB, d paper.RecordData) document.Issued {
	tb.Helper()
	out, err := o.Issue(tb.Context(), d)
	require.NoError(tb, err)
	return out
}

func record(mentions int) paper.RecordData {
	d := paper.RecordData{
		Service: consular.RecordPolice,
		Office:  paper.Text{Arabic: "مديرية الشرطة القضائية، الرباط", French: "Direction de la police judiciaire, Rabat"},
		Number:  "DGSN26A0012345", Reference: "185296341852967471",
		Person: consular.Person{
			Family: consular.Name{Arabic: "بنعبد الرحمان", Latin: "BENABDERRAHMANE"},
			Given:  consular.Name{Arabic: "فاطمة الزهراء", Latin: "FATIMA ZAHRA"},
			Sex:    consular.Female, Birth: "1992-05-XX", BirthCountry: consular.Morocco, Nationality: consular.Morocco,
			BirthPlace: consular.Name{Arabic: "الدار البيضاء", Latin: "Casablanca"}, NationalNumber: "BE123456",
		},
		Issued: today, Expires: "2027-02-22", Page: "https://verifier.example.ma", Made: now(),
	}
	for i := range mentions {
		d.Mentions = append(d.Mentions, paper.Mention{
			Court:    paper.Text{Arabic: "المحكمة الابتدائية بفاس", French: "Tribunal de première instance de Fès"},
			Date:     consular.Date(fmt.Sprintf("2019-01-%02d", i+1)),
			Offense:  paper.Text{Arabic: "إصدار شيك بدون مؤونة", French: "Émission de chèque sans provision"},
			Sentence: paper.Text{Arabic: "ستة أشهر حبسا نافذا", French: "Six mois d'emprisonnement ferme"},
		})
	}
	return d
}

// longest is a record that fills as much paper as one can, with texts that no
// compression makes much shorter.
func longest() paper.RecordData {
	d := record(20)
	random := mathrand.New(mathrand.NewPCG(1, 2))
	letters := func(from string) string {
		all := []rune(from)
		out := make([]rune, 200)
		for i := range out {
			out[i] = all[random.IntN(len(all))]
			if i%7 == 6 {
				out[i] = ' '
			}
		}
		return string(out[:199]) + string(all[0])
	}
	text := func() paper.Text {
		return paper.Text{
			Arabic: letters("ابتثجحخدذرزسشصضطظعغفقكلمنهويءةىؤئأإآ"),
			French: letters("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzàâçéèêëîïôùûü0123456789"),
		}
	}
	for i := range d.Mentions {
		d.Mentions[i].Court, d.Mentions[i].Offense, d.Mentions[i].Sentence = text(), text(), text()
	}
	long := consular.Name{
		Arabic: strings.TrimSpace(strings.Repeat("عبد ", 25)), Latin: strings.TrimSpace(strings.Repeat("ABDELW ", 14)),
	}
	both := consular.PersonName{Family: long, Given: long}
	d.Person.Family, d.Person.Given, d.Person.BirthPlace, d.Person.Father, d.Person.Mother = long, long, long, both, both
	return d
}
