package seal_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

// goldenBody is a body that was sealed under one dictionary when that was new.
type goldenBody struct{ Dictionary, Custody, Ring, Envelope, Plain string }

// TestGoldenDictionaries: what was sealed under a dictionary is opened by every
// later program, so none of them is ever changed. A new one gets its file with
// -update, which writes the missing ones alone.
func TestGoldenDictionaries(t *testing.T) {
	dicts := builtIn(t)
	require.Equal(t, []uint16{0, 1}, dicts.Numbers())
	for _, number := range dicts.Numbers()[1:] {
		t.Run(fmt.Sprintf("OK/%d", number), func(t *testing.T) {
			path := filepath.Join("testdata", fmt.Sprintf("golden-dictionary-%d.json", number))
			if _, err := os.Stat(path); *update && os.IsNotExist(err) {
				writeGoldenBody(t, path, number)
			}
			var g goldenBody
			raw, err := os.ReadFile(filepath.Clean(path))
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(raw, &g))
			require.Equal(t, g.Dictionary, digestOf(t, number), "a shipped dictionary was changed")

			custody, err := seal.NewLocalCustody(unhex(t, g.Custody))
			require.NoError(t, err)
			keys, err := seal.ParseIntakeKeys(unhex(t, g.Ring), custody, dicts)
			require.NoError(t, err)
			info, err := seal.InspectEnvelope(unhex(t, g.Envelope))
			require.NoError(t, err)
			require.Equal(t, number, info.Dictionary)
			o, err := keys.Open(unhex(t, g.Envelope), record, aad)
			require.NoError(t, err)
			require.Equal(t, g.Plain, string(o.Body()))
		})
	}
}

func writeGoldenBody(t *testing.T, path string, number uint16) {
	t.Helper()
	custody, err := seal.NewLocalCustody(noise(9, 32))
	require.NoError(t, err)
	dicts := builtIn(t)
	require.NoError(t, dicts.Use(number))
	keys, err := seal.GenerateIntakeKeys(dicts)
	require.NoError(t, err)
	ring, err := keys.Marshal(custody)
	require.NoError(t, err)
	v, err := seal.NewVisit(keys.Public(), record, dicts)
	require.NoError(t, err)
	plain := `scan-birth-extract image/jpeg BENSAÏD بنسعيد ` + string(body)
	raw, err := json.MarshalIndent(goldenBody{
		Dictionary: digestOf(t, number), Custody: hex.EncodeToString(noise(9, 32)), Ring: hex.EncodeToString(ring),
		Envelope: hex.EncodeToString(sealBody(t, v, []byte(plain))), Plain: plain,
	}, "", " ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(raw, '\n'), 0o600))
}

func digestOf(t *testing.T, number uint16) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("dictionaries", fmt.Sprintf("%d.zdict", number)))
	require.NoError(t, err)
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func builtIn(tb testing.TB) *seal.Dictionaries {
	tb.Helper()
	d, err := seal.BuiltIn()
	require.NoError(tb, err)
	return d
}

// TestFollow: a node compresses with what the hub's level opens, and a visit
// that was begun ends with the dictionary that its head names.
func TestFollow(t *testing.T) {
	dicts := builtIn(t)
	keys, err := seal.GenerateIntakeKeys(dicts)
	require.NoError(t, err)
	for _, c := range []struct {
		level uint32
		want  uint16
	}{{0, 0}, {3, 0}, {4, 1}, {90, 1}, {3, 0}} {
		before, err := seal.NewVisit(keys.Public(), record, dicts)
		require.NoError(t, err)
		was := dicts.Current()
		require.NoError(t, dicts.Follow(c.level))
		require.Equal(t, c.want, dicts.Current(), "level %d", c.level)
		after, err := seal.NewVisit(keys.Public(), record, dicts)
		require.NoError(t, err)
		for visit, number := range map[*seal.Visit]uint16{before: was, after: c.want} {
			sealed := sealBody(t, visit, body)
			info, err := seal.InspectEnvelope(sealed)
			require.NoError(t, err)
			require.Equal(t, number, info.Dictionary)
			o, err := keys.Open(sealed, record, aad)
			require.NoError(t, err)
			require.Equal(t, body, o.Body())
		}
	}
	requireKind(t, fault.Invalid, dicts.Use(2))
	require.Equal(t, uint16(0), dicts.Current())
}
