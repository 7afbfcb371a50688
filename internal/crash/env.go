package crash

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// FromEnv gives the options that scripts/crash-states.sh asks for:
// JALIYA_CRASH_TIME (30s), JALIYA_CRASH_SEED (1), and scratch in memory where
// the machine has it.
func FromEnv() (Options, error) {
	o := Options{Time: 30 * time.Second, Seed: 1}
	var err error
	if text := os.Getenv("JALIYA_CRASH_TIME"); text != "" {
		if o.Time, err = time.ParseDuration(text); err != nil {
			return o, fmt.Errorf("JALIYA_CRASH_TIME: %w", err)
		}
	}
	if text := os.Getenv("JALIYA_CRASH_SEED"); text != "" {
		if o.Seed, err = strconv.ParseUint(text, 10, 32); err != nil {
			return o, fmt.Errorf("JALIYA_CRASH_SEED: %w", err)
		}
	}
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		o.Scratch = memory
	}
	return o, nil
}
