// Package lang gives every screen and paper its words: message catalogs,
// choice of language, direction, dates, numbers, money, relative times and
// country names. It stands beside the path of a record and is used wherever a
// person reads.
//
// A catalog is a folder of TOML files, one folder per language and one file
// per surface: catalog/ar/desk.toml holds the keys that begin with "desk.". To
// add words, add a file of the same name to ar, fr and en; the tests of this
// package then ask that all three have the same keys and placeholders, and
// that each plural has the forms its language needs.
//
//	[home]
//	title = "Visits of today"
//	[home.waiting]
//	one   = "{count} person waits"
//	other = "{count} people wait"
//
// gives the keys "desk.home.title" and "desk.home.waiting". A table of nothing
// but plural forms is one message, chosen by the argument "count".
//
// Guarantees: Arabic, French and English are complete. Spanish, Italian,
// Dutch, German and Tamazight hold what the public reads first; each missing
// message is given in another language instead (Tamazight: Arabic and French
// together), and Printer.Has tells which ones are the language's own. What is
// put into a message is isolated, so that a Latin reference never turns an
// Arabic line around. French double punctuation keeps its non-breaking space
// however the file was typed. Personal types of package consular print their
// placeholder: a caller that must show a name passes it as a string.
//
// Legal texts are valid in Arabic and French; the other languages are for
// information (law 55-19).
package lang
