// Package specimen makes up people and their captures: names in both scripts,
// addresses, papers, drawn portraits, synthetic fingerprints, signatures and
// typeset scans. It stands before the path of a record and is the person at the
// counter in demonstrations (jaliya localnet), simulators, benches and tests.
//
// Guarantees: nobody is real. National numbers begin with ZZ or ZX, e-mail goes
// to example.org or example.com, telephone numbers lie in ranges for fiction
// where a country has them, every picture is drawn, and portraits and papers say
// SPECIMEN. What it makes passes the rules of consular, wire and the desk.
//
// All is drawn from a seed without a clock: the same seed gives the same person
// everywhere, and on one architecture the same bytes of a picture (elsewhere
// fused floating point may move a pixel by one step).
package specimen
