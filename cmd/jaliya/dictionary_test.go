package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/cli"
	"jaliya/internal/fault"
)

func TestDictionaryTrain(t *testing.T) {
	train := func(seed uint64, file string) error {
		c := dictionaryTrain{Number: 3, Seed: seed, People: 100, Size: 4096, File: file, JSON: true}
		return c.Run(cli.Streams{Out: &bytes.Buffer{}})
	}
	read := func(file string) []byte {
		raw, err := os.ReadFile(filepath.Clean(file))
		require.NoError(t, err)
		return raw
	}
	dir := t.TempDir()
	one, two, three := filepath.Join(dir, "1"), filepath.Join(dir, "2"), filepath.Join(dir, "3")
	require.NoError(t, train(1, one))
	require.NoError(t, train(1, two))
	require.NoError(t, train(2, three))
	require.Equal(t, read(one), read(two))
	require.NotEqual(t, read(one), read(three))

	before := read(one)
	require.Equal(t, fault.Exists, fault.KindOf(train(2, one)))
	require.Equal(t, before, read(one))
	bad := dictionaryTrain{Number: 3, People: maxPeople + 1, Size: 4096, File: filepath.Join(dir, "4")}
	require.Equal(t, fault.Invalid, fault.KindOf(bad.Run(cli.Streams{})))
	require.NoFileExists(t, bad.File)
}

func TestDictionaryMeasure(t *testing.T) {
	var out bytes.Buffer
	c := dictionaryMeasure{Seed: 99, People: 100, JSON: true}
	require.NoError(t, c.Run(cli.Streams{Out: &out}))
	var got []measured
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	require.Len(t, got, 6)
	for i := 0; i < 4; i += 2 { // releases, of people and of strangers
		require.Less(t, got[i+1].Sealed, got[i].Sealed, got[i].Set)
		require.Equal(t, got[i].Clear, got[i+1].Clear)
	}
	require.Equal(t, got[4].Sealed, got[5].Sealed, "short bodies have one size")
}
