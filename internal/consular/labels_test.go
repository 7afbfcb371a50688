package consular_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

func TestItemNumber(t *testing.T) {
	t.Parallel()
	for serial, want := range map[string]byte{"47312482": '9', "12345678": '5', "00000008": '0', "00000015": '5', "00000001": '4'} {
		got, err := consular.S10Check(serial)
		require.NoError(t, err)
		require.Equal(t, want, got, serial)
	}
	for _, typed := range []string{"RA473124829GB", "rr 123456785 ma", "RR-1234-5678-5-MA"} {
		n, err := consular.ParseItemNumber(typed)
		require.NoError(t, err)
		require.Len(t, n.String(), 13)
	}
	for typed, want := range map[string]consular.Rule{
		"": consular.RuleRequired, "RA473124829G": consular.RuleLength, "R1473124829GB": consular.RuleFormat,
		"RA473124828GB": consular.RuleChecksum, "RA473124829ZZ": consular.RuleUnknown, strings.Repeat("A", 200): consular.RuleLength,
	} {
		_, err := consular.ParseItemNumber(typed)
		require.True(t, consular.Broke(err, want), typed)
	}
	_, err := consular.S10Check("1234567")
	require.Error(t, err)
}

// Which slips S10 catches: every single digit except one pair per serial, since
// 10 and 0 share a check digit, as do 11 and 5. So the test asks for the
// changes whose remainder maps to another digit.
func TestItemNumberCatchesSlips(t *testing.T) {
	t.Parallel()
	missed := 0
	serial := "47312482"
	for i := range len(serial) {
		for d := byte('0'); d <= '9'; d++ {
			if d == serial[i] {
				continue
			}
			if consular.ItemNumber("RA"+serial[:i]+string(d)+serial[i+1:]+"9GB").Validate() == nil {
				missed++
			}
		}
	}
	require.Zero(t, missed)
}

func TestMod37(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]byte{"A12425GABC1234002": 'M', "ICFRPAR260000001": 'C', "CRESBCN260000042": 'X'} {
		got, err := consular.Mod37Check(payload)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
		require.True(t, consular.Mod37Valid(payload+string(want)))
	}
	for _, payload := range []string{"", "a", "É", "A-B"} {
		_, err := consular.Mod37Check(payload)
		require.Error(t, err)
	}
	require.False(t, consular.Mod37Valid("A"))
	whole := "ICFRPAR260000001C"
	for i := range len(whole) {
		for _, c := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			require.Equal(t, c == whole[i], consular.Mod37Valid(whole[:i]+string(c)+whole[i+1:]))
		}
	}
}

func TestPouchID(t *testing.T) {
	t.Parallel()
	want := consular.Pouch{Post: "FR-LYO", Return: true, Year: 2026, Serial: 42}
	id, err := consular.NewPouchID(want)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(id.String(), "RFRLYO260000042"))
	got, err := consular.ParsePouchID(strings.ToLower(id.String()[:6] + " " + id.String()[6:]))
	require.NoError(t, err)
	require.Equal(t, want, got.Pouch())
	for _, bad := range []consular.Pouch{{Post: "FR-LYO", Year: 1999, Serial: 1}, {Post: "FR-LYO", Year: 2026}, {Post: "x", Year: 2026, Serial: 1}} {
		_, err := consular.NewPouchID(bad)
		require.True(t, fault.Is(err, fault.Invalid))
	}
	for typed, rule := range map[string]consular.Rule{
		"": consular.RuleRequired, "PFRLYO": consular.RuleLength, "XFRLYO260000042A": consular.RuleFormat,
		"PFRLYO260000042?": consular.RuleChecksum, strings.Repeat("P", 200): consular.RuleLength,
	} {
		_, err := consular.ParsePouchID(typed)
		require.True(t, consular.Broke(err, rule), typed)
	}
	require.Zero(t, consular.PouchID("x").Pouch())
}

func TestPostID(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"FR-LYO", "fr lyo", "frlyo", "FR–LYO"} {
		id, err := consular.ParsePostID(typed)
		require.NoError(t, err)
		require.Equal(t, consular.PostID("FR-LYO"), id)
		require.Equal(t, consular.Country("FR"), id.Country())
	}
	for _, typed := range []string{"", "FR", "FR-LYON", "1R-LYO", "FR-LY?", strings.Repeat("F", 200)} {
		_, err := consular.ParsePostID(typed)
		require.True(t, fault.Is(err, fault.Invalid), typed)
	}
}
