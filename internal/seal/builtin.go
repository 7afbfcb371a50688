package seal

import (
	"embed"
	"fmt"

	"jaliya/internal/fault"
)

// The dictionaries of this program, each in dictionaries/NUMBER.zdict as
// `jaliya dictionary train` wrote it. A file that was ever shipped is never
// changed, renumbered or removed: what was sealed under it is opened for decades.
//
//go:embed dictionaries/*.zdict
var dictionaryFiles embed.FS

// dictionaryLevels gives for each dictionary, by number from 1, the feature
// level of the hub (D19) from which nodes compress with it. A cluster has a
// level once each of its members can open what the level allows.
var dictionaryLevels = []uint32{4}

// BuiltIn gives the dictionaries that this program was built with: all can be
// opened, and nothing is compressed with any of them before Follow.
func BuiltIn() (*Dictionaries, error) {
	dicts := make(map[uint16][]byte, len(dictionaryLevels))
	for i := range dictionaryLevels {
		number := uint16(i + 1)
		raw, err := dictionaryFiles.ReadFile(fmt.Sprintf("dictionaries/%d.zdict", number))
		if err != nil {
			return nil, fault.New(fault.Internal, "seal: built-in dictionaries", "", err)
		}
		dicts[number] = raw
	}
	return NewDictionaries(0, dicts)
}

// Follow compresses with the newest dictionary that a hub of a feature level
// opens, from the next visit on. Errors: Invalid where that one is not known.
func (d *Dictionaries) Follow(level uint32) error {
	newest := uint16(0)
	for i, from := range dictionaryLevels {
		if level >= from {
			newest = uint16(i + 1)
		}
	}
	return d.Use(newest)
}
