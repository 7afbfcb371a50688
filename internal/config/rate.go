package config

import (
	"strconv"
	"strings"

	"jaliya/internal/fault"
)

// Rate is a bit rate, written with its unit: "256 kbit/s", "2 Mbit/s".
type Rate int64

var rateUnits = []struct {
	name string
	size int64
}{{"Mbit/s", 1_000_000}, {"kbit/s", 1000}}

// BytesPerSecond gives the rate in bytes.
func (r Rate) BytesPerSecond() int64 { return int64(r) / 8 }

// String gives the rate as it is written.
func (r Rate) String() string {
	for _, u := range rateUnits {
		if n := int64(r); n > 0 && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + " " + u.name
		}
	}
	return strconv.FormatInt(int64(r), 10) + " bit/s"
}

// UnmarshalText reads a whole number and its unit; nothing is no rate.
func (r *Rate) UnmarshalText(text []byte) error {
	const op = "config: read bit rate"
	if len(text) == 0 {
		*r = 0
		return nil
	}
	for _, u := range rateUnits {
		digits, ok := strings.CutSuffix(string(text), u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSuffix(digits, " "), 10, 64)
		if err != nil || n < 1 || n > 1_000_000 {
			return fault.New(fault.Invalid, op, "a number from 1 to 1000000 before "+u.name, nil)
		}
		*r = Rate(n * u.size)
		return nil
	}
	return fault.New(fault.Invalid, op, `write it as "256 kbit/s" or "2 Mbit/s"`, nil)
}

// MarshalText writes what UnmarshalText reads.
func (r Rate) MarshalText() ([]byte, error) {
	if r == 0 {
		return nil, nil
	}
	return []byte(r.String()), nil
}
