package workflow_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	. "jaliya/internal/workflow"
)

// update rewrites recorded texts; the difference is reviewed like code.
var update = flag.Bool("update", false, "rewrite recorded texts")

const (
	lyon  Post = "FR-LYO"
	milan Post = "IT-MIL"
	turin Post = "IT-TRN"
)

var (
	card  = Digest{1}
	other = Digest{2}
	bag   = PouchID{7}
)

// actors are all single parties.
var actors = []Actor{
	Agent, Supervisor, Node, Citizen, Hub, Verifier, Adjudicator, Production, PouchOfficer, Courier,
	System, Issuer,
}

func machines() []*Machine { return []*Machine{For(KindCNIE), For(KindPouch), For(KindRecord)} }

// events are all that have a name.
func events() []Event {
	var list []Event
	for e := range Event(255) {
		if e.String() != "unknown" {
			list = append(list, e)
		}
	}
	return list
}

// standing is a case in a state with every fact it could have.
func standing(m *Machine, s State) Case {
	c := Case{
		Kind: m.Kind, State: s, Version: 9, Since: 9, Service: consular.CNIEFirst, Serving: lyon,
		Pickup: lyon, Holder: lyon, Site: 1, Serial: card, Pouch: bag, Count: 3, Paid: true,
		Before: Ready, Legal: LegalRunning, Packets: 1,
	}
	if s == None {
		c = Case{Kind: m.Kind}
	}
	return c
}

// willing is an input that brings every fact and agrees with the case.
func willing(c Case, e Event, a Actor) Input {
	return Input{
		Event: e, Actor: a, Desk: true, Seen: c.Version, Post: lyon, Pickup: milan, Site: 2,
		Service: consular.CNIEFirst, Serial: card, Pouch: bag, Reason: consular.RefusedFraud,
		Count: c.Count, TwoPersons: true, Confirmed: true,
	}
}

// recorded compares with a file of testdata, or rewrites it.
func recorded(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run with -update and review the difference")
}
