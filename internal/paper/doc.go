// Package paper makes what people hold in their hands: the deposit slip, the
// sheet on which an applicant confirms the spelling of names, and the extract
// of a criminal record, which package document signs. It stands beside the
// path of a record: the desk prints (step 1), the record office issues (step
// 8), the portal offers the same file (step 10).
//
// A paper is built in three layers, top to bottom: a document (slip.go,
// names.go, record.go) says what stands where; sheet.go places blocks under a cursor,
// French on the left and Arabic on the right as its mirror; text.go and
// shape.go turn text into lines of glyphs; package pdf below writes the file.
// Order of directions (UAX 9), line breaks (UAX 14) and the joining of letters
// come from go-text; the order of pieces on a line (UAX 9, L2) is done here,
// because the wrapper of go-text knows two levels only and a reference inside
// an Arabic name inside a French line has three.
//
// Guarantees: equal data give equal bytes; text can be searched; any text can
// be printed, a letter that no font has becomes a visible replacement sign; a
// slip always names the level of safety in words and is refused for a request
// that is not on disk. Files are meant to be PDF/A-2u, which nobody has
// certified. They hold personal data: the caller never logs or caches them.
package paper
