package records_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/records"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func TestDecodeVoided(t *testing.T) {
	name := strings.Repeat("0a", 32)
	line := `{"id":"c0ffee-12","document":"` + name + `"}`
	for what, c := range map[string]struct {
		raw  string
		kind fault.Kind
	}{
		"OK":          {`{"revoked":[` + line + `]}`, 0},
		"OK/Empty":    {`{"revoked":[]}`, 0},
		"ErrNone":     {`{}`, fault.Corrupt},
		"ErrTail":     {`{"revoked":[]} x`, fault.Corrupt},
		"ErrMore":     {`{"revoked":[{"id":"c0ffee-12","document":"` + name + `","why":"fraud"}]}`, fault.Corrupt},
		"ErrName":     {`{"revoked":[{"id":"c0ffee-12","document":"0A` + name[2:] + `"}]}`, fault.Corrupt},
		"ErrShort":    {`{"revoked":[{"id":"c0ffee-12","document":"0a"}]}`, fault.Corrupt},
		"ErrCluster":  {`{"revoked":[{"id":"beef-12","document":"` + name + `"}]}`, fault.Corrupt},
		"ErrNumber":   {`{"revoked":[{"id":"c0ffee-012","document":"` + name + `"}]}`, fault.Corrupt},
		"ErrManyOnes": {`{"revoked":[` + strings.Repeat(line+",", 4000) + line + `]}`, fault.TooLarge},
	} {
		t.Run(what, func(t *testing.T) {
			list, err := records.DecodeVoided([]byte(c.raw), "c0ffee")
			if c.kind != 0 {
				require.True(t, fault.Is(err, c.kind), "%v", err)
				return
			}
			require.NoError(t, err)
			if what == "OK" {
				require.Equal(t, []records.Voided{{Case: 12, Document: wire.Digest([]byte(strings.Repeat("\n", 32)))}}, list)
			}
		})
	}
}
