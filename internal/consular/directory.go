package consular

import (
	_ "embed"
	"io"
	"slices"
	"strconv"
	"strings"

	"jaliya/internal/fault"
)

//go:embed posts.csv
var postsCSV string

// postsHeader is the only header that a directory file may have.
func postsHeader() []string {
	return []string{"code", "kind", "city", "country_iso2", "lat", "lon", "timezone", "host_languages"}
}

// Directory is the list of posts, fixed after it is read; safe for many
// readers.
type Directory struct {
	posts []Post
	byID  map[PostID]int
}

// BuiltInDirectory reads the directory that ships with the program. It is
// illustrative (71 posts); an operator replaces it by a file.
func BuiltInDirectory() (*Directory, error) { return ParseDirectory(strings.NewReader(postsCSV)) }

// ParseDirectory reads a directory in the CSV form of the built-in one. It
// refuses an unknown header, a duplicate id, a bad coordinate, an empty list;
// the error names the line.
func ParseDirectory(r io.Reader) (*Directory, error) {
	d := &Directory{byID: map[PostID]int{}}
	err := readTable(r, postsHeader(), d.addRow)
	if err != nil {
		return nil, err
	}
	if len(d.posts) == 0 {
		return nil, broken(opLoad, "post", RuleRequired)
	}
	return d, nil
}

func (d *Directory) addRow(fields []string) error {
	c := cells{fields: fields}
	post := Post{
		ID:       read(&c, ParsePostID),
		Kind:     read(&c, ParsePostKind),
		City:     c.text(),
		Country:  read(&c, ParseCountry),
		Lat:      read(&c, parseDegrees("post.lat")),
		Lon:      read(&c, parseDegrees("post.lon")),
		TimeZone: c.text(),
	}
	if langs := c.text(); langs != "" {
		post.Languages = strings.Split(langs, ";")
	}
	if c.err != nil {
		return c.err
	}
	if err := post.Validate(); err != nil {
		return err
	}
	if _, twice := d.byID[post.ID]; twice {
		return broken(opLoad, "post.id", RuleDuplicate)
	}
	d.byID[post.ID] = len(d.posts)
	d.posts = append(d.posts, post)
	return nil
}

func parseDegrees(field string) func(string) (float64, error) {
	return func(s string) (float64, error) {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return 0, broken(opParse, field, RuleFormat)
		}
		return f, nil
	}
}

// Lookup gives the post, or a NotFound fault that names the id.
func (d *Directory) Lookup(id PostID) (Post, error) {
	i, ok := d.byID[id]
	if !ok {
		return Post{}, fault.New(fault.NotFound, "consular: look up post", string(id), nil)
	}
	return d.posts[i].clone(), nil
}

// Has reports whether the post exists.
func (d *Directory) Has(id PostID) bool {
	_, ok := d.byID[id]
	return ok
}

// Len gives the number of posts.
func (d *Directory) Len() int { return len(d.posts) }

// All gives the posts in the order of the file; the slice is the caller's.
func (d *Directory) All() []Post {
	out := make([]Post, 0, len(d.posts))
	for _, p := range d.posts {
		out = append(out, p.clone())
	}
	return out
}

// InCountry gives the posts of one host country, in the order of the file.
func (d *Directory) InCountry(c Country) []Post {
	return slices.DeleteFunc(d.All(), func(p Post) bool { return p.Country != c })
}

func (p Post) clone() Post {
	p.Languages = slices.Clone(p.Languages)
	return p
}
