package centre_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/centre"
	"jaliya/internal/fault"
)

const producedJob = `{"job":"c0ffee-17-4","packet":"b2","state":"produced","spoilt":[{"attempt":1,"serial":"ZZ0000001"}],
"card":{"serial":"ZZ0000002","attempt":2,"chip_certificate":"` + digest + `","pin_letter":"PL-1","read_back":{"mrz":"` + digest + `","chip":true}}}`

const digest = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func TestDecodeJob(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want fault.Kind
	}{
		"OK/Produced":     {producedJob, 0},
		"OK/Accepted":     {`{"job":"a","state":"accepted"}`, 0},
		"OK/NewField":     {`{"job":"a","state":"accepted","lane":3}`, 0},
		"ErrNotRead":      {strings.Replace(producedJob, `"chip":true`, `"chip":false`, 1), fault.Corrupt},
		"ErrNoZone":       {strings.Replace(producedJob, `"mrz":"`+digest, `"mrz":"`, 1), fault.Corrupt},
		"ErrSerial":       {strings.Replace(producedJob, "ZZ0000002", "zz 2", 1), fault.Corrupt},
		"ErrSpoiltSerial": {strings.Replace(producedJob, "ZZ0000001", "", 1), fault.Corrupt},
		"ErrNoCard":       {`{"job":"a","state":"packed"}`, fault.Corrupt},
		"ErrNoReason":     {`{"job":"a","state":"refused"}`, fault.Corrupt},
		"ErrState":        {`{"job":"a","state":"lost"}`, fault.Unsupported},
		"ErrJob":          {`{"job":"../a","state":"accepted"}`, fault.Corrupt},
		"ErrTrailing":     {`{"job":"a","state":"accepted"} {}`, fault.Corrupt},
		"ErrCut":          {producedJob[:80], fault.Corrupt},
		"ErrEmpty":        {"", fault.Corrupt},
		"ErrTooLarge":     {strings.Repeat(" ", centre.MaxResponse+1), fault.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := centre.DecodeJob([]byte(c.raw))
			require.Equal(t, c.want, fault.KindOf(err), "%v", err)
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(producedJob))
	f.Add([]byte(`{"site":"rabat","number":1,"open":true,"per_day":1000,"queue":3,"closed_until":"2026-11-22T10:00:00Z"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if j, err := centre.DecodeJob(raw); err == nil {
			require.NotEmpty(t, j.ID)
			if j.State == centre.JobProduced {
				require.True(t, j.Card.ReadBack.Chip)
			}
		} else {
			require.NotContains(t, err.Error(), "\n", "nothing of the answer in the error")
		}
		if c, err := centre.DecodeCapacity(raw); err == nil {
			require.NotZero(t, c.Number)
			require.GreaterOrEqual(t, c.Queue, 0)
		}
	})
}
