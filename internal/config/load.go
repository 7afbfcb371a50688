// Package config reads the one TOML file that each program is started with. It
// stands before the path of a record: package main of every daemon calls Load
// first, and `-check` ends right after it.
//
// Guarantees: a key that the program does not know is refused, because a
// mistyped key would otherwise leave a default in force that nobody chose;
// every such key is named with its line in one answer, so that a file is mended
// in one go; durations and sizes carry their unit in the file; defaults stand in
// code, in the value that the caller hands in. What the values mean together is
// left to the Validate method of the caller's type.
//
// The decoder is go-toml's own strict one. The layered loader koanf was weighed
// and left out: its ErrorUnused names unknown keys without their lines, and
// one file without overrides has no layers to merge.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"jaliya/internal/fault"
)

const opLoad = "config: load"

// MaxFile is the largest configuration file read, in bytes.
const MaxFile = 1 << 20

// Validator is a configuration that can judge its values together. Validate
// answers with a sentence that names the key.
type Validator interface {
	Validate() error
}

// Load reads the TOML file at path over the defaults that into already holds,
// then calls Validate of *T where it has one. After an error the content of
// into is undefined and must not be used.
//
// Kinds: fault.NotFound when there is no such file, fault.Denied when it may
// not be read, fault.TooLarge over MaxFile, fault.Invalid for what is wrong
// inside it, with line and column.
func Load[T any](path string, into *T) error {
	data, err := readFile(path)
	if err != nil {
		return err
	}
	return Parse(path, data, into)
}

// Parse is Load for bytes already read; name stands for the file in errors.
func Parse[T any](name string, data []byte, into *T) error {
	dec := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fault.New(fault.Invalid, opLoad, name, explain(err))
	}
	if v, ok := any(into).(Validator); ok {
		if err := v.Validate(); err != nil {
			return fault.New(fault.Invalid, opLoad, name, err)
		}
	}
	return nil
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file on the command line
	if err != nil {
		return nil, fault.New(kindOfFile(err), opLoad, path, plain(err))
	}
	data, err := io.ReadAll(io.LimitReader(file, MaxFile+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fault.New(kindOfFile(err), opLoad, path, plain(err))
	}
	if len(data) > MaxFile {
		return nil, fault.New(fault.TooLarge, opLoad, path, fmt.Errorf("more than %d bytes", MaxFile))
	}
	return data, nil
}

func kindOfFile(err error) fault.Kind {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.NotFound
	case errors.Is(err, fs.ErrPermission):
		return fault.Denied
	default:
		return fault.Storage
	}
}

// plain takes the path out of a file error, as the fault names it already.
func plain(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", pathErr.Op, pathErr.Err)
	}
	return err
}

// explain puts the position in front of a decoding error, and names all unknown
// keys at once.
func explain(err error) error {
	if unknown, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		return explainUnknown(unknown)
	}
	if wrong, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, column := wrong.Position()
		return fmt.Errorf("line %d, column %d: %w", line, column, err)
	}
	return err
}

func explainUnknown(unknown *toml.StrictMissingError) error {
	parts := make([]string, 0, len(unknown.Errors))
	for i := range unknown.Errors {
		line, _ := unknown.Errors[i].Position()
		parts = append(parts, fmt.Sprintf("line %d: unknown key %q", line, strings.Join(unknown.Errors[i].Key(), ".")))
	}
	return errors.New(strings.Join(parts, "; "))
}
