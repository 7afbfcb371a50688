// Package localnet runs a whole network on loopback as separate processes: a
// hub, posts with their nodes, and a relay before each post that can cut its
// link. `jaliya localnet` calls it.
//
// Guarantee: every process it starts is ended before Run returns, also when the
// context ends; a journey that says it held has asked the processes themselves.
package localnet
