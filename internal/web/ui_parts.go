package web

import "time"

// FieldError is one line of the summary above a form: where, and what to do.
type FieldError struct {
	Href string // "#id" on this page, or another page
	Text string
}

// LinkBar says how the post stands, on every screen. State is "good", "alone"
// or "bad".
type LinkBar struct {
	State   string
	Title   string // "Connected (QUIC)."
	Text    string // what it means
	Href    string // details
	Refresh string // from where a script gets it anew
}

// Badge is a level of safety with its words.
type Badge struct {
	Level int
	Means bool // with the line that explains it
}

// Step is one page of a visit in the stepper. State is "done", "now", "todo"
// or "look".
type Step struct {
	Label, Href, State string
}

// Stage is one station of a timeline. State is "done", "now" or "next".
type Stage struct {
	State, Name, Who, Means string
	At                      time.Time // zero when not known
}

// Option is one choice of a list.
type Option struct {
	Value, Label, Hint string
	Chosen             bool
}

// Field is one question of a form. Kind is "text", "email", "tel", "number",
// "password", "select", "radio", "textarea" or "file".
type Field struct {
	ID, Label, Hint, Value, Error string
	Kind                          string
	Dir, Lang, Script             string // Script "arabic" or "latin" is checked while typing
	Optional, Mono                bool
	Size                          string // "short", "year", "" for the whole width
	Max                           int    // characters
	Options                       []Option
	Accept                        string // of a file
	Held                          string // what is saved now, when it differs from what was typed
	Mode                          string // inputmode
	Auto                          string // autocomplete token
}

// Row is a line of a form: one field, or several that belong together under a
// legend. Kind is "", "pair" (both scripts of a name) or "date".
type Row struct {
	Kind, Legend, Hint, Error string
	ID                        string // of the group, for the summary
	Optional                  bool
	Fields                    []Field
}

// Form is a whole form: what it sends with the fields, and what it is called.
type Form struct {
	Action  string
	Version uint64
	Rows    []Row
	Save    string // text of the button
	Skip    *NavLink
	Auto    bool // saved while it is filled in
	Hidden  []Option
}

// Capture is the panel that takes an image: camera, file, preview, progress,
// replace.
type Capture struct {
	Name     string
	Title    string
	Hint     string
	Action   string // takes a file by plain form
	Upload   string // takes pieces from a script
	Drop     string // removes the image
	Accept   string
	Preview  string // address of the picture, empty when there is none to show
	Held     string // "JPEG, 840 × 1080": what is there
	Camera   bool
	Pad      bool // a pad to sign on
	Version  uint64
	Error    string
	Complete bool
}

// Card is one line of a work list.
type Card struct {
	Href   string
	Key    string // what a search looks through
	Cells  []Cell
	Level  int  // of safety, shown as badge
	Marked bool // waits for the reader
}

// Cell is one cell of a work list. Kind is "name", "code", "time", "state" or
// "".
type Cell struct {
	Kind, Text, Second string
	Tone               string // of a state: "good", "warn", "todo"
	At                 time.Time
}

// WorkList is a list that is worked through by keyboard.
type WorkList struct {
	ID, Caption string
	Columns     []string
	Cards       []Card
	Empty       string // what will appear here
}

// Reasons is a reason picker.
type Reasons struct {
	Legend, Name string
	Options      []Option
	Note         Field
}

// TwoPerson is the question to the second person.
type TwoPerson struct {
	Title, Text    string
	First          string // who acted first
	Action, Button string
	Version        uint64
	Refused        string // why this person cannot be the second one
	Checks         []Option
}

// QRCard is a code for a telephone with its text beside it.
type QRCard struct {
	Title, Text string
	QR          QR
}
