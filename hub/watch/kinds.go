package watch

import "strings"

// Kinds gives every kind of need, in the order of their ranking's explanation.
func Kinds() []NeedKind {
	return []NeedKind{
		NeedSilent, NeedBacklog, NeedRefused, NeedBreach, NeedDead, NeedPouch, NeedDisk, NeedMirror,
		NeedCertificate, NeedAlone, NeedClock, NeedFenced, NeedLeaderless, NeedVersion,
	}
}

// Runbook gives the page that says what to do about needs of a kind.
func (k NeedKind) Runbook() string { return "deploy/runbooks/" + string(k) + ".md" }

// SplitKey gives the kind of the need that a key names, and what it is about.
func SplitKey(key string) (kind NeedKind, subject string) {
	before, after, _ := strings.Cut(key, "/")
	return NeedKind(before), after
}
