package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub"
	"jaliya/internal/config"
)

const carriers = `
dir = "d"
[stamp]
url = "https://stamp.example"
token_file = "stamp.token"
pages = ["pay.example"]
[mail]
server = "smtp.example:587"
from = "consulat@example.org"
[sms]
url = "https://sms.example"
token_file = "sms.token"
sender = "Consulat"
[tell]
portal = "https://portal.example"
`

func TestCarrierSections(t *testing.T) {
	for name, c := range map[string]struct {
		text, bad string
	}{
		"OK":                {text: carriers},
		"OK/None":           {text: `dir = "d"`},
		"ErrStamp":          {text: carriers + "[stamp.breaker]\nfailures = -1\n", bad: "stamp"},
		"ErrTellAlone":      {text: "dir = \"d\"\n[tell]\nportal = \"https://portal.example\"\n", bad: "tell"},
		"ErrMailUnheard":    {text: "dir = \"d\"\n[mail]\nserver = \"smtp.example:587\"\nfrom = \"c@example.org\"\n", bad: "tell"},
		"OK/AlertMailAlone": {text: "dir = \"d\"\n[mail]\nserver = \"smtp.example:587\"\nfrom = \"c@example.org\"\n[alert]\nmail = [\"shift@example.org\"]\n"},
		"ErrAlertMail":      {text: "dir = \"d\"\n[alert]\nmail = [\"shift@example.org\"]\n", bad: "alert.mail"},
		"ErrAlertNobody":    {text: "dir = \"d\"\n[alert]\nlanguage = \"fr\"\n", bad: "alert"},
		"ErrWatch":          {text: "dir = \"d\"\n[watch]\nsilent = \"1s\"\n", bad: "watch.silent"},
		"ErrSMS":            {text: "dir = \"d\"\n[sms]\nurl = \"http://sms.example\"\nsender = \"Consulat\"\n", bad: "sms"},
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
