package identity

import (
	"fmt"
	"math/rand/v2"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/specimen"
)

// Citizen is a specimen person who can sign in. The PIN is shown on the page.
type Citizen struct {
	PIN    string
	Minor  bool
	Person consular.Person
}

// settled is the day that adults are drawn for, so that one seed gives the same
// people on any day.
const settled consular.Date = "2024-01-01"

// draw makes the people: adults, and last a person of fifteen.
func draw(seed uint64, adults int) []Citizen {
	maker := specimen.New(seed)
	chance := rand.New(rand.NewPCG(seed, 0x70696e)) //nolint:gosec // PINs of specimen people, shown on the page
	var all []Citizen
	for range adults {
		v := maker.Person(specimen.PersonOptions{Service: consular.CNIERenewal, On: settled})
		all = append(all, Citizen{PIN: pin(chance), Person: v.Person})
	}
	young := maker.Person(specimen.PersonOptions{
		Service: consular.CNIERenewal, On: consular.DateOf(time.Now()), MinAge: 15, MaxAge: 15,
	})
	return append(all, Citizen{PIN: pin(chance), Minor: true, Person: young.Person})
}

func pin(chance *rand.Rand) string { return fmt.Sprintf("%06d", chance.IntN(1_000_000)) }
