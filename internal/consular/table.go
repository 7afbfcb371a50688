package consular

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"jaliya/internal/fault"
)

// maxTable caps a table file, in bytes; the built-in ones are a few KiB.
const maxTable = 1 << 20

// readTable reads CSV with exactly this header and hands on each row with its
// line number. Lines that begin with # are comments.
func readTable(r io.Reader, header []string, row func(fields []string) error) error {
	in := csv.NewReader(io.LimitReader(r, maxTable))
	in.Comment = '#'
	in.TrimLeadingSpace = true
	first, err := in.Read()
	if err != nil {
		return fault.New(fault.Invalid, opLoad, "header", err)
	}
	if !slices.Equal(first, header) {
		return broken(opLoad, "header", RuleUnknown)
	}
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault.New(fault.Invalid, opLoad, "", err)
		}
		line, _ := in.FieldPos(0)
		if err := row(fields); err != nil {
			return fault.New(fault.KindOf(err), opLoad, "line "+strconv.Itoa(line), err)
		}
	}
}

// cells reads typed values out of one row and keeps the first error.
type cells struct {
	fields []string
	next   int
	err    error
}

func (c *cells) text() string {
	s := strings.TrimSpace(c.fields[c.next])
	c.next++
	return s
}

// read takes the next cell with a parser; it is a function and not a method
// because methods have no type parameters.
func read[T any](c *cells, parse func(string) (T, error)) T {
	got, err := parse(c.text())
	if err != nil && c.err == nil {
		c.err = err
	}
	return got
}

func parseOptionalDate(s string) (Date, error) {
	if s == "" {
		return "", nil
	}
	return ParseDate(s)
}

func parseCount(field string) func(string) (int, error) {
	return func(s string) (int, error) {
		if !all(s, isDigit) || len(s) > 9 {
			return 0, broken(opParse, field, RuleFormat)
		}
		return number(s), nil
	}
}

func parseBool(field string) func(string) (bool, error) {
	return func(s string) (bool, error) {
		switch s {
		case "yes":
			return true, nil
		case "no":
			return false, nil
		default:
			return false, broken(opParse, field, RuleFormat)
		}
	}
}
