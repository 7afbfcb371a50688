// Package pdf writes pages to bytes: placed glyphs, shapes, bar codes and
// images in, one PDF file out. It stands below package paper, which decides
// what is said and where, and knows nothing of text, language or line breaks.
//
// It guarantees: the same calls give the same bytes (times are arguments,
// nothing is drawn from a clock or a random source); every font is embedded
// with the used glyphs only, under their own numbers, with a map back to
// Unicode so that the text can be searched and read aloud; no transparency, no
// script, no link, no outside resource. Files carry the marks of PDF/A-2u and
// are meant to hold it; no validator has certified that.
//
// Coordinates are points (1/72 inch) from the top left corner of the page, y
// downward.
package pdf
