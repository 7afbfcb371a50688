package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time that stands in a file with its unit: "72h",
// "1m30s", "250ms". A bare number is refused, because its unit would be a guess.
type Duration time.Duration

// Std gives the value as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String gives the value as time.Duration writes it.
func (d Duration) String() string { return time.Duration(d).String() }

// UnmarshalText reads what time.ParseDuration reads, negative values excepted.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return fmt.Errorf(`%q is not a duration such as "72h", "1m30s" or "250ms"`, text)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Size is a number of bytes that stands in a file with its unit: "256KiB",
// "4GiB", "512B". Units are powers of 1024 and say so; "MB", which people read
// both ways, is refused.
type Size int64

// units from the largest to the smallest; all but B end in B as well, so that
// order matters when a suffix is cut.
var units = []struct {
	suffix string
	bytes  int64
}{
	{"TiB", 1 << 40},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"B", 1},
}

// Bytes gives the number of bytes.
func (s Size) Bytes() int64 { return int64(s) }

// String writes the size in the largest unit that divides it.
func (s Size) String() string {
	for _, u := range units {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.suffix
		}
	}
	return "0B"
}

// UnmarshalText reads a whole number followed by B, KiB, MiB, GiB or TiB.
func (s *Size) UnmarshalText(text []byte) error {
	for _, u := range units {
		digits, found := strings.CutSuffix(string(text), u.suffix)
		if !found {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || digits[0] < '0' || n > math.MaxInt64/u.bytes {
			break // a sign is no digit
		}
		*s = Size(n * u.bytes)
		return nil
	}
	return fmt.Errorf(`%q is not a size such as "512B", "256KiB" or "4GiB" (whole numbers of B, KiB, MiB, GiB, TiB)`, text)
}

// MarshalText writes what UnmarshalText reads.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
