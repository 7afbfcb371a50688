package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"jaliya/internal/fault"
)

const opWrite = "pdf: write"

// ref is the number of an indirect object, from 1.
type ref int

func (r ref) String() string { return strconv.Itoa(int(r)) + " 0 R" }

// objects is the body of a file in the making. The compressor is kept for the
// next stream: its tables are ten times the size of a slip.
type objects struct {
	bodies [][]byte
	packer *zlib.Writer
}

// reserve takes a number for an object whose body comes later.
func (o *objects) reserve() ref {
	o.bodies = append(o.bodies, nil)
	return ref(len(o.bodies))
}

func (o *objects) set(r ref, body string) { o.bodies[r-1] = []byte(body) }

func (o *objects) add(body string) ref {
	r := o.reserve()
	o.set(r, body)
	return r
}

// stream adds a compressed stream; extra holds further dictionary entries.
func (o *objects) stream(extra string, data []byte) (ref, error) {
	var packed bytes.Buffer
	if o.packer == nil {
		o.packer = zlib.NewWriter(&packed)
	} else {
		o.packer.Reset(&packed)
	}
	if _, err := o.packer.Write(data); err != nil {
		return 0, fault.New(fault.Internal, opWrite, "stream", err)
	}
	if err := o.packer.Close(); err != nil {
		return 0, fault.New(fault.Internal, opWrite, "stream", err)
	}
	return o.raw(extra+" /Filter /FlateDecode", packed.Bytes()), nil
}

// raw adds a stream as it is: an image in its own compression, or metadata,
// which PDF/A wants readable.
func (o *objects) raw(extra string, data []byte) ref {
	r := o.reserve()
	var b bytes.Buffer
	fmt.Fprintf(&b, "<< /Length %d %s >>\nstream\n", len(data), strings.TrimSpace(extra))
	b.Write(data)
	b.WriteString("\nendstream")
	o.bodies[r-1] = b.Bytes()
	return r
}

// file joins header, objects, cross-reference table and trailer (ISO 32000-1,
// 7.5). The comment of high bytes tells transports that the file is binary.
// A file that is to have a size is filled up with comments before the table,
// where readers pass over them (7.2.4).
func (o *objects) file(trailer string, size int) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	offsets := make([]int, len(o.bodies))
	for i, body := range o.bodies {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	end := o.table(offsets, trailer)
	if size > 0 {
		left := size - b.Len() - len(end) - len(strconv.Itoa(size)) - len(endOfFile)
		if left < 2 {
			return nil, fault.New(fault.TooLarge, opWrite, "file", nil)
		}
		b.Write(filling(left))
	}
	start := strconv.Itoa(b.Len())
	b.WriteString(end)
	if size > 0 && b.Len()+len(start)+len(endOfFile) != size { // leading zeros are digits of the number
		start = strings.Repeat("0", size-b.Len()-len(start)-len(endOfFile)) + start
	}
	b.WriteString(start + endOfFile)
	return b.Bytes(), nil
}

const endOfFile = "\n%%EOF\n"

// table is the cross-reference table with the trailer, up to where it begins.
func (o *objects) table(offsets []int, trailer string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(o.bodies)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d %s >>\nstartxref\n", len(o.bodies)+1, trailer)
	return b.String()
}

// filling is so many bytes of comment, in lines of at most fillLine.
func filling(n int) []byte {
	out := bytes.Repeat([]byte(" "), n)
	for at := 0; at < n; at += fillLine {
		out[at] = '%'
		if last := min(at+fillLine, n) - 1; last > at {
			out[last] = '\n'
		}
	}
	if n%fillLine == 1 {
		out[n-1] = '\n' // a line of its own has no room for a mark
	}
	return out
}

// fillLine is shorter than a line may be (7.5.1: 255 bytes).
const fillLine = 128

// textString writes text as UTF-16BE with its mark, in hexadecimal, so that no
// escape is needed.
func textString(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteString(">")
	return b.String()
}

// number writes a coordinate with three decimals at most, without a trailing
// zero: a third of a thousandth of a point is far below any printer.
func number(v float64) string {
	s := strings.TrimRight(strconv.FormatFloat(v, 'f', 3, 64), "0")
	s = strings.TrimSuffix(s, ".")
	if s == "-0" {
		return "0"
	}
	return s
}
