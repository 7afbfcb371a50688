// Package attack tries on a surface what strangers try: forms of other sites,
// forged hosts and methods, encoded paths, redirects that lead away, markup in
// every field. It stands beside the path of a record and never in a program.
//
// It takes the routes from the engine itself, so that a new route is attacked
// from the day that it is there. Each attack fails the test when the surface
// gives way, and when what must not change has changed.
package attack
