package vds

import (
	"fmt"
	"strconv"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// dateLength is that of a date, in bytes.
const dateLength = 3

// encodeDate packs month, day and year as the decimal number MMDDYYYY.
func encodeDate(year int, month time.Month, day int) []byte {
	n := int(month)*1_000_000 + day*10_000 + year
	return []byte{byte(n >> 16), byte(n >> 8), byte(n)} //nolint:gosec // at most 12319999
}

func splitDate(b []byte) (year, month, day int) {
	n := int(b[0])<<16 | int(b[1])<<8 | int(b[2])
	return n % 10_000, n / 1_000_000, n / 10_000 % 100
}

func putDate(d consular.Date) ([]byte, error) {
	if err := d.Validate(); err != nil {
		return nil, fault.New(fault.Invalid, opEncode, "date", err)
	}
	return encodeDate(d.Split()), nil
}

func takeDate(b []byte) (consular.Date, error) {
	if len(b) != dateLength {
		return "", fault.New(fault.Invalid, opDecode, "date", nil)
	}
	year, month, day := splitDate(b)
	d := consular.Date(fmt.Sprintf("%04d-%02d-%02d", year, month, day))
	if err := d.Validate(); err != nil {
		return "", fault.New(fault.Invalid, opDecode, "date", err)
	}
	return d, nil
}

// putBirth packs a birth date; 00 stands for an unknown month or day.
func putBirth(b consular.BirthDate) ([]byte, error) {
	if err := b.Validate(); err != nil {
		return nil, fault.New(fault.Invalid, opEncode, "birth date", err)
	}
	return encodeDate(b.Parts()), nil
}

func takeBirth(b []byte) (consular.BirthDate, error) {
	if len(b) != dateLength {
		return "", fault.New(fault.Invalid, opDecode, "birth date", nil)
	}
	year, month, day := splitDate(b)
	part := func(n int) string {
		if n == 0 {
			return "XX"
		}
		return fmt.Sprintf("%02d", n)
	}
	birth := consular.BirthDate(fmt.Sprintf("%04s", strconv.Itoa(year)) + "-" + part(month) + "-" + part(day))
	if err := birth.Validate(); err != nil {
		return "", fault.New(fault.Invalid, opDecode, "birth date", err)
	}
	return birth, nil
}
