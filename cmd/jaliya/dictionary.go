package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"jaliya/internal/cli"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/seal/train"
	"jaliya/internal/specimen"
)

type dictionaryCommand struct {
	Train   dictionaryTrain   `cmd:"" help:"Train a dictionary on invented people, never on what somebody enrolled."`
	Measure dictionaryMeasure `cmd:"" help:"Measure the built-in dictionaries on other invented people."`
}

// maxPeople bounds the memory of both commands.
const maxPeople = 100_000

type dictionaryTrain struct {
	Number uint16 `required:"" help:"Number of the dictionary; one that was shipped is never made anew." placeholder:"N"`
	Seed   uint64 `default:"1" help:"Seed of the people; the same seed gives the same dictionary."`
	People int    `default:"4000" help:"How many people."`
	Size   int    `default:"32768" help:"Bytes of text in the dictionary."`
	JSON   bool   `name:"json" help:"Print the result as JSON."`
	File   string `arg:"" type:"path" help:"File to write; one that is there stays as it is."`
}

// trained is what came of a training.
type trained struct {
	Number uint16 `json:"number"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
	Bodies int    `json:"bodies"`
}

const opTrain = "jaliya: train dictionary"

// Run trains and writes the dictionary. It replaces no file: what was sealed
// under the old one could not be opened.
func (c *dictionaryTrain) Run(s cli.Streams) error {
	if err := checkPeople(c.People); err != nil {
		return err
	}
	if _, err := os.Lstat(c.File); !errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Exists, opTrain, c.File, err)
	}
	b := specimen.New(c.Seed).Bodies(c.People, false)
	samples := slices.Concat(b.Releases, b.Others)
	raw, err := train.Dictionary(train.Options{Number: c.Number, Size: c.Size}, samples)
	if err != nil {
		return err
	}
	if err := durable.WriteFile(c.File, raw, 0o644); err != nil {
		return fault.New(fault.Storage, opTrain, c.File, err)
	}
	sum := sha256.Sum256(raw)
	out := trained{Number: c.Number, Bytes: len(raw), SHA256: hex.EncodeToString(sum[:]), Bodies: len(samples)}
	if c.JSON {
		return cli.PrintJSON(s.Out, out)
	}
	_, err = fmt.Fprintf(s.Out, "Dictionary %d of %d bytes from %d bodies of invented people: %s\nSHA-256 %s\n",
		out.Number, out.Bytes, out.Bodies, filepath.Clean(c.File), out.SHA256)
	return err
}

func checkPeople(n int) error {
	if n < 1 || n > maxPeople {
		return fault.New(fault.Invalid, "jaliya: invent people", fmt.Sprintf("1 to %d people", maxPeople), nil)
	}
	return nil
}

type dictionaryMeasure struct {
	Seed   uint64 `default:"99" help:"Seed of the people; another than that of the training."`
	People int    `default:"2000" help:"How many people."`
	JSON   bool   `name:"json" help:"Print the result as JSON."`
}

// measured is one set of bodies under one dictionary; sizes are means in bytes.
type measured struct {
	Set        string        `json:"set"`
	Dictionary uint16        `json:"dictionary"`
	Bodies     int           `json:"bodies"`
	Clear      int           `json:"clear"`
	Sealed     int           `json:"sealed"`  // of the whole envelope
	Sizes      map[int]int   `json:"sizes"`   // envelopes by size: what somebody at the line sees
	Seal       time.Duration `json:"seal_ns"` // for each body: compress, pad, seal
	Open       time.Duration `json:"open_ns"` // for each body, its key included
}

// Run measures each dictionary over the same people.
func (c *dictionaryMeasure) Run(s cli.Streams) error {
	if err := checkPeople(c.People); err != nil {
		return err
	}
	known, strange := specimen.New(c.Seed).Bodies(c.People, false), specimen.New(c.Seed).Bodies(c.People, true)
	sets := []struct {
		name   string
		bodies [][]byte
	}{
		{"releases", known.Releases},
		{"releases of strangers", strange.Releases},
		{"staff, cards, records", known.Others},
	}
	dicts, err := seal.BuiltIn()
	if err != nil {
		return err
	}
	var out []measured
	for _, set := range sets {
		for _, number := range dicts.Numbers() {
			if err := dicts.Use(number); err != nil {
				return err
			}
			m, err := measure(dicts, set.bodies)
			if err != nil {
				return err
			}
			m.Set = set.name
			out = append(out, m)
		}
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, out)
	}
	for _, m := range out {
		if _, err := fmt.Fprintf(s.Out, "%-22s dictionary %d  %5d B clear  %5d B sealed  %2d sizes  %6.1f us to seal  %6.1f us to open\n",
			m.Set, m.Dictionary, m.Clear, m.Sealed, len(m.Sizes), micros(m.Seal), micros(m.Open)); err != nil {
			return err
		}
	}
	return nil
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// measure seals all bodies under the current dictionary and opens them again.
func measure(dicts *seal.Dictionaries, bodies [][]byte) (m measured, err error) {
	keys, err := seal.GenerateIntakeKeys(dicts)
	if err != nil {
		return m, err
	}
	var record [16]byte
	visit, err := seal.NewVisit(keys.Public(), record, dicts)
	if err != nil {
		return m, err
	}
	defer visit.Destroy()
	m = measured{Dictionary: dicts.Current(), Bodies: len(bodies), Sizes: map[int]int{}}
	sealed := make([][]byte, len(bodies))
	begun := time.Now()
	for i, b := range bodies {
		if sealed[i], err = visit.SealBody(b, nil); err != nil {
			return m, err
		}
	}
	m.Seal = time.Since(begun) / time.Duration(len(bodies))
	begun = time.Now()
	for i := range sealed {
		o, err := keys.Open(sealed[i], record, nil)
		if err != nil {
			return m, err
		}
		m.Clear += len(o.Body())
		m.Sealed += len(sealed[i])
		m.Sizes[len(sealed[i])]++
		o.Destroy()
	}
	m.Open = time.Since(begun) / time.Duration(len(bodies))
	m.Clear, m.Sealed = m.Clear/len(bodies), m.Sealed/len(bodies)
	return m, nil
}
