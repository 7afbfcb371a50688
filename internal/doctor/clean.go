package doctor

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// NodeUnit is the systemd unit of a post's node.
const NodeUnit = "jaliya-node"

const (
	// removed stands where something was taken out.
	removed = "[removed]"
	// logLines and logBytes bound what goes into the file of a log.
	logLines = "1000"
	logBytes = 512 << 10
)

// secretKey tells of a key of the configuration that its value may be secret, or
// the name of somebody.
var secretKey = regexp.MustCompile(`(?i)(secret|password|passphrase|token|pin$|user|account|sender|from$|email|phone|client)`)

// CleanConfig gives a configuration without comments, secrets and the names of
// accounts. Of one that cannot be read nothing is given.
func CleanConfig(raw []byte) []byte {
	tree := map[string]any{}
	if err := toml.Unmarshal(raw, &tree); err != nil {
		return []byte("# The configuration cannot be read; see doctor.json.\n")
	}
	out, err := toml.Marshal(cleanTree(tree))
	if err != nil {
		return []byte("# The configuration cannot be written.\n")
	}
	return out
}

func cleanTree(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if secretKey.MatchString(key) {
				v[key] = removed
				continue
			}
			v[key] = cleanTree(value)
		}
		return v
	case []any:
		for i := range v {
			v[i] = cleanTree(v[i])
		}
		return v
	case string:
		return cleanAddress(v)
	}
	return v
}

// cleanAddress takes out of an address the account, the question, and of a web
// page the path: receivers of calls keep their secret there. What may be the
// address of a person goes whole.
func cleanAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		if strings.Contains(s, "@") {
			return removed
		}
		return s
	}
	if strings.HasPrefix(u.Scheme, "http") && strings.Trim(u.Path, "/") != "" {
		u.Path, u.RawPath = "/removed", ""
	}
	if u.User != nil {
		u.User = url.User("removed")
	}
	if u.RawQuery != "" {
		u.RawQuery = "removed"
	}
	return u.String()
}

// LogTail reads the end of a log: of the file, or of a unit's journal where the
// machine has one. What cannot be read is left out.
func LogTail(ctx context.Context, path, unit string) []byte {
	if path != "" {
		return fileTail(path)
	}
	if unit == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	out, err := exec.CommandContext(ctx, "journalctl", "--unit", unit, "--lines", logLines, "--no-pager", "--output", "cat").Output() //nolint:gosec // the operator names the unit
	if err != nil || len(out) > 4*logBytes {
		return nil
	}
	return out
}

func fileTail(path string) []byte {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // only read
	if _, err := f.Seek(-logBytes, io.SeekEnd); err != nil {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil
		}
	}
	raw, err := io.ReadAll(io.LimitReader(f, logBytes))
	if err != nil {
		return nil
	}
	return raw
}

// knownKeys are those of log lines whose values come from closed lists of ours.
var knownKeys = map[string]bool{
	"time": true, "level": true, "msg": true, "component": true, "kind": true, "reason": true, "from": true, "to": true,
	"post": true, "node": true, "member": true, "desk": true, "nodes": true, "sessions": true, "codes": true, "alpn": true,
	"status": true, "method": true, "took": true, "operation": true, "warning": true, "error": true, "id": true, "attempt": true,
}

// CleanLog gives the lines of a log with all taken out that could tell of a
// person. The rule of the house is that none stands there; this is the second
// line of defense, so it keeps only what it knows: attributes of closed lists,
// and words in small Latin letters. A long number becomes a mark, the same one
// for the same number within one file and no other.
func CleanLog(raw []byte) []byte {
	c := cleaner{salt: make([]byte, 32)}
	if _, err := rand.Read(c.salt); err != nil {
		return nil
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(raw)) {
		out.WriteString(c.line(strings.TrimRight(line, "\r\n")) + "\n")
	}
	return out.Bytes()
}

type cleaner struct{ salt []byte }

func (c cleaner) line(line string) string {
	var attributes map[string]any
	if err := json.Unmarshal([]byte(line), &attributes); err != nil {
		return c.text(line)
	}
	kept := map[string]any{}
	for key, value := range attributes {
		text, isText := value.(string)
		switch {
		case !knownKeys[key]:
			kept["left_out"] = true
		case key == "time" && isText && isTime(text), key == "level", !isText && isNumber(value):
			kept[key] = value
		case isText:
			kept[key] = c.text(text)
		}
	}
	out, err := json.Marshal(kept)
	if err != nil {
		return ""
	}
	return string(out)
}

func isTime(s string) bool {
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil
}

// isNumber admits small numbers: counts and milliseconds, no identifiers.
func isNumber(v any) bool {
	n, ok := v.(float64)
	_, truth := v.(bool)
	return truth || (ok && n > -1e6 && n < 1e6)
}

var (
	longNumber  = regexp.MustCompile(`\d(?:[ ./-]?\d){4,}`)
	hexadecimal = regexp.MustCompile(`\b[0-9a-f]{16,}\b`)
	moment      = regexp.MustCompile(`^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*Z?`)
	posts       = regexp.MustCompile(`^[A-Z]{2}-[A-Z]{3}$`)
	plainWord   = regexp.MustCompile(`^[a-z0-9.,:;/()\[\]"'=_+*{}<>|-]*$`)
	levels      = map[string]bool{"DBG": true, "INF": true, "WRN": true, "ERR": true, "QUIC": true, "TLS": true, "TCP": true, "UDP": true}
)

// text keeps what a program says: words of small letters. Programs of ours begin
// no word of a message with a capital but names of protocols.
func (c cleaner) text(s string) string {
	at := moment.FindString(s)
	s = s[len(at):]
	s = hexadecimal.ReplaceAllStringFunc(s, c.mark)
	s = longNumber.ReplaceAllStringFunc(s, c.mark)
	words := strings.Split(s, " ")
	for i, w := range words {
		if !plainWord.MatchString(w) && !levels[w] && !posts.MatchString(w) || strings.Contains(w, "@") {
			words[i] = removed
		}
	}
	return at + strings.Join(words, " ")
}

// mark stands for a number, so that the same one is known again.
func (c cleaner) mark(s string) string {
	h := hmac.New(sha256.New, c.salt)
	_, _ = io.WriteString(h, strings.NewReplacer(" ", "", ".", "", "-", "", "/", "").Replace(s)) // a hash takes everything
	return "[" + hex.EncodeToString(h.Sum(nil))[:8] + "]"
}
