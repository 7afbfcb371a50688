package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub"
	"jaliya/internal/config"
)

const recordOffices = `
dir = "d"
[records]
poll = "10s"
[[records.office]]
name = "dgsn"
url = "https://records.example"
token_file = "dgsn.token"
packet_key = "dgsn.pub"
services = ["record.police"]
`

func TestRecordsSection(t *testing.T) {
	for name, c := range map[string]struct{ text, bad string }{
		"OK":         {text: recordOffices},
		"ErrService": {text: recordOffices + "[[records.office]]\nname = \"x1\"\nurl = \"https://x.example\"\ntoken_file = \"t\"\npacket_key = \"k\"\nservices = [\"cnie.first\"]\n", bad: "no criminal record"},
		"ErrNone":    {text: "dir = \"d\"\n[records]\n", bad: "at least one"},
	} {
		t.Run(name, func(t *testing.T) {
			var cfg hub.Config
			err := config.Parse("hub.toml", []byte(c.text), &cfg) // validates too
			if c.bad == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.bad)
		})
	}
}
