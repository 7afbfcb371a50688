package signin

import (
	"errors"
	"slices"
)

// Level is how surely a person has proved who they are.
type Level uint8

// The levels, in ascending order.
const (
	LevelNone        Level = 0 // the provider says nothing about it
	LevelSubstantial Level = 1 // the app on the telephone with its PIN
	LevelHigh        Level = 2 // the chip of the card, its PIN and the face
)

var levelNames = []string{"", "substantial", "high"}

// String gives the word that stands in configuration and acr.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return "unknown"
}

// ParseLevel reads what String gives; the empty text is none.
func ParseLevel(text string) (Level, error) {
	i := slices.Index(levelNames, text)
	if i < 0 {
		return LevelNone, errors.New(`a level is "substantial" or "high"`)
	}
	return Level(i), nil //nolint:gosec // there are three
}

// MarshalText gives the word.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads the word.
func (l *Level) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLevel(string(text))
	return err
}
