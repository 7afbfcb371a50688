// Package mrz reads and writes the machine-readable zone of an identity card:
// ICAO Doc 9303 part 3 (check digit, names, transliteration) and part 5 (TD1,
// three lines of thirty). It stands beside the path of a record: the desk reads
// the old card with it, the production connector and hand-over compare with it.
//
// Guarantees: Parse verifies every check digit and names each field that is
// wrong, never its value; Build writes only what Parse reads back to the same
// value. A TD1 prints as "[mrz]".
//
// What it leaves to others: names in the zone are transliterated and may be
// cut, so they are never the stored name; Arabic is never transliterated here,
// since the Latin spelling is registered in its own right.
//
// Layout of TD1 (positions from 1):
//
//	line 1   1-2 code   3-5 state   6-14 number   15 check   16-30 optional 1
//	line 2   1-6 birth  7 check  8 sex  9-14 expiry  15 check
//	         16-18 nationality  19-29 optional 2  30 composite check
//	line 3   1-30 primary identifier << secondary identifier
//
// A number longer than nine has < at position 15; its rest, its check digit
// and a < then open optional 1.
package mrz
