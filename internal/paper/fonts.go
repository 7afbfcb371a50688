package paper

import (
	"embed"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"

	"jaliya/internal/fault"
	"jaliya/internal/paper/pdf"
)

//go:embed fonts
var fontFiles embed.FS

// cut is one font of a family: weight, script and how much larger than its
// nominal size it is set, so that Arabic looks as large as the Latin beside it.
type cut struct {
	font  *pdf.Font
	scale float64
}

// fontSet holds the fonts of all papers, read once and shared.
type fontSet struct {
	latin, latinBold   cut
	arabic, arabicBold cut
	tifinagh, mono     cut
}

func openFonts() (*fontSet, error) {
	s := &fontSet{}
	for _, one := range []struct {
		into  *cut
		name  string
		scale float64
	}{
		{&s.latin, "NotoSans-Regular", 1},
		{&s.latinBold, "NotoSans-Bold", 1},
		{&s.arabic, "NotoNaskhArabic-Regular", 1.18},
		{&s.arabicBold, "NotoNaskhArabic-Bold", 1.18},
		{&s.tifinagh, "NotoSansTifinagh-Regular", 1},
		{&s.mono, "NotoSansMono-Bold", 1},
	} {
		data, err := fontFiles.ReadFile("fonts/" + one.name + ".ttf")
		if err != nil {
			return nil, fault.New(fault.Internal, "paper: open fonts", one.name, err)
		}
		f, err := pdf.ParseFont(one.name, data)
		if err != nil {
			return nil, err
		}
		*one.into = cut{f, one.scale}
	}
	return s, nil
}

// choices lists the fonts for a style and a script in the order in which they
// are asked for a letter.
func (s *fontSet) choices(st style, script language.Script) []cut {
	latin, arabic := s.latin, s.arabic
	if st.bold {
		latin, arabic = s.latinBold, s.arabicBold
	}
	order := []cut{latin, arabic, s.tifinagh}
	if script == language.Arabic {
		order = []cut{arabic, latin, s.tifinagh}
	}
	if script == language.Tifinagh {
		order = []cut{s.tifinagh, latin, arabic}
	}
	if st.mono {
		order = append([]cut{s.mono}, order...)
	}
	return order
}

// covers reports whether any font has the letter.
func (s *fontSet) covers(r rune) bool {
	for _, c := range []cut{s.latin, s.arabic, s.tifinagh} {
		if has(c, r) {
			return true
		}
	}
	return false
}

// faces are the shaping faces of one document: a face is not safe for
// concurrent use, its font is.
type faces map[*pdf.Font]*font.Face

func (f faces) of(p *pdf.Font) *font.Face {
	face, ok := f[p]
	if !ok {
		face = font.NewFace(p.Shaped())
		f[p] = face
	}
	return face
}
