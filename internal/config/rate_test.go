package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/config"
	"jaliya/internal/fault"
)

func TestRate(t *testing.T) {
	var none config.Rate
	written, err := none.MarshalText()
	require.NoError(t, err)
	require.NoError(t, none.UnmarshalText(written), "no rate is written and read")
	require.Zero(t, none)
	for text, want := range map[string]int64{"256 kbit/s": 32_000, "2 Mbit/s": 250_000, "64kbit/s": 8000, "1500 kbit/s": 187_500} {
		var r config.Rate
		require.NoError(t, r.UnmarshalText([]byte(text)))
		require.Equal(t, want, r.BytesPerSecond())
		again, err := r.MarshalText()
		require.NoError(t, err)
		var second config.Rate
		require.NoError(t, second.UnmarshalText(again))
		require.Equal(t, r, second)
	}
	for _, text := range []string{"256", "256 KB/s", "-1 kbit/s", "0 kbit/s", "1.5 Mbit/s", "99999999999999999999 kbit/s", "1000001 Mbit/s", " kbit/s"} {
		var r config.Rate
		err := r.UnmarshalText([]byte(text))
		require.True(t, fault.Is(err, fault.Invalid), "%q: %v", text, err)
	}
}
