package seal_test

import (
	"crypto/ecdh"
	"crypto/fips140"
	"crypto/hpke"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/seal"
)

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(tb, err)
	return b
}

// TestRFC9180 opens the first vector of RFC 9180 A.1: the library is what it
// says it is.
func TestRFC9180(t *testing.T) {
	if fips140.Enforced() {
		t.Skip("X25519 alone is no FIPS algorithm")
	}
	key, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(unhex(t, "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8"))
	require.NoError(t, err)
	r, err := hpke.NewRecipient(unhex(t, "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"), key,
		hpke.HKDFSHA256(), hpke.AES128GCM(), unhex(t, "4f6465206f6e2061204772656369616e2055726e"))
	require.NoError(t, err)
	plain, err := r.Open(unhex(t, "436f756e742d30"),
		unhex(t, "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"))
	require.NoError(t, err)
	require.Equal(t, "Beauty is truth, truth beauty", string(plain))
}

// TestHybridVector checks our KEM and KDF with their exporter, which is all of
// HPKE that this package uses, against the vector of draft-ietf-hpke-pq.
func TestHybridVector(t *testing.T) {
	if fips140.Enforced() {
		t.Skip("the vector's suite names ChaCha20-Poly1305")
	}
	var v struct {
		Info, SkRm, Enc string
		Exports         []struct {
			Context string `json:"exporter_context"`
			Length  int    `json:"L"`
			Value   string `json:"exported_value"`
		}
	}
	raw, err := os.ReadFile(filepath.Join("testdata", "hpke-pq-mlkem768-x25519.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &v))
	key, err := hpke.MLKEM768X25519().NewPrivateKey(unhex(t, v.SkRm))
	require.NoError(t, err)
	r, err := hpke.NewRecipient(unhex(t, v.Enc), key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), unhex(t, v.Info))
	require.NoError(t, err)
	require.NotEmpty(t, v.Exports)
	for _, e := range v.Exports {
		got, err := r.Export(string(unhex(t, e.Context)), e.Length)
		require.NoError(t, err)
		require.Equal(t, e.Value, hex.EncodeToString(got))
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

// golden is one visit as sealed by version 1 of the formats, which every later
// program must open.
type golden struct{ Custody, Ring, Envelope, Bundle, Batch, Key, Signature string }

// TestGolden guards the formats: packets are kept for decades.
func TestGolden(t *testing.T) {
	path := filepath.Join("testdata", "golden-1.json")
	if *update {
		writeGolden(t, path)
	}
	var g golden
	raw, err := os.ReadFile(filepath.Clean(path))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &g))
	custody, err := seal.NewLocalCustody(unhex(t, g.Custody))
	require.NoError(t, err)
	keys, err := seal.ParseIntakeKeys(unhex(t, g.Ring), custody, plainDicts(t))
	require.NoError(t, err)
	o, err := keys.Open(unhex(t, g.Envelope), record, aad)
	require.NoError(t, err)
	require.Equal(t, body, o.Body())
	got, _, err := readBundle(o, unhex(t, g.Bundle))
	require.NoError(t, err)
	require.Equal(t, []picture{{"portrait", "image/jpeg", noise(1, 500)}}, got)
	pub, err := seal.ParseVerifyKey(unhex(t, g.Key))
	require.NoError(t, err)
	require.NoError(t, pub.Verify(seal.DomainJournalBatch, unhex(t, g.Batch), unhex(t, g.Signature)))
}

func writeGolden(t *testing.T, path string) {
	t.Helper()
	custody, err := seal.NewLocalCustody(noise(9, 32))
	require.NoError(t, err)
	keys := newKeys(t)
	ring, err := keys.Marshal(custody)
	require.NoError(t, err)
	v := newVisit(t, keys)
	bundle, _ := makeBundle(t, v, picture{"portrait", "image/jpeg", noise(1, 500)})
	key, err := seal.GenerateSigningKey()
	require.NoError(t, err)
	raw, err := json.MarshalIndent(golden{
		Custody: hex.EncodeToString(noise(9, 32)), Ring: hex.EncodeToString(ring),
		Envelope: hex.EncodeToString(sealBody(t, v, body)), Bundle: hex.EncodeToString(bundle),
		Batch: hex.EncodeToString(body), Key: hex.EncodeToString(key.Public().Bytes()),
		Signature: hex.EncodeToString(key.Sign(seal.DomainJournalBatch, body)),
	}, "", " ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(raw, '\n'), 0o600))
}

// TestFIPSOnly runs the round trips of this package again in a process that
// refuses everything that FIPS 140 does not approve (reliability.md D49).
func TestFIPSOnly(t *testing.T) {
	const childMark = "JALIYA_SEAL_FIPS_CHILD"
	if os.Getenv(childMark) != "" {
		require.True(t, fips140.Enforced())
		return
	}
	if testing.Short() {
		t.Skip("starts a process")
	}
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe,
		"-test.run=^(TestFIPSOnly|TestEnvelopeRoundTrip|TestBundleRoundTrip|TestPost|TestDataKey|TestIndexKey|TestDraftKey.*|TestSignatures|TestKeyFile|TestSecretFiles|TestGolden)$",
		"-test.v")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=only", childMark+"=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: TestFIPSOnly")
	require.Contains(t, string(out), "--- PASS: TestBundleRoundTrip")
}
