package stamp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/stamp"
	"jaliya/internal/config"
	"jaliya/internal/fault"
)

const paid = `{"payment":"p-1","state":"paid","amount":{"minor":7500,"currency":"MAD"},"page":"https://pay.example/pay/x",
"receipts":[{"number":"R-1","time":"2026-11-22T10:00:00Z","amount":{"minor":7500,"currency":"MAD"}}]}`

func TestDecodePayment(t *testing.T) {
	replace := func(old, with string) string { return strings.Replace(paid, old, with, 1) }
	for name, c := range map[string]struct {
		raw  string
		want fault.Kind
	}{
		"OK":              {paid, 0},
		"OK/NewField":     {replace(`"payment"`, `"lane":"blue","payment"`), 0},
		"ErrID":           {replace("p-1", "../p"), fault.Corrupt},
		"ErrNegative":     {replace("7500", "-7500"), fault.Corrupt},
		"ErrCurrency":     {replace("MAD", "XX1"), fault.Corrupt},
		"ErrPage":         {replace("https://pay.example/pay/x", "pay"), fault.Corrupt},
		"ErrNumber":       {replace("R-1", ""), fault.Corrupt},
		"ErrTime":         {replace(`"time":"2026-11-22T10:00:00Z",`, ""), fault.Corrupt},
		"ErrNoReceipt":    {replace("R-1", "R-1\",\"refunded\":true,\"x\":\""), fault.Corrupt},
		"ErrOpenReceipt":  {replace(`"paid"`, `"open"`), fault.Corrupt},
		"ErrStands":       {replace(`"paid"`, `"refunded"`), fault.Corrupt},
		"ErrState":        {replace(`"paid"`, `"maybe"`), fault.Unsupported},
		"ErrOurWord":      {replace(`"paid"`, `"wrong-amount"`), fault.Unsupported},
		"ErrCut":          {paid[:60], fault.Corrupt},
		"ErrTooLarge":     {strings.Repeat(" ", stamp.MaxAnswer+1), fault.TooLarge},
		"ErrTwiceTheSame": {replace(`}}]}`, `}},{"number":"R-1","time":"2026-11-22T10:00:00Z","amount":{"minor":7500,"currency":"MAD"}}]}`), fault.Corrupt},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := stamp.DecodePayment([]byte(c.raw))
			require.Equal(t, c.want, fault.KindOf(err), "%v", err)
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(paid))
	f.Add([]byte(`{"payment":"p-1"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := stamp.DecodePayment(raw)
		if err != nil {
			require.NotContains(t, err.Error(), "\n", "nothing of the answer in the error")
		} else {
			require.NotEqual(t, p.State == stamp.Open || p.State == stamp.Expired, len(p.Receipts) > 0)
			require.NotEqual(t, stamp.WrongAmount, p.State)
		}
		if id, err := stamp.DecodeNotice(raw); err == nil {
			require.Regexp(t, `^[a-z0-9-]{1,64}$`, id)
		}
	})
}

func TestConfig(t *testing.T) {
	good := stamp.Config{URL: "https://stamp.example", TokenFile: "t", Pages: []string{"pay.example"}, Notices: map[string]string{"k1": "k1.pub"}}
	for name, change := range map[string]func(*stamp.Config){
		"OK":         func(*stamp.Config) {},
		"ErrURL":     func(c *stamp.Config) { c.URL = "http://stamp.example" },
		"ErrNobody":  func(c *stamp.Config) { c.TokenFile = "" },
		"ErrPages":   func(c *stamp.Config) { c.Pages = nil },
		"ErrKeyID":   func(c *stamp.Config) { c.Notices = map[string]string{"K 1": "f"} },
		"ErrBreaker": func(c *stamp.Config) { c.Breaker.Failures = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			err := c.WithDefaults().Validate()
			if name == "OK" {
				require.NoError(t, err)
				return
			}
			require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		})
	}
	t.Run("OK/File", func(t *testing.T) {
		var c stamp.Config
		require.NoError(t, config.Parse("hub.toml", []byte(`
url = "https://stamp.example"
token_file = "stamp.token"
pages = ["pay.example"]
window = "2m"
[notices]
k1 = "k1.pub"
`), &c))
		require.NoError(t, c.WithDefaults().Validate())
	})
}
