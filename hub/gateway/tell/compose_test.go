package tell_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/tell"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
)

// gsm is the default alphabet of GSM 03.38; those of the second line cost two.
const (
	gsm = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	two = "^{}\\[~]|€"
)

// septets is how long a message is in GSM characters; false when it needs
// UCS-2, of which one message holds 70 and two hold 134.
func septets(text string) (n int, fits bool) {
	for _, r := range text {
		switch {
		case strings.ContainsRune(gsm, r):
			n++
		case strings.ContainsRune(two, r):
			n += 2
		default:
			return utf8.RuneCountInString(text), false
		}
	}
	return n, true
}

const portal = "https://suivi.consulat.example"

func words(tb testing.TB) *lang.Catalog {
	tb.Helper()
	c, err := lang.Open()
	require.NoError(tb, err)
	return c
}

func occasions() []tell.Occasion {
	return []tell.Occasion{tell.Ready, tell.Reminder, tell.Action, tell.Moved, tell.Decided, tell.Stopped, tell.Issued, tell.Place}
}

// TestLength asks of every message to every post that it fits: one message in
// Latin letters where the alphabet allows, two in Arabic.
func TestLength(t *testing.T) {
	c := words(t)
	posts, err := consular.BuiltInDirectory()
	require.NoError(t, err)
	for _, l := range consular.Languages() {
		for _, o := range occasions() {
			for _, p := range posts.All() {
				text, err := tell.Compose(c, l, tell.Facts{
					Occasion: o, Reference: "123456789012345611", City: p.City, Date: "2026-12-28", Portal: portal,
				})
				require.NoError(t, err)
				n, latin := septets(text.SMS)
				if l != consular.Arabic && l != consular.Tamazight {
					require.True(t, latin, "%s", text.SMS)
					require.LessOrEqual(t, n, 160, "%s", text.SMS)
				} else {
					require.LessOrEqual(t, n, 134, "%s", text.SMS)
				}
				require.NotContains(t, text.SMS+text.Mail+text.Subject, "{")
				require.Contains(t, text.SMS, "123456 789012 345611")
				require.Contains(t, text.SMS, portal)
				require.Contains(t, text.Mail, portal)
				require.NotContains(t, text.Subject, "notice.")
			}
		}
	}
}

// TestSaysNothing asks that no product is named in any message.
func TestSaysNothing(t *testing.T) {
	c := words(t)
	for _, l := range consular.Languages() {
		for _, o := range occasions() {
			text, err := tell.Compose(c, l, tell.Facts{
				Occasion: o, Reference: "123456789012345611", City: "Lyon", Date: "2026-12-28", Portal: portal,
			})
			require.NoError(t, err)
			all := strings.ToLower(text.SMS + text.Mail + text.Subject)
			for _, product := range []string{
				"cnie", "carte", "card", "tarjeta", "casier", "police", "passeport", "passport", "document", "identit",
				"بطاقة", "جواز", "سجل", "وثيقة",
			} {
				require.NotContains(t, all, product, "%s %s", l, o)
			}
		}
	}
}

func TestLanguages(t *testing.T) {
	c := words(t)
	say := func(l consular.Language) tell.Text {
		text, err := tell.Compose(c, l, tell.Facts{Occasion: tell.Ready, Reference: "123456789012345611", City: "Lyon", Portal: portal})
		require.NoError(t, err)
		return text
	}
	require.Contains(t, say("fr").SMS, "disponible au retrait")
	require.Contains(t, say("it").SMS, "disponible au retrait")
	require.Contains(t, say("es").SMS, "espera su recogida")
	require.Contains(t, say("de").SMS, "ready for collection")
	require.Contains(t, say("ar").SMS, "جاهز للسحب")
	zgh := say("zgh")
	require.Contains(t, zgh.SMS, "جاهز للسحب")
	require.NotContains(t, zgh.SMS, "retrait")
	require.Contains(t, zgh.Mail, "جاهز للسحب")
	require.Contains(t, zgh.Mail, "disponible au retrait")
	_, err := tell.Compose(c, "fr", tell.Facts{Occasion: tell.Moved, Reference: "123456789012345611", City: "Lyon", Portal: portal})
	require.True(t, fault.Is(err, fault.Invalid), "a moved date names the date")
	_, err = tell.Compose(c, "fr", tell.Facts{Occasion: 99, Reference: "123456789012345611", City: "Lyon", Portal: portal})
	require.True(t, fault.Is(err, fault.Invalid))
}
