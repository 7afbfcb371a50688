package pdf

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"jaliya/internal/fault"
)

const opUpdate = "pdf: append validation data"

// Validation is what a file says after its signature about the certificates of
// that signature: each in DER.
type Validation struct {
	Certificates, Lists [][]byte
}

// base is what an update must know of the file that it follows.
type base struct {
	catalog string // its body, without the closing brackets
	next    int    // number of the next object
	info    string
	id      string // the first part of the identifier
	table   int    // where its cross-reference table is
}

const (
	catalogHead = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
	// catalogExtra says that a file uses what EN 319 142-1 adds to PDF 1.7.
	catalogExtra = " /Extensions << /ESIC << /BaseVersion /1.7 /ExtensionLevel 1 >> >> /DSS "
)

var trailerForm = regexp.MustCompile(
	`trailer\n<< /Size ([1-9][0-9]{0,8}) /Root 1 0 R /Info ([1-9][0-9]{0,8} 0 R) /ID \[<([0-9a-f]{32})> <[0-9a-f]{32}>\] >>\nstartxref\n([0-9]{1,10})\n%%EOF\n$`)

// parseBase reads the ends of a file that Document made, in one revision.
func parseBase(file []byte) (b base, err error) {
	bad := func(what string) (base, error) { return base{}, fault.New(fault.Invalid, opUpdate, what, nil) }
	body, isOurs := bytes.CutPrefix(file, []byte(catalogHead))
	body, _, found := bytes.Cut(body, []byte("\nendobj\n"))
	catalog, closed := bytes.CutSuffix(body, []byte(" >>"))
	if !isOurs || !found || !closed || !bytes.HasPrefix(catalog, []byte("<< /Type /Catalog ")) || bytes.Contains(catalog, []byte("/DSS")) {
		return bad("catalog")
	}
	m := trailerForm.FindSubmatch(file[max(0, len(file)-300):])
	if m == nil {
		return bad("trailer")
	}
	b = base{catalog: string(catalog), info: string(m[2]), id: string(m[3])}
	if b.next, err = strconv.Atoi(string(m[1])); err != nil {
		return bad("trailer")
	}
	if b.table, err = strconv.Atoi(string(m[4])); err != nil || b.table >= len(file) || !bytes.HasPrefix(file[b.table:], []byte("xref\n")) {
		return bad("table")
	}
	return b, nil
}

// Update gives what is to be appended to a file of ours so that it holds the
// validation data: one incremental update (ISO 32000-1, 7.5.6) that adds a
// document security store (EN 319 142-1, 5.4.2) and names it in the catalog,
// and changes nothing else. It is exactly size bytes long, filled up with
// comments, so that it tells nothing by its length; what does not fit is
// refused.
func Update(file []byte, v Validation, size int) ([]byte, error) {
	b, err := parseBase(file)
	if err != nil {
		return nil, err
	}
	u := &update{begin: len(file), next: b.next}
	certificates, lists := u.streams(v.Certificates), u.streams(v.Lists)
	store := ref(u.next)
	u.write(u.next, fmt.Sprintf(storeForm, certificates, lists))
	u.next++
	added := len(u.offsets)
	u.write(1, b.catalog+catalogExtra+store.String()+" >>")
	digest := sha256.Sum256(u.out.Bytes())
	var end strings.Builder
	fmt.Fprintf(&end, "xref\n1 1\n%010d 00000 n \n%d %d\n", u.offsets[added], b.next, added)
	for _, at := range u.offsets[:added] {
		fmt.Fprintf(&end, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&end, "trailer\n<< /Size %d /Root 1 0 R /Info %s /ID [<%s> <%s>] /Prev %d >>\nstartxref\n",
		u.next, b.info, b.id, hex.EncodeToString(digest[:16]), b.table)
	const digits = 10
	left := size - u.out.Len() - end.Len() - digits - len(endOfFile)
	if left < 2 {
		return nil, fault.New(fault.TooLarge, opUpdate, "validation data", nil)
	}
	u.out.Write(filling(left))
	start := len(file) + u.out.Len()
	fmt.Fprintf(&u.out, "%s%0*d%s", end.String(), digits, start, endOfFile)
	return u.out.Bytes(), nil
}

// storeForm is the document security store: certificates, lists.
const storeForm = "<< /Type /DSS /Certs [%s] /CRLs [%s] >>"

// update is an incremental update in the making.
type update struct {
	out         bytes.Buffer
	begin, next int
	offsets     []int
}

func (u *update) write(n int, body string) {
	u.offsets = append(u.offsets, u.begin+u.out.Len())
	fmt.Fprintf(&u.out, "%d 0 obj\n%s\nendobj\n", n, body)
}

// streams writes data as they are and gives the references to them.
func (u *update) streams(all [][]byte) string {
	refs := make([]string, 0, len(all))
	for _, data := range all {
		refs = append(refs, ref(u.next).String())
		u.write(u.next, fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(data), data))
		u.next++
	}
	return strings.Join(refs, " ")
}

// maxStreams caps what is read of an update, in streams.
const maxStreams = 32

var (
	streamForm = regexp.MustCompile(`^[0-9]{1,9} 0 obj\n<< /Length ([0-9]{1,6}) >>\nstream\n`)
	dssForm    = regexp.MustCompile(`^[0-9]{1,9} 0 obj\n<< /Type /DSS /Certs \[([0-9 R]*)\] /CRLs \[([0-9 R]*)\] >>\n`)
)

// ReadUpdate gives the validation data of what follows a file of ours. Nothing
// is interpreted: what was read is written again, and an update that is not
// byte for byte what Update writes is refused, so that nothing but validation
// data can stand there. Whether they are true is for package pades.
func ReadUpdate(file, tail []byte) (Validation, error) {
	bad := func(what string) (Validation, error) {
		return Validation{}, fault.New(fault.Corrupt, opUpdate, what, nil)
	}
	rest := tail
	var streams [][]byte
	for {
		m := streamForm.FindSubmatch(rest[:min(len(rest), 64)])
		if m == nil {
			break
		}
		length, err := strconv.Atoi(string(m[1]))
		rest = rest[len(m[0]):]
		const end = "\nendstream\nendobj\n"
		if err != nil || len(streams) == maxStreams || length > len(rest) || !bytes.HasPrefix(rest[length:], []byte(end)) {
			return bad("what follows the signature is no validation data")
		}
		streams = append(streams, rest[:length])
		rest = rest[length+len(end):]
	}
	m := dssForm.FindSubmatch(rest[:min(len(rest), 64+16*maxStreams)])
	if m == nil {
		return bad("what follows the signature is no validation data")
	}
	certificates := bytes.Count(m[1], []byte("R"))
	if certificates > len(streams) {
		return bad("what follows the signature is no validation data")
	}
	v := Validation{Certificates: streams[:certificates], Lists: streams[certificates:]}
	again, err := Update(file, v, len(tail))
	if err != nil {
		return Validation{}, fault.New(fault.Corrupt, opUpdate, "what follows the signature", err)
	}
	if !bytes.Equal(again, tail) {
		return bad("what follows the signature is more than validation data")
	}
	return v, nil
}
