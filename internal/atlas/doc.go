// Package atlas places consular posts on two maps: the world, and the part of
// Europe and the Maghreb where most of them lie. It stands beside the path of a
// record and is used by screens that show a map.
//
// Land is drawn by the program in atlas/draw into files of internal/web/assets;
// both use the projections of this package, so that a dot stands where its city
// is. Posts closer to each other than a finger can tell are pushed apart, and
// keep the place where they truly are, to which a screen draws a line.
//
// Guarantees: the same posts are placed the same way each time; no two dots of a
// view overlap. There are no borders, so that a map says nothing about whose land
// is whose.
package atlas
