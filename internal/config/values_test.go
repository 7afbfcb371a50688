package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/config"
)

func TestDuration(t *testing.T) {
	tests := []struct {
		name, text string
		want       time.Duration
		ok         bool
	}{
		{"OK", "72h", 72 * time.Hour, true},
		{"OKMixed", "1m30s", 90 * time.Second, true},
		{"OKZero", "0s", 0, true},
		{"ErrNoUnit", "72", 0, false},
		{"ErrNegative", "-1s", 0, false},
		{"ErrEmpty", "", 0, false},
		{"ErrDays", "3d", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got config.Duration
			err := got.UnmarshalText([]byte(tt.text))
			require.Equal(t, tt.ok, err == nil, "%v", err)
			require.Equal(t, tt.want, got.Std())
		})
	}
}

func TestSize(t *testing.T) {
	tests := []struct {
		name, text string
		want       int64
		ok         bool
	}{
		{"OKBytes", "512B", 512, true},
		{"OKKibi", "256KiB", 256 << 10, true},
		{"OKMebi", "64MiB", 64 << 20, true},
		{"OKGibi", "4GiB", 4 << 30, true},
		{"OKTebi", "2TiB", 2 << 40, true},
		{"OKZero", "0B", 0, true},
		{"ErrNoUnit", "512", 0, false},
		{"ErrAmbiguous", "64MB", 0, false},
		{"ErrFraction", "1.5GiB", 0, false},
		{"ErrNegative", "-1KiB", 0, false},
		{"ErrSign", "+1KiB", 0, false},
		{"ErrSpace", "1 KiB", 0, false},
		{"ErrOverflow", "8388608TiB", 0, false},
		{"ErrEmpty", "", 0, false},
		{"ErrUnitOnly", "GiB", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got config.Size
			err := got.UnmarshalText([]byte(tt.text))
			require.Equal(t, tt.ok, err == nil, "%v", err)
			require.Equal(t, tt.want, got.Bytes())
		})
	}
}

// FuzzSize asserts that whatever is read is written back as something that
// reads as the same size.
func FuzzSize(f *testing.F) {
	for _, s := range []string{"512B", "256KiB", "0B", "8388607TiB", "64MB", "007GiB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var first, second config.Size
		if first.UnmarshalText([]byte(text)) != nil {
			return
		}
		require.GreaterOrEqual(t, first.Bytes(), int64(0))
		written, err := first.MarshalText()
		require.NoError(t, err)
		require.NoError(t, second.UnmarshalText(written))
		require.Equal(t, first, second)
	})
}

func TestDurationText(t *testing.T) {
	written, err := config.Duration(72 * time.Hour).MarshalText()
	require.NoError(t, err)
	var again config.Duration
	require.NoError(t, again.UnmarshalText(written))
	require.Equal(t, 72*time.Hour, again.Std())
}
