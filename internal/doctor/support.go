package doctor

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"jaliya/internal/cli"
	"jaliya/internal/consular"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/telemetry"
)

// Part is one file of a support file.
type Part struct {
	Name  string // in the archive
	About string // one line of what it is
	Data  []byte
}

// contentsFile tells what the archive holds and what not.
const contentsFile = "CONTENTS.txt"

// absent is what a support file never holds.
var absent = []string{
	"names, birth dates, addresses, telephone numbers, images or any other data of a person",
	"entries, drafts, documents, requests; a reference that stood in the log is replaced by a mark",
	"names and accounts of staff, passwords, tokens, keys, invitations",
	"values of the configuration that are secret, or that might be",
}

// Support writes the archive and gives its SHA-256, by which both ends of a
// telephone line know that they speak of the same file.
func Support(w io.Writer, at time.Time, parts []Part) (sum string, err error) {
	const op = "doctor: write support file"
	var contents strings.Builder
	contents.WriteString("Jaliya support file, " + at.UTC().Format(time.RFC3339) + "\n\nIt holds:\n")
	fmt.Fprintf(&contents, "  %-18s %s\n", contentsFile, "this list")
	for _, p := range parts {
		fmt.Fprintf(&contents, "  %-18s %s (%d bytes, SHA-256 %s)\n", p.Name, p.About, len(p.Data), hexSum(p.Data))
	}
	contents.WriteString("\nIt does not hold:\n")
	for _, line := range absent {
		contents.WriteString("  - " + line + "\n")
	}
	hash := sha256.New()
	archive := zip.NewWriter(io.MultiWriter(w, hash))
	for _, p := range append([]Part{{Name: contentsFile, Data: []byte(contents.String())}}, parts...) {
		f, err := archive.CreateHeader(&zip.FileHeader{Name: p.Name, Method: zip.Deflate, Modified: at.UTC()})
		if err == nil {
			_, err = f.Write(p.Data)
		}
		if err != nil {
			return "", fault.New(fault.Storage, op, p.Name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return "", fault.New(fault.Storage, op, "", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Common gives the parts that every support file begins with. A report is
// written in the two languages of who may read it, and as JSON.
func Common(catalog *lang.Catalog, r Report) ([]Part, error) {
	parts := []Part{}
	for _, l := range []consular.Language{consular.English, consular.French} {
		var b bytes.Buffer
		if err := Print(&b, catalog.Printer(l), r); err != nil {
			return nil, fault.New(fault.Internal, "doctor: write report", "", err)
		}
		parts = append(parts, Part{Name: "doctor." + string(l) + ".txt", About: "the steps of the doctor, in words", Data: b.Bytes()})
	}
	parts = append(parts,
		JSON("doctor.json", "the same for programs", Document(catalog.Printer(consular.English), r)),
		JSON("version.json", "which program this is", telemetry.BuildInfo()))
	return parts, nil
}

// JSON makes a part of a value.
func JSON(name, about string, v any) Part {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		raw = []byte(`{"error": "cannot be written"}`)
	}
	return Part{Name: name, About: about, Data: append(raw, '\n')}
}

// LogPart makes a part of the end of a log.
func LogPart(tail []byte) Part {
	return Part{Name: "log.txt", About: "the last lines of the log, cleaned", Data: CleanLog(tail)}
}

// write makes the file that was asked for, whole or not at all.
func (c Command) write(ctx context.Context, s cli.Streams, x Examined) error {
	catalog, err := lang.Open()
	if err != nil {
		return err
	}
	parts, err := Common(catalog, x.Report)
	if err != nil {
		return err
	}
	parts = append(parts, x.Parts...)
	if raw, err := os.ReadFile(c.Config); err == nil {
		parts = append(parts, Part{Name: "config.toml", About: "the configuration, without secrets and comments", Data: CleanConfig(raw)})
	}
	if tail := LogTail(ctx, c.Log, c.Unit); len(tail) > 0 {
		parts = append(parts, LogPart(tail))
	}
	var b bytes.Buffer
	sum, err := Support(&b, x.Report.At, parts)
	if err != nil {
		return err
	}
	if err := durable.WriteFile(c.Support, b.Bytes(), 0o600); err != nil {
		return fault.New(fault.Storage, "doctor: write support file", c.Support, err)
	}
	// Standard output is the report's, which a program may read.
	fmt.Fprintf(s.Err, "%s\nSHA-256 %s\n", c.Support, sum)
	return nil
}
