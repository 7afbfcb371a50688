package alert

import (
	"errors"
	"net/url"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/hub/watch"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Config is the section [alert] of the hub's file. Zero values work where a
// default is named.
type Config struct {
	Mail     []consular.Email  `toml:"mail"`     // who is written to, by the server of [mail]
	Language consular.Language `toml:"language"` // of mails: "ar", "fr" or "en", default "fr"
	Console  string            `toml:"console"`  // address of the console as operators reach it; none: mails and calls name no page
	Urgency  string            `toml:"urgency"`  // least that is told: "now", "today" or "soon", default "today"
	Wait     config.Duration   `toml:"wait"`     // how long a need, or its end, lasts before it is told, default 2m
	Webhook  *Webhook          `toml:"webhook"`
}

// Webhook is the part [alert.webhook]: deploy/contracts/alert.md.
type Webhook struct {
	URL        string          `toml:"url"`         // https; http on this machine only
	SecretFile string          `toml:"secret_file"` // one secret a line, at most two while one replaces the other
	CAFile     string          `toml:"ca_file"`     // roots of the receiver's certificate, default the machine's
	Timeout    config.Duration `toml:"timeout"`     // of one call, default 15s
	Pulse      config.Duration `toml:"pulse"`       // longest silence between two calls, default 1h
}

const (
	maxAddresses = 8
	maxWait      = time.Hour
)

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	peer.Or(&c.Language, consular.French)
	peer.Or(&c.Urgency, watch.Today.String())
	peer.Or(&c.Wait, config.Duration(2*time.Minute))
	if c.Webhook != nil {
		hook := *c.Webhook
		peer.Or(&hook.Timeout, config.Duration(15*time.Second))
		peer.Or(&hook.Pulse, config.Duration(time.Hour))
		c.Webhook = &hook
	}
	return c
}

// Validate names the key that breaks a rule.
func (c Config) Validate() error {
	d := c.WithDefaults()
	err := d.validateChannels()
	switch {
	case err != nil:
	case d.Language != consular.Arabic && d.Language != consular.French && d.Language != consular.English:
		err = errors.New(`alert.language is "ar", "fr" or "en"`)
	case d.least() == 0:
		err = errors.New(`alert.urgency is "now", "today" or "soon"`)
	case d.Wait < 0 || d.Wait.Std() > maxWait:
		err = errors.New("alert.wait is at most 1h")
	case d.Console != "" && !plainAddress(d.Console):
		err = errors.New("alert.console is https, host and path only")
	}
	if err != nil {
		return fault.New(fault.Invalid, "alert: validate config", "", err)
	}
	return nil
}

func plainAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func (c Config) validateChannels() error {
	if len(c.Mail) == 0 && c.Webhook == nil {
		return errors.New("alert needs mail, webhook or both")
	}
	if len(c.Mail) > maxAddresses {
		return errors.New("alert.mail: at most 8 addresses; a list of the mail server takes more")
	}
	for _, to := range c.Mail {
		if to.Validate() != nil {
			return errors.New("alert.mail: bare addresses only")
		}
	}
	if c.Webhook == nil {
		return nil
	}
	if _, err := peer.CheckURL(c.Webhook.URL); err != nil {
		return errors.New("alert.webhook." + err.Error())
	}
	switch {
	case c.Webhook.SecretFile == "":
		return errors.New("alert.webhook.secret_file is required")
	case c.Webhook.Timeout.Std() < time.Second || c.Webhook.Timeout.Std() > time.Minute:
		return errors.New("alert.webhook.timeout is 1s to 1m")
	case c.Webhook.Pulse.Std() < time.Minute || c.Webhook.Pulse.Std() > 24*time.Hour:
		return errors.New("alert.webhook.pulse is 1m to 24h")
	}
	return nil
}

// least gives the least urgent that is told, 0 for a word that is none.
func (c Config) least() watch.Urgency {
	for _, u := range []watch.Urgency{watch.Now, watch.Today, watch.Soon} {
		if u.String() == c.Urgency {
			return u
		}
	}
	return 0
}
