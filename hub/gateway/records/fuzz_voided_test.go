package records_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/records"
)

// FuzzDecodeVoided: a page of revoked documents is in order, or none.
func FuzzDecodeVoided(f *testing.F) {
	f.Add([]byte(`{"revoked":[]}`))
	f.Add([]byte(`{"revoked":[{"id":"c-1","document":"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := records.DecodeVoided(raw, "c")
		if err != nil {
			require.NotContains(t, err.Error(), "\n", "nothing of the answer in the error")
			return
		}
		for i := range list {
			require.NotZero(t, list[i].Case)
			if i > 0 {
				require.Negative(t, bytes.Compare(list[i-1].Document[:], list[i].Document[:]))
			}
		}
	})
}
