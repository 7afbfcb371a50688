package paper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/paper"
)

func press(tb testing.TB) *paper.Press {
	tb.Helper()
	catalog, err := lang.Open()
	require.NoError(tb, err)
	p, err := paper.NewPress(catalog)
	require.NoError(tb, err)
	return p
}

func applicant() consular.PersonName {
	return consular.PersonName{
		Family: consular.Name{Arabic: "بنعبد الرحمان", Latin: "BENABDERRAHMANE"},
		Given:  consular.Name{Arabic: "فاطمة الزهراء", Latin: "FATIMA ZAHRA"},
	}
}

func printed() time.Time { return time.Date(2026, 11, 22, 14, 20, 0, 0, time.UTC) }

const (
	followURL = "https://suivi.example.ma/s/8vQ2xJm4T0yZr6Kd1NwPbA"
	proofText = "JLY1:4Hq7Zk0pY2m9QxVtR8sN3bLcWfEaUdGjKiOoPz1aB2cD3eF4gH5iJ6kL7mN8oP9qR0sT1uV2wX3yZ4"
)

func slipData(tb testing.TB) paper.SlipData {
	tb.Helper()
	fees, err := consular.BuiltInFees()
	require.NoError(tb, err)
	fee, err := fees.Compute(consular.CNIERenewal, 34, "2026-11-22")
	require.NoError(tb, err)
	ref, err := consular.NewReference(zeros{})
	require.NoError(tb, err)
	return paper.SlipData{
		Kind: consular.ConsulateGeneral, Post: "FR-LYO", City: consular.Name{Arabic: "ليون", Latin: "Lyon"},
		Reference: ref, Code: "48201937", Follow: followURL,
		Service: consular.CNIERenewal, Applicant: applicant(),
		Deposited: "2026-11-22", Promised: "2026-12-28", Limit: "2027-01-21",
		Documents: []consular.DocumentKind{
			consular.DocOldCard, consular.DocRegistration, consular.DocBirthExtract, consular.DocPhotograph,
		},
		Fee: fee, Payment: "LYO-2026-004211", Level: 2, Proof: proofText,
		Language: consular.English, Staff: "A-0417", Printed: printed(),
	}
}

// zeros is a source of known bytes, so that references repeat.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(i*37 + 11)
	}
	return len(b), nil
}

func namesData() paper.NamesData {
	name := applicant()
	return paper.NamesData{
		Kind: consular.Embassy, Post: "SN-DKR", City: consular.Name{Arabic: "دكار", Latin: "Dakar"},
		Service: consular.CNIEFirst, On: "2026-11-22", Staff: "A-0417", Printed: printed(),
		Person: consular.Person{
			Family: name.Family, Given: name.Given, Birth: "1992-05-01",
			BirthPlace: consular.Name{Arabic: "الدار البيضاء (أنفا)", Latin: "Casablanca (Anfa)"},
			Father: consular.PersonName{
				Given:  consular.Name{Arabic: "محمد", Latin: "MOHAMMED"},
				Family: consular.Name{Arabic: "بنعبد الرحمان", Latin: "BENABDERRAHMANE"},
			},
			Mother:         consular.PersonName{Given: consular.Name{Arabic: "خديجة", Latin: "KHADIJA"}},
			NationalNumber: "BE123456",
		},
	}
}
