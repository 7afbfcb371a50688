package pdf

import (
	"bytes"
	"fmt"
	"strings"
)

// Reserve leaves room in the file for a signature of at most size bytes over
// everything else (ISO 32000-1, 12.8.1; EN 319 142-1): an invisible signature
// field on the first page, with a byte range still to be written. Package
// pades finds the room and fills it.
func (d *Document) Reserve(size int) { d.room = size }

// Fill makes the file exactly so many bytes long, signature included, so that
// its size tells nothing of what it says. What is longer is refused.
func (d *Document) Fill(size int) { d.size = size }

// Keep puts data into the file, uncompressed, for programs to find under a
// name of our own; viewers pass over it (ISO 32000-1, annex E). The data are
// covered by the signature.
func (d *Document) Keep(name string, data []byte) { d.kept = append(d.kept, kept{name, data}) }

// kept is data under a name in the catalog.
type kept struct {
	name string
	data []byte
}

// field takes a number for the signature field, zero when none is wanted.
func (d *Document) field(o *objects) ref {
	if d.room == 0 {
		return 0
	}
	return o.reserve()
}

// extras writes what Reserve and Keep asked for; it gives the entries for the
// catalog.
func (d *Document) extras(o *objects, field ref) string {
	var b strings.Builder
	for _, k := range d.kept {
		fmt.Fprintf(&b, " /%s %s", k.name, o.raw("/Type /"+k.name, k.data))
	}
	if d.room == 0 {
		return b.String()
	}
	value := o.add(fmt.Sprintf("<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (%s) "+
		"/ByteRange [0 ********** ********** **********] /Contents <%s> >>", pdfDate(d.info.Created), strings.Repeat("00", d.room)))
	o.set(field, fmt.Sprintf("<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature) /F 132 /Rect [0 0 0 0] /P %s /V %s >>",
		d.pages[0].made, value))
	fmt.Fprintf(&b, " /AcroForm << /Fields [%s] /SigFlags 3 >>", field)
	return b.String()
}

// Kept finds what Keep put under a name into a file that Document made; nil
// when it is not there exactly once.
func Kept(file []byte, name string) []byte {
	mark := []byte("/Type /" + name + " >>\nstream\n")
	at := bytes.Index(file, mark)
	if at < 0 || bytes.LastIndex(file, mark) != at {
		return nil
	}
	begin := bytes.LastIndex(file[:at], []byte("<< /Length "))
	var length int
	if begin < 0 {
		return nil
	}
	if _, err := fmt.Sscanf(string(file[begin:at]), "<< /Length %d ", &length); err != nil {
		return nil
	}
	data := file[at+len(mark):]
	if length < 0 || length > len(data) || !bytes.HasPrefix(data[length:], []byte("\nendstream")) {
		return nil
	}
	return data[:length]
}
