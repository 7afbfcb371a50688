package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/internal/fault"
)

//go:embed assets templates
var embedded embed.FS

// assetPrefix is where assets stand, below it the hash of the content: a new
// program brings new addresses, and an old one may be kept for ever.
const assetPrefix = "/assets/"

func layouts() fs.FS { return sub("templates") }

func sub(dir string) fs.FS {
	files, err := fs.Sub(embedded, dir)
	if err != nil {
		panic("web: embedded " + dir + ": " + err.Error()) // a constant path of this package
	}
	return files
}

// asset is a file with its compressed form, nil when that is not smaller.
type asset struct {
	media       string
	plain, gzip []byte
	hash        string
}

type assets struct{ byName map[string]*asset }

// loadAssets reads the assets of this package and of a surface. Names are base
// names; a name that is there twice is refused.
func loadAssets(more []fs.FS) (*assets, error) {
	const op = "web: load assets"
	a := &assets{byName: map[string]*asset{}}
	for _, files := range append([]fs.FS{sub("assets")}, more...) {
		err := fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || mediaOf(name) == "" {
				return err
			}
			raw, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			return a.add(path.Base(name), raw)
		})
		if err != nil {
			return nil, fault.New(fault.Internal, op, "", err)
		}
	}
	return a, a.link()
}

func mediaOf(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".svg":
		return "image/svg+xml"
	default:
		return ""
	}
}

func (a *assets) add(name string, raw []byte) error {
	if a.byName[name] != nil {
		return fault.New(fault.Exists, "web: add asset", name, nil)
	}
	a.byName[name] = &asset{media: mediaOf(name), plain: raw, hash: hashOf(raw)}
	return nil
}

func hashOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// link writes the addresses of other assets into the sheets ("asset:NAME"),
// then compresses what gains by it.
func (a *assets) link() error {
	for _, name := range slices.Sorted(maps.Keys(a.byName)) {
		one := a.byName[name]
		if strings.HasPrefix(one.media, "text/css") {
			text := string(one.plain)
			for other, target := range a.byName {
				text = strings.ReplaceAll(text, "asset:"+other, assetPrefix+target.hash+"/"+other)
			}
			one.plain = bare(text)
			one.hash = hashOf(one.plain)
		}
		if err := one.compress(); err != nil {
			return err
		}
	}
	return nil
}

// comments are the remarks of a sheet, and the blanks that begin its lines.
var comments = regexp.MustCompile(`(?s)/\*.*?\*/|(?m)^\s+`)

// bare takes out of a sheet what is there for those who write it.
func bare(sheet string) []byte { return []byte(comments.ReplaceAllString(sheet, "")) }

func (a *asset) compress() error {
	if a.media == "font/woff2" {
		return nil // compressed by itself
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return fault.New(fault.Internal, "web: compress asset", "", err)
	}
	if _, err = w.Write(a.plain); err == nil {
		err = w.Close()
	}
	if err != nil {
		return fault.New(fault.Internal, "web: compress asset", "", err)
	}
	if b.Len() < len(a.plain) {
		a.gzip = b.Bytes()
	}
	return nil
}

// address gives where an asset stands; a name that is not there stops the
// template that asked.
func (a *assets) address(name string) (string, error) {
	one := a.byName[name]
	if one == nil {
		return "", fault.New(fault.NotFound, "web: find asset", name, nil)
	}
	return assetPrefix + one.hash + "/" + name, nil
}

func (a *assets) serve(c *gin.Context) {
	one := a.byName[c.Param("name")]
	if one == nil || c.Param("hash") != one.hash {
		Fail(c, fault.New(fault.NotFound, "web: serve asset", "", nil))
		return
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Header("Vary", "Accept-Encoding")
	body := one.plain
	if one.gzip != nil && strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		c.Header("Content-Encoding", "gzip")
		body = one.gzip
	}
	c.Data(http.StatusOK, one.media, body)
}
