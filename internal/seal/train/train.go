// Package train makes the dictionaries that bodies are compressed with
// (package seal): a developer's work, far from any person. A dictionary is made
// of texts that are in it word for word and lies open in every program and every
// copy of the sources, so it is trained on invented people alone (package
// specimen), never on what somebody enrolled.
//
// The same samples and options give the same bytes: no clock, no chance, no
// order of a map.
package train

import (
	"fmt"

	"github.com/klauspost/compress/zstd"

	"jaliya/internal/fault"
)

// Bounds of what is trained, in bytes.
const (
	MinSize = 1 << 10
	MaxSize = 112 << 10 // zstd's own default: more gains nothing on bodies of a few hundred bytes
)

// Options say what is to come out.
type Options struct {
	Number uint16 // the dictionary's, from 1; part of its bytes
	Size   int    // of the texts in it, in bytes
}

// Validate names the field that breaks a rule.
func (o Options) Validate() error {
	const op = "train: check options"
	switch {
	case o.Number == 0:
		return fault.New(fault.Invalid, op, "number 0 means no dictionary", nil)
	case o.Size < MinSize || o.Size > MaxSize:
		return fault.New(fault.Invalid, op, fmt.Sprintf("size %d is not between %d and %d", o.Size, MinSize, MaxSize), nil)
	}
	return nil
}

// Dictionary trains one in zstd's own format, with the tables of symbols that
// fit the samples. Errors: Invalid for options, and for samples that have
// nothing in common.
func Dictionary(o Options, samples [][]byte) ([]byte, error) {
	const op = "train: make dictionary"
	if err := o.Validate(); err != nil {
		return nil, err
	}
	texts := newCover(samples).choose(o.Size)
	if len(texts) == 0 {
		return nil, fault.New(fault.Invalid, op, "the samples have nothing in common", nil)
	}
	dict, err := zstd.BuildDict(zstd.BuildDictOptions{
		ID: uint32(o.Number), Contents: samples, History: texts, Offsets: [3]int{1, 4, 8}, Level: zstd.SpeedDefault,
	})
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "", err)
	}
	return dict, nil
}
