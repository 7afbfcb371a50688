// Package webtest drives pages in a real browser, for the tests of every
// surface: it opens, fills and presses as people do, takes a picture of each
// page into build/screens, and lets one pinned copy of axe-core judge it.
//
// A page that is looked at is held to what ui.md promises of all of them: no
// wider than the screen, no finding of axe-core, no script that fails, nothing
// that the content policy had to stop, no more bytes than its surface allows.
package webtest
