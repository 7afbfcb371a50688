package centre_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway/centre"
	"jaliya/internal/config"
	"jaliya/internal/fault"
)

func TestConfig(t *testing.T) {
	good := centre.SiteConfig{Number: 1, Name: "rabat", URL: "https://rabat.example", PacketKey: "k", TokenFile: "t"}
	for name, change := range map[string]func(*centre.Config){
		"OK":               func(*centre.Config) {},
		"OK/Loopback":      func(c *centre.Config) { c.Sites[0].URL, c.Sites[0].TokenFile = "http://127.0.0.1:1", "" },
		"OK/Prefer":        func(c *centre.Config) { c.Prefer = map[string]string{"FR": "rabat", "FR-LYO": "rabat"} },
		"ErrNoSite":        func(c *centre.Config) { c.Sites = nil },
		"ErrHTTP":          func(c *centre.Config) { c.Sites[0].URL = "http://rabat.example" },
		"ErrQuery":         func(c *centre.Config) { c.Sites[0].URL += "?a=b" },
		"ErrUser":          func(c *centre.Config) { c.Sites[0].URL = "https://u:p@rabat.example" },
		"ErrNobody":        func(c *centre.Config) { c.Sites[0].TokenFile = "" },
		"ErrHalfCert":      func(c *centre.Config) { c.Sites[0].CertFile = "c" },
		"ErrNoKey":         func(c *centre.Config) { c.Sites[0].PacketKey = "" },
		"ErrNumber":        func(c *centre.Config) { c.Sites[0].Number = 0 },
		"ErrName":          func(c *centre.Config) { c.Sites[0].Name = "Ra bat" },
		"ErrTwice":         func(c *centre.Config) { c.Sites = append(c.Sites, c.Sites[0]) },
		"ErrPreferNobody":  func(c *centre.Config) { c.Prefer = map[string]string{"FR": "fes"} },
		"ErrPreferNowhere": func(c *centre.Config) { c.Prefer = map[string]string{"Lyon": "rabat"} },
	} {
		t.Run(name, func(t *testing.T) {
			c := centre.Config{Sites: []centre.SiteConfig{good}}
			change(&c)
			err := c.WithDefaults().Validate()
			if name[:2] == "OK" {
				require.NoError(t, err)
				return
			}
			require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		})
	}
	t.Run("OK/File", func(t *testing.T) {
		var c centre.Config
		require.NoError(t, config.Parse("hub.toml", []byte(`
poll = "10s"
[prefer]
FR = "rabat"
[breaker]
pause = "5s"
[[site]]
number = 1
name = "rabat"
url = "https://rabat.example"
packet_key = "rabat.key"
token_file = "rabat.token"
[[site]]
number = 2
name = "marrakech"
url = "https://marrakech.example"
packet_key = "marrakech.key"
cert_file = "hub.crt"
key_file = "hub.key"
`), &c))
		c = c.WithDefaults()
		require.Equal(t, []uint{72, 28}, []uint{c.Sites[0].Weight, c.Sites[1].Weight})
	})
}
