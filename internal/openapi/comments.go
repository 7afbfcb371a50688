package openapi

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"jaliya/internal/fault"
)

// Comments are the comments of types and of their fields, read from the source.
type Comments struct {
	root, module string
	packages     map[string]map[string]string // package path, "Type" or "Type.Field", words
}

// NewComments reads from a checkout of the module. Errors: NotFound when root
// is none.
func NewComments(root, module string) (*Comments, error) {
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return nil, fault.New(fault.NotFound, "openapi: read comments", root, err)
	}
	return &Comments{root: root, module: module, packages: map[string]map[string]string{}}, nil
}

func (c *Comments) of(t reflect.Type) string { return c.find(t, t.Name()) }

func (c *Comments) ofField(t reflect.Type, field string) string {
	return c.find(t, t.Name()+"."+field)
}

func (c *Comments) find(t reflect.Type, name string) string {
	if c == nil || !strings.HasPrefix(t.PkgPath(), c.module) {
		return ""
	}
	words, read := c.packages[t.PkgPath()]
	if !read {
		words = c.read(strings.TrimPrefix(t.PkgPath(), c.module))
		c.packages[t.PkgPath()] = words
	}
	return words[name]
}

// read goes through the files of a package; one that cannot be parsed would not
// have been compiled either.
func (c *Comments) read(folder string) map[string]string {
	words := map[string]string{}
	paths, _ := filepath.Glob(filepath.Join(c.root, filepath.FromSlash(folder), "*.go"))
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			continue
		}
		for _, d := range file.Decls {
			if general, ok := d.(*ast.GenDecl); ok && general.Tok == token.TYPE {
				readTypes(general, words)
			}
		}
	}
	return words
}

func readTypes(d *ast.GenDecl, words map[string]string) {
	for _, spec := range d.Specs {
		t, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		about := t.Doc
		if about == nil {
			about = d.Doc
		}
		words[t.Name.Name] = sentence(t.Name.Name, about.Text())
		held, ok := t.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, f := range held.Fields.List {
			said := f.Comment.Text()
			if said == "" {
				said = f.Doc.Text()
			}
			for _, name := range f.Names {
				words[t.Name.Name+"."+name.Name] = sentence(name.Name, said)
			}
		}
	}
}

// qualified is a Go name with its package.
var qualified = regexp.MustCompile(`\b[a-z][a-z0-9]*\.([A-Z]\w*)`)

// sentence joins the lines of a comment. The name of the Go type at its head,
// and the packages of others, say nothing to those who read the document.
func sentence(name, comment string) string {
	text := qualified.ReplaceAllString(strings.Join(strings.Fields(comment), " "), "$1")
	for _, head := range []string{name + " is ", name + " are "} {
		if rest, ok := strings.CutPrefix(text, head); ok && rest != "" {
			return strings.ToUpper(rest[:1]) + rest[1:]
		}
	}
	return text
}
