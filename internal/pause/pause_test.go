package pause_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/pause"
)

func TestFor(t *testing.T) {
	tests := map[string]struct {
		d, ends, took time.Duration
		want          error
	}{
		"OK":                 {time.Minute, time.Hour, time.Minute, nil},
		"OK not at all":      {-time.Minute, time.Hour, 0, nil},
		"ErrCanceled":        {time.Hour, time.Minute, time.Minute, context.Canceled},
		"ErrCanceled before": {0, 0, 0, context.Canceled},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.ends == 0 {
					cancel()
				} else {
					defer time.AfterFunc(tt.ends, cancel).Stop()
				}
				begun := time.Now()
				require.ErrorIs(t, pause.For(ctx, tt.d), tt.want)
				require.Equal(t, tt.took, time.Since(begun))
			})
		})
	}
}
