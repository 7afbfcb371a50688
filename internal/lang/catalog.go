package lang

import (
	"embed"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

const opLoad = "lang: load catalog"

// maxCatalogFile caps one file, in bytes.
const maxCatalogFile = 1 << 20

//go:embed catalog
var builtIn embed.FS

// Catalog holds all messages of all languages, fixed after it is read, so any
// number of goroutines may use it.
type Catalog struct {
	messages map[consular.Language]map[string]message
}

// Open reads the catalogs that ship with the program.
func Open() (*Catalog, error) {
	files, err := fs.Sub(builtIn, "catalog")
	if err != nil {
		return nil, fault.New(fault.Internal, opLoad, "catalog", err)
	}
	return Load(files)
}

// Load reads a tree of LANGUAGE/SURFACE.toml. It refuses a folder that is no
// language of the product, a value that is neither text nor table, an
// unclosed placeholder and a plural form that the language does not have.
func Load(files fs.FS) (*Catalog, error) {
	c := &Catalog{messages: make(map[consular.Language]map[string]message)}
	names, err := fs.Glob(files, "*/*.toml")
	if err != nil {
		return nil, fault.New(fault.Invalid, opLoad, "", err)
	}
	for _, name := range names {
		if err := c.addFile(files, name); err != nil {
			return nil, fault.New(fault.KindOf(err), opLoad, name, err)
		}
	}
	return c, nil
}

func (c *Catalog) addFile(files fs.FS, name string) error {
	folder, file := path.Split(name)
	language, err := consular.ParseLanguage(strings.TrimSuffix(folder, "/"))
	if err != nil {
		return err
	}
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return fault.New(fault.Storage, opLoad, "", err)
	}
	if len(data) > maxCatalogFile {
		return fault.New(fault.TooLarge, opLoad, "", nil)
	}
	tree := map[string]any{}
	if err := toml.Unmarshal(data, &tree); err != nil {
		return fault.New(fault.Invalid, opLoad, "", err)
	}
	if c.messages[language] == nil {
		c.messages[language] = map[string]message{}
	}
	r := reader{language: language, into: c.messages[language]}
	return r.table(strings.TrimSuffix(file, ".toml"), tree)
}

// Keys lists the keys that a language has of its own, sorted.
func (c *Catalog) Keys(l consular.Language) []string {
	return slices.Sorted(maps.Keys(c.messages[l]))
}

// reader turns the tables of one file into messages.
type reader struct {
	language consular.Language
	into     map[string]message
}

func (r reader) table(prefix string, tree map[string]any) error {
	if isPlural(tree) {
		return r.plural(prefix, tree)
	}
	for name, value := range tree {
		if err := r.value(prefix+"."+name, value); err != nil {
			return err
		}
	}
	return nil
}

// isPlural reports a table of plural forms and nothing else: a list of
// purposes may have an "other" too.
func isPlural(tree map[string]any) bool {
	all := Forms(consular.Arabic)
	for name := range tree {
		if !slices.Contains(all, name) {
			return false
		}
	}
	_, other := tree[formOther]
	return other
}

func (r reader) value(key string, value any) error {
	switch v := value.(type) {
	case string:
		parsed, err := parsePattern(typeset(r.language, v))
		if err != nil {
			return fault.New(fault.Invalid, opLoad, key, err)
		}
		r.into[key] = message{formOther: parsed}
		return nil
	case map[string]any:
		return r.table(key, v)
	default:
		return fault.New(fault.Invalid, opLoad, key, nil)
	}
}

func (r reader) plural(key string, forms map[string]any) error {
	m := message{}
	for form, value := range forms {
		text, ok := value.(string)
		if !ok || !slices.Contains(Forms(r.language), form) {
			return fault.New(fault.Invalid, opLoad, key+"."+form, nil)
		}
		parsed, err := parsePattern(typeset(r.language, text))
		if err != nil {
			return fault.New(fault.Invalid, opLoad, key+"."+form, err)
		}
		m[form] = parsed
	}
	r.into[key] = m
	return nil
}

// typeset puts the non-breaking spaces of French, which no one sees while
// typing a catalog.
func typeset(l consular.Language, s string) string {
	if l != consular.French {
		return s
	}
	return frenchSpaces.Replace(s)
}

var frenchSpaces = strings.NewReplacer(" :", nbsp+":", " ;", nbsp+";", " ?", nbsp+"?", " !", nbsp+"!",
	" »", nbsp+"»", "« ", "«"+nbsp, "n° ", "n°"+nbsp)
