package alert

import (
	"context"
	"time"

	"jaliya/hub/ledger"
	"jaliya/hub/watch"
)

// Look is one look for something to tell.
func (a *Alerter) Look(ctx context.Context) error { return a.look(ctx) }

// Lines is lines.
func Lines(p watch.Picture, marks []ledger.Need, least watch.Urgency, wait time.Duration) []Line {
	return lines(p, marks, rule{least: least, wait: wait})
}

// Sign is sign.
func Sign(secrets [][]byte, id, stamp string, body []byte) string {
	return sign(secrets, id, stamp, body)
}

// Every is how often an alerter looks.
const Every = every
