package signin_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/portal/signin"
	"jaliya/internal/consular"
	"jaliya/internal/web"
)

const person = `{"verification":{"trust_framework":"ma_tcn"},"claims":{
	"family_name":"Fouadi","family_name#ar":"فؤادي","given_name":"Nezha","given_name#ar":"نزهة","birthdate":"1957-02","gender":"female",
	"national_number":"ZZ158355","nationalities":["FR","MA"],"place_of_birth":{"locality":"Paris 14e","locality#ar":"باريس 14","country":"FR"},
	"mother":{"given_name":"Wafae","given_name#ar":"وفاء"}}}`

func TestReadPerson(t *testing.T) {
	p, names, err := signin.ReadPerson([]byte(person))
	require.NoError(t, err)
	require.Equal(t, consular.BirthDate("1957-02-XX"), p.Birth)
	require.Equal(t, consular.Morocco, p.Nationality, "whichever stands first")
	require.True(t, p.Mother.Family.IsZero())
	require.True(t, p.Father.IsZero())
	require.Equal(t, consular.Country("FR"), p.BirthCountry)
	require.Equal(t, []string{"birthdate", "family_name", "gender", "given_name", "mother", "national_number", "nationalities", "place_of_birth"}, names)
	for name, change := range map[string][2]string{
		"Framework":      {"ma_tcn", "other"},
		"Script":         {"فؤادي", "Fouadi"},
		"OneScript":      {`"family_name#ar":"فؤادي",`, ""},
		"NoName":         {`"given_name":"Nezha","given_name#ar":"نزهة",`, ""},
		"NameNumber":     {`"Nezha"`, `17`},
		"Markup":         {"Fouadi", "<b>Fouadi</b>"},
		"Override":       {"Fouadi", "Fouadi\u202e"},
		"BirthDate":      {"1957-02", "1957-02-30"},
		"BirthTyped":     {"1957-02", "12/05/1975"},
		"NoBirthDate":    {`"birthdate":"1957-02",`, ""},
		"Gender":         {"female", "other"},
		"Number":         {"ZZ158355", "ZZ 15 83 55 99 99"},
		"NoNumber":       {`"national_number":"ZZ158355",`, ""},
		"Nationality":    {`"FR","MA"`, `"XX"`},
		"NationalityOne": {`["FR","MA"]`, `"MA"`},
		"Country":        {`"country":"FR"`, `"country":"ZZ"`},
		"Place":          {`"Paris 14e"`, `"Paris\u0007"`},
		"Mother":         {`{"given_name":"Wafae","given_name#ar":"وفاء"}`, `{"family_name":"A","family_name#ar":"ب"}`},
		"MotherText":     {`{"given_name":"Wafae","given_name#ar":"وفاء"}`, `"Wafae"`},
	} {
		t.Run("Err"+name, func(t *testing.T) {
			spoilt := strings.Replace(person, change[0], change[1], 1)
			require.NotEqual(t, person, spoilt)
			p, names, err := signin.ReadPerson([]byte(spoilt))
			require.True(t, web.Has(err, signin.CodePerson), "%v", err)
			require.Empty(t, names)
			require.Equal(t, consular.Person{}, p)
			require.NotContains(t, err.Error(), "Nezha")
		})
	}
}

// FuzzPerson asks of every person that is taken that our own rules take it too.
func FuzzPerson(f *testing.F) {
	f.Add([]byte(person))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, names, err := signin.ReadPerson(raw)
		if err != nil {
			require.Equal(t, consular.Person{}, p)
			return
		}
		require.NoError(t, p.Name().Validate())
		require.NoError(t, p.NationalNumber.Validate())
		require.NoError(t, p.Birth.Validate())
		require.True(t, slices.IsSorted(names))
		_, err = json.Marshal(p)
		require.NoError(t, err)
	})
}
