package paper

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-text/typesetting/bidi"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jaliya/internal/lang"
)

func fonts(tb testing.TB) *fontSet {
	tb.Helper()
	s, err := openFonts()
	require.NoError(tb, err)
	return s
}

func plain() style { return style{size: 10, color: ink()} }

// glyphIDs sets one word and gives its glyphs in the order of reading.
func glyphIDs(t *testing.T, set *typesetter, word string) []uint16 {
	t.Helper()
	var out []uint16
	for _, l := range set.lines(word, true, 1000, plain()) {
		for _, p := range l.pieces {
			for _, g := range p.glyphs {
				if g.Advance > 0 {
					out = append(out, g.ID)
				}
			}
		}
	}
	slices.Reverse(out)
	return out
}

// TestLettersJoin compares the glyphs of a word with those that each letter
// takes when a joiner stands on its sides, and with the letters alone.
func TestLettersJoin(t *testing.T) {
	t.Parallel()
	set := newTypesetter(fonts(t))
	const zwj = "\u200d"
	for _, word := range []string{"بيت", "محمد", "سعيد", "تجديد"} {
		letters := []rune(word)
		whole := glyphIDs(t, set, word)
		require.Len(t, whole, len(letters), word)
		for i, letter := range letters {
			form := string(letter)
			if i > 0 && joinsForward(letters[i-1]) {
				form = zwj + form
			}
			if i < len(letters)-1 && joinsForward(letter) {
				form += zwj
			}
			require.Equal(t, glyphIDs(t, set, form), whole[i:i+1], "%s letter %d", word, i)
			nominal, ok := set.fonts.arabic.font.Shaped().NominalGlyph(letter)
			require.True(t, ok)
			if form != string(letter) {
				require.NotEqual(t, uint16(nominal), whole[i], "%s letter %d stands alone", word, i)
			}
		}
	}
}

func joinsForward(r rune) bool { return !strings.ContainsRune("اأإآدذرزوؤةىء", r) }

func TestLamAlefIsOneShape(t *testing.T) {
	t.Parallel()
	set := newTypesetter(fonts(t))
	alone := append(glyphIDs(t, set, "ل"), glyphIDs(t, set, "ا")...)
	require.NotEqual(t, alone, glyphIDs(t, set, "لا"))
}

// eye gives what a line shows from left to right: pieces in visual order, the
// letters of a right-to-left piece still in reading order.
func eye(l line) string {
	var parts []string
	for _, p := range l.pieces {
		glyphs := slices.Clone(p.glyphs)
		if p.level%2 == 1 {
			slices.Reverse(glyphs)
		}
		var b strings.Builder
		for _, g := range glyphs {
			b.WriteString(g.Text)
		}
		parts = append(parts, b.String())
	}
	return strings.Join(parts, "|")
}

func TestDirections(t *testing.T) {
	t.Parallel()
	set := newTypesetter(fonts(t))
	for _, test := range []struct {
		name, text, want string
		rtl              bool
	}{
		{"Latin", "un deux", "un| |deux", false},
		{"Arabic reads from the right", "بيت كبير", "كبير| |بيت", true},
		{"a number inside Arabic keeps its order", "سنة 2026 م", "م| |2026| |سنة", true},
		{"groups of a reference stay in order", "مرجع " + lang.Code("12 34") + " هنا", "هنا| |12\u00a034| |مرجع", true},
		{"Latin inside Arabic", "في Paris الآن", "الآن| |Paris| |في", true},
		{"Arabic inside Latin", "voir بيت كبير ici", "voir| |كبير| |بيت| |ici", false},
		{"three levels", "A " + lang.RTL("بيت 12 كبير") + " B", "A| |كبير| |12| |بيت| |B", false},
		{"Arabic first in a Latin line", "بيت ok", "بيت| |ok", false},
		{"brackets take the mirror shape, the closing one on the left", "بيت (كبير)", ")|كبير|(| |بيت", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			lines := newTypesetter(set.fonts).lines(test.text, test.rtl, 1000, plain())
			require.Len(t, lines, 1)
			require.Equal(t, test.want, eye(lines[0]))
		})
	}
}

func TestVisualFollowsTheRule(t *testing.T) {
	t.Parallel()
	levels := func(in ...bidi.Level) []piece {
		out := make([]piece, 0, len(in))
		for i, l := range in {
			out = append(out, piece{level: l, width: float64(i)})
		}
		return out
	}
	order := func(in []piece) []int {
		var out []int
		for _, p := range visual(in) {
			out = append(out, int(p.width))
		}
		return out
	}
	require.Equal(t, []int{0, 1}, order(levels(0, 0)))
	require.Equal(t, []int{0, 2, 1, 3}, order(levels(0, 1, 1, 0)))
	require.Equal(t, []int{0, 3, 2, 1, 4}, order(levels(0, 1, 2, 1, 0)))
	require.Equal(t, []int{3, 1, 2, 0}, order(levels(1, 2, 2, 1)))
	require.Equal(t, []int{0, 4, 2, 3, 1, 5}, order(levels(0, 1, 2, 2, 1, 0)))
}

func TestLinesFit(t *testing.T) {
	t.Parallel()
	set := newTypesetter(fonts(t))
	text := strings.Repeat("Les textes arabe et français font foi. ", 8)
	lines := set.lines(text, false, 120, plain())
	require.Greater(t, len(lines), 8)
	for _, l := range lines {
		require.LessOrEqual(t, l.width, 120.01)
		require.NotEqual(t, ' ', rune(eye(l)[len(eye(l))-1]), "no space at the end of a line")
	}
	require.Len(t, set.lines("un\ndeux\n\nquatre", false, 500, plain()), 4)
	broken := set.lines(strings.Repeat("m", 100), false, 50, plain())
	require.Greater(t, len(broken), 10, "a word wider than the line is cut")
	unbroken := set.lines("a "+lang.Code("123456 789012")+" b", false, 75, plain())
	require.Contains(t, eye(unbroken[1]), "123456\u00a0789012", "a reference stays whole")
}

func TestEveryTextCanBePrinted(t *testing.T) {
	t.Parallel()
	set := newTypesetter(fonts(t))
	for _, text := range []string{
		"", " ", "\n", "\u2069\u2066", "\u202e\u202e", "漢字", "👨‍👩‍👧", "e\u0301\u0301\u0301", "\u0651\u064b", "ⵜⴰⵎⴰⵣⵉⵖⵜ",
		"\xff\xfe", "a\u0000b", "\u200d", "مُحَمَّد", "ـــ", "\u2028", "①²½ﬁ", "لله", strings.Repeat("ب", 30_000),
	} {
		for _, rtl := range []bool{false, true} {
			for _, l := range set.lines(text, rtl, 200, plain()) {
				for _, p := range l.pieces {
					for _, g := range p.glyphs {
						require.NotZero(t, g.ID, "%q draws a missing glyph", text)
					}
				}
			}
		}
	}
	require.Equal(t, "\ufffd\ufffd", eye(set.lines("漢字", false, 200, plain())[0]))
}

// TestNoLetterIsLostOrDoubled asks of any text of our scripts that the letters
// behind the glyphs are exactly its letters.
func TestNoLetterIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	s := fonts(t)
	alphabet := []rune("abÉç 019-.,:()« »ابتجحدرسعلمنهويىةءأإؤئَُِّْـⴰⵎⵣⵉⵖ\u2066\u2067\u2069\u00a0")
	rapid.Check(t, func(r *rapid.T) {
		text := string(rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, 60).Draw(r, "text"))
		rtl := rapid.Bool().Draw(r, "rtl")
		var got []rune
		for _, l := range newTypesetter(s).lines(text, rtl, 90, plain()) {
			got = append(got, letters(eye(l))...)
		}
		want := letters(text)
		slices.Sort(got)
		slices.Sort(want)
		require.Equal(t, string(want), string(got))
	})
}

// letters drops what a line break may drop, and the mark between pieces.
func letters(s string) []rune {
	var out []rune
	for _, r := range s {
		if !unicode.IsSpace(r) && !isControl(r) && r != '|' {
			out = append(out, r)
		}
	}
	return out
}

// TestGlyphsKeepTheirMeaning asks that one glyph says one thing in texts where
// letters melt together and where vowel signs stand on them.
func TestGlyphsKeepTheirMeaning(t *testing.T) {
	t.Parallel()
	set := newTypesetter(fonts(t))
	meaning := map[uint16]string{}
	for _, word := range []string{"عبد الله", "اللَّهِ", "مُحَمَّدٌ", "لله", "الإدارية", "ٱلْمَغْرِب", "قُدَّم", "بِسْمِ"} {
		for _, l := range set.lines(word, true, 1000, plain()) {
			for _, p := range l.pieces {
				for _, g := range p.glyphs {
					if g.Text == "" {
						continue
					}
					if old, seen := meaning[g.ID]; seen {
						require.Equal(t, old, g.Text, word)
					}
					meaning[g.ID] = g.Text
				}
			}
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add("Récépissé وصل \u2066123\u2069 ⴰⵣⵓⵍ", true, 100.0)
	f.Add("\u202e\u0651\u0651 a\u0301", false, 1.0)
	s := fonts(f)
	f.Fuzz(func(t *testing.T, text string, rtl bool, width float64) {
		if !(width >= 0 && width < 2000) || len(text) > 2000 {
			t.Skip()
		}
		st := plain()
		st.bold, st.mono = len(text)%2 == 0, len(text)%3 == 0
		for _, l := range newTypesetter(s).lines(text, rtl, width, st) {
			for _, p := range l.pieces {
				for _, g := range p.glyphs {
					require.NotZero(t, g.ID)
					require.True(t, utf8.ValidString(g.Text))
				}
			}
		}
	})
}
