package doctor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/doctor"
	"jaliya/internal/lang"
)

// says makes a check that finds codes.
func says(step string, needs []string, codes ...doctor.Code) doctor.Check {
	return doctor.Check{Step: step, Needs: needs, Run: func(context.Context) []doctor.Finding {
		var out []doctor.Finding
		for _, c := range codes {
			out = append(out, doctor.Finding{Code: c, Facts: doctor.Facts{"address": "hub.example:7700"}})
		}
		return out
	}}
}

func codesOf(r doctor.Report) []doctor.Code {
	var out []doctor.Code
	for _, one := range r.Steps {
		out = append(out, one.Code)
	}
	return out
}

func TestRun(t *testing.T) {
	post := doctor.Patient{Role: "node", Who: "FR-LYO"}
	t.Run("OKInOrder", func(t *testing.T) {
		seen := 0
		r := doctor.Run(t.Context(), post, []doctor.Check{
			says("config", nil, "config-good"), says("disk", []string{"config"}, "disk-open"),
		}, func(r doctor.Report) { seen++; require.Len(t, r.Steps, seen) })
		require.Equal(t, []doctor.Code{"config-good", "disk-open"}, codesOf(r))
		require.Equal(t, doctor.Warn, r.State)
		require.Equal(t, 2, seen)
	})
	t.Run("ErrFirstIsTheCause", func(t *testing.T) {
		r := doctor.Run(t.Context(), post, []doctor.Check{
			says("names", nil, "names-failed"), says("reach", []string{"names"}, "reach-good"), says("link", []string{"process"}, "link-down"),
		}, nil)
		require.Equal(t, []doctor.Code{"names-failed", "skipped", "link-down"}, codesOf(r))
		require.Equal(t, doctor.Skipped, r.Steps[1].State)
		require.Equal(t, doctor.Bad, r.State)
		require.Len(t, r.Broken(doctor.Bad), 2)
	})
	t.Run("ErrAllThatFollowsFromIt", func(t *testing.T) {
		r := doctor.Run(t.Context(), post, []doctor.Check{
			says("disk", nil, "disk-missing"), says("keys", []string{"disk"}, "keys-good"), says("reach", []string{"keys"}, "reach-good"),
		}, nil)
		require.Equal(t, []doctor.Code{"disk-missing", "skipped", "skipped"}, codesOf(r))
		require.Equal(t, "@doctor.step.disk.name", r.Steps[2].Facts["step"], "the first cause is named")
	})
	t.Run("OKAnotherWorks", func(t *testing.T) {
		r := doctor.Run(t.Context(), post, []doctor.Check{{Step: "reach", Run: func(context.Context) []doctor.Finding {
			return []doctor.Finding{{Code: "reach-silent", Relieve: true}, {Code: "reach-good", Relieve: true}}
		}}}, nil)
		require.Equal(t, doctor.Warn, r.State, "one of two hubs is enough to work")
	})
	t.Run("ErrCrashes", func(t *testing.T) {
		r := doctor.Run(t.Context(), post, []doctor.Check{
			{Step: "keys", Run: func(context.Context) []doctor.Finding { panic("a defect") }},
			says("reach", []string{"keys"}, "reach-good"), says("device", nil, "device-none"),
		}, nil)
		require.Equal(t, []doctor.Code{"crashed", "skipped", "device-none"}, codesOf(r))
	})
	t.Run("ErrHangs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			done := make(chan struct{})
			r := doctor.Run(t.Context(), post, []doctor.Check{
				{Step: "printer", Run: func(context.Context) []doctor.Finding { <-done; return nil }},
				says("device", nil, "device-none"),
			}, nil)
			require.Equal(t, []doctor.Code{"timeout", "device-none"}, codesOf(r))
			require.Equal(t, doctor.CheckLimit+time.Second, r.Steps[0].Took)
			close(done)
		})
	})
	t.Run("OKObeysItsTime", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := doctor.Run(t.Context(), post, []doctor.Check{{Step: "reach", Run: func(ctx context.Context) []doctor.Finding {
				<-ctx.Done()
				return []doctor.Finding{{Code: "reach-mute"}}
			}}}, nil)
			require.Equal(t, []doctor.Code{"reach-mute"}, codesOf(r), "a check that obeys says so in its own words")
		})
	})
}

// TestNumbersAreOnesOwn holds that no two codes share what people note down.
func TestNumbersAreOnesOwn(t *testing.T) {
	seen := map[int]doctor.Code{}
	for _, c := range doctor.Codes() {
		require.Positive(t, c.Number(), c)
		require.Empty(t, seen[c.Number()], "%s", c)
		seen[c.Number()] = c
	}
	require.Equal(t, doctor.Bad, doctor.Code("of tomorrow").State())
}

// TestEverythingHasWords holds that whatever a step finds is said in each
// language of staff, with its numbers filled in.
func TestEverythingHasWords(t *testing.T) {
	catalog, err := lang.Open()
	require.NoError(t, err)
	for _, l := range []consular.Language{consular.Arabic, consular.French, consular.English} {
		p := catalog.Printer(l)
		for _, step := range doctor.Steps() {
			require.True(t, p.Has("doctor.step."+step+".name"), "%s %s", l, step)
			require.True(t, p.Has("doctor.step."+step+".means"), "%s %s", l, step)
		}
		for _, c := range doctor.Codes() {
			require.True(t, p.Has("doctor.code."+string(c)+".title"), "%s %s", l, c)
			broken := c.State() == doctor.Warn || c.State() == doctor.Bad
			require.True(t, !broken || p.Has("doctor.code."+string(c)+".do"), "%s %s", l, c)
		}
		for _, s := range []doctor.State{doctor.Good, doctor.Warn, doctor.Bad, doctor.Skipped} {
			require.True(t, p.Has("doctor.state."+string(s)))
		}
	}
}

// said is a sentence in some languages.
type said []struct {
	in   consular.Language
	want string
}

func TestPhone(t *testing.T) {
	catalog, err := lang.Open()
	require.NoError(t, err)
	report := func(checks ...doctor.Check) doctor.Report {
		return doctor.Run(t.Context(), doctor.Patient{Who: "FR-LYO"}, checks, nil)
	}
	good := says("config", nil, "config-good")
	for name, tt := range map[string]struct {
		report doctor.Report
		words  said
	}{
		"Good": {report(good, says("disk", nil, "disk-good")), said{
			{consular.English, "FR-LYO: all 2 steps are good or not needed. Code 0."},
		}},
		"Bad": {
			report(good, says("reach", nil, "reach-silent"), says("link", nil, "link-down"), says("printer", nil, "printer-trouble")),
			said{
				{consular.English, "FR-LYO, step 2 of 4, code 194: hub.example:7700 is there, but UDP does not come through. Other codes: 222."},
				{consular.French, "FR-LYO, étape 2 sur 4, code 194\u00a0: hub.example:7700 est là, mais UDP ne passe pas. Autres codes\u00a0: 222."},
				{consular.Arabic, "\u2068FR-LYO\u2069، المرحلة 2 من 4، الرمز \u2068194\u2069: "},
			},
		},
		"WarnWhenNothingIsBad": {report(good, says("sync", nil, "sync-slow")), said{
			{consular.English, "FR-LYO, step 2 of 2, code 122: "},
		}},
		"Nobody": {doctor.Report{}, said{{consular.English, "A machine without a name: all 0 steps"}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, one := range tt.words {
				require.Contains(t, doctor.Phone(catalog.Printer(one.in), tt.report), one.want)
			}
		})
	}
}

// TestSay holds that lengths and moments are put in the manner of a language.
func TestSay(t *testing.T) {
	catalog, err := lang.Open()
	require.NoError(t, err)
	r := doctor.Run(t.Context(), doctor.Patient{}, []doctor.Check{{Step: "certificates", Run: func(context.Context) []doctor.Finding {
		return []doctor.Finding{{Code: "certificates-soon", Facts: doctor.Facts{
			"which": "@doctor.certificate.desk", "left": doctor.Span(50 * time.Hour), "until": "2026-11-24T12:00:00Z",
		}}}
	}}}, nil)
	said := doctor.Say(catalog.Printer(consular.French), r)
	require.Equal(t, "Le certificat du guichet finit dans 2\u00a0jours et n'a pas été renouvelé.", spaces(said[0].Title))
	require.NotEmpty(t, said[0].Means)
	require.NotEmpty(t, said[0].Do)
}
