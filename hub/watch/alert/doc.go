// Package alert tells those who are not looking what needs them, beside the path
// of a record: by mail to a few addresses and by signed calls of a webhook. What
// needs a person is worked out by package watch, which tells those who look.
//
// Guarantees: the leader alone tells, and the ledger keeps what was told, so that
// a need is told once although members change, and its end once; twice only where
// a member died between sending and noting, and then under the same id. A need
// that comes and goes within the configured wait is told to nobody. A channel that
// fails never holds another one up. Nothing personal is in an alert: no name,
// number or note of anybody, no telephone; a request counts, it is not named.
//
// What it leaves to others: a hub without a leader tells nothing. Prometheus
// (deploy/alerts) watches from outside, and whoever receives the webhook's pulse
// misses it.
package alert
