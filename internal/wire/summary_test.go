package wire_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func summary() wire.Summary {
	return wire.Summary{
		Version: 1, Reference: "123456789012345609", Service: consular.CNIEFirst,
		Family: consular.Name{Arabic: "العلوي", Latin: "El Alaoui"}, Given: consular.Name{Arabic: "فاطمة", Latin: "Fatima"},
		Birth: "1975-05-XX", Contact: consular.Contact{Phone: "+33612345678", Language: "ar"}, Slip: wire.Digest{1},
	}
}

func TestSummary(t *testing.T) {
	s := summary()
	if s.Reference.Validate() != nil {
		ref, err := consular.NewReference(zeros{})
		require.NoError(t, err)
		s.Reference = ref
	}
	t.Run("OK", func(t *testing.T) {
		back, err := wire.DecodeSummary(wire.Marshal(s))
		require.NoError(t, err)
		require.Equal(t, s, back)
	})
	t.Run("OK/SaysNothing", func(t *testing.T) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			require.Equal(t, "[summary]", fmt.Sprintf(verb, s))
		}
		require.Equal(t, "[summary]", s.LogValue().String())
	})
	for name, change := range map[string]func(*wire.Summary){
		"ErrVersion": func(s *wire.Summary) { s.Version = 9 }, "ErrReference": func(s *wire.Summary) { s.Reference = "1" },
		"ErrService": func(s *wire.Summary) { s.Service = 0 }, "ErrFamily": func(s *wire.Summary) { s.Family.Arabic = "x" },
		"ErrGiven": func(s *wire.Summary) { s.Given = consular.Name{} }, "ErrBirth": func(s *wire.Summary) { s.Birth = "1975" },
		"ErrContact": func(s *wire.Summary) { s.Contact.Phone = "12" },
	} {
		t.Run(name, func(t *testing.T) {
			bad := s
			change(&bad)
			_, err := wire.DecodeSummary(wire.Marshal(bad))
			require.Contains(t, []fault.Kind{fault.Invalid, fault.Unsupported}, fault.KindOf(err))
		})
	}
}

// zeros draws the same digits always.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func FuzzDecodeSummary(f *testing.F) {
	f.Add(wire.Marshal(summary()))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := wire.DecodeSummary(raw)
		if err != nil {
			return
		}
		back, err := wire.DecodeSummary(wire.Marshal(s))
		require.NoError(t, err)
		require.Equal(t, s, back)
	})
}
