package wire_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func TestReceiptVerify(t *testing.T) {
	hub := signer(t, 2)
	_, good, _ := receiptFor(t, 3, hub)
	for _, tc := range []struct {
		name        string
		first, last uint64
		want        fault.Kind
	}{
		{"OK", 1, 3, fault.Other},
		{"OKOne", 9, 9, fault.Other},
		{"OKFull", 1, wire.MaxBatchEntries, fault.Other},
		{"OKLast", math.MaxUint64 - 1, math.MaxUint64, fault.Other},
		{"ErrFirstZero", 0, 3, fault.Invalid},
		{"ErrBothZero", 0, 0, fault.Invalid},
		{"ErrBackwards", 4, 3, fault.Invalid},
		{"ErrTooWide", 1, wire.MaxBatchEntries + 1, fault.Invalid},
		{"ErrWhole", 1, math.MaxUint64, fault.Invalid},
		{"ErrWraps", 0, math.MaxUint64, fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := good
			r.First, r.Last = tc.first, tc.last
			signed, err := wire.DecodeReceipt(wire.Marshal(wire.SignReceipt(r, hub)))
			require.NoError(t, err)
			got, err := signed.Verify(wire.NewKeySet(hub.Public()))
			requireKind(t, tc.want, err)
			if err == nil {
				require.Equal(t, r, got)
			}
			_, err = wire.NewProof(signed, r, nil, tc.first)
			require.Error(t, err, "no leaves")
		})
	}
	t.Run("OKRepeat", func(t *testing.T) {
		require.Equal(t, wire.SignReceipt(good, hub), wire.SignReceipt(good, hub))
	})
	t.Run("ErrVersion", func(t *testing.T) {
		r := good
		r.Version = 2
		raw := wire.Marshal(r)
		s := wire.SignedReceipt{Raw: raw, Key: hub.KeyID, Signature: hub.Sign("receipt", raw)}
		_, err := s.Verify(wire.NewKeySet(hub.Public()))
		requireKind(t, fault.Unsupported, err)
	})
	t.Run("ErrDomain", func(t *testing.T) {
		raw := wire.Marshal(good)
		s := wire.SignedReceipt{Raw: raw, Key: hub.KeyID, Signature: hub.Sign("notice-head", raw)}
		_, err := s.Verify(wire.NewKeySet(hub.Public()))
		requireKind(t, fault.Denied, err)
	})
	t.Run("ErrUnknownKey", func(t *testing.T) {
		_, err := wire.SignReceipt(good, hub).Verify(wire.NewKeySet(signer(t, 3).Public()))
		requireKind(t, fault.Denied, err)
		_, err = wire.SignReceipt(good, hub).Verify(nil)
		requireKind(t, fault.Denied, err)
	})
	t.Run("OKUnknownField", func(t *testing.T) {
		raw := with(t, wire.Marshal(good))
		s := wire.SignedReceipt{Raw: raw, Key: hub.KeyID, Signature: hub.Sign("receipt", raw)}
		got, err := s.Verify(wire.NewKeySet(hub.Public()))
		require.NoError(t, err)
		require.Equal(t, good, got)
		s.Raw = wire.Marshal(got)
		_, err = s.Verify(wire.NewKeySet(hub.Public()))
		requireKind(t, fault.Denied, err)
	})
}

// TestReceiptEveryBit flips each bit: nothing of a receipt is loose.
func TestReceiptEveryBit(t *testing.T) {
	hub := signer(t, 2)
	signed, _, _ := receiptFor(t, 3, hub)
	raw, keys := wire.Marshal(signed), wire.NewKeySet(hub.Public())
	for at := range raw {
		for bit := range 8 {
			broken := bytes.Clone(raw)
			broken[at] ^= 1 << bit
			s, err := wire.DecodeReceipt(broken)
			if err == nil {
				_, err = s.Verify(keys)
			}
			require.Error(t, err, "byte %d bit %d", at, bit)
		}
	}
}

func TestParseKeySet(t *testing.T) {
	a, b := signer(t, 1).Public(), signer(t, 2).Public()
	got, err := wire.ParseKeySet([][]byte{a.Bytes(), b.Bytes()})
	require.NoError(t, err)
	require.Equal(t, wire.NewKeySet(a, b), got)
	_, err = wire.ParseKeySet([][]byte{a.Bytes(), a.Bytes()[:31]})
	requireKind(t, fault.Invalid, err)
}

// TestProofEveryLeaf proves each leaf of each size, and breaks each byte of one
// proof of each size.
func TestProofEveryLeaf(t *testing.T) {
	hub := signer(t, 2)
	keys := wire.NewKeySet(hub.Public())
	for n := 1; n <= 20; n++ {
		signed, r, leaves := receiptFor(t, n, hub)
		for seq := uint64(1); seq <= uint64(n); seq++ {
			p, err := wire.NewProof(signed, r, leaves, seq)
			require.NoError(t, err)
			got, err := p.Verify(keys)
			require.NoError(t, err)
			require.Equal(t, r, got)
			back, err := wire.ParseProof(p.Text())
			require.NoError(t, err)
			require.Equal(t, p.Text(), back.Text())
			_, err = back.Verify(keys)
			require.NoError(t, err)
			if seq == uint64(n+1)/2 {
				breakProof(t, p, keys)
			}
		}
	}
}

func breakProof(t *testing.T, p wire.Proof, keys wire.KeySet) {
	t.Helper()
	refused := func(p wire.Proof) {
		t.Helper()
		_, err := p.Verify(keys)
		require.Error(t, err)
	}
	for i := range p.Path {
		for at := range p.Path[i] {
			p.Path[i][at] ^= 0x10
			refused(p)
			p.Path[i][at] ^= 0x10
		}
	}
	for at := range p.Hash {
		p.Hash[at] ^= 1
		refused(p)
		p.Hash[at] ^= 1
	}
	for _, seq := range []uint64{p.Seq - 1, p.Seq + 1, 0, math.MaxUint64} {
		other := p
		other.Seq = seq
		refused(other)
	}
	longer := p
	longer.Path = append(append([]wire.Digest{}, p.Path...), wire.Digest{})
	refused(longer)
	if len(p.Path) > 0 {
		shorter := p
		shorter.Path = p.Path[1:]
		refused(shorter)
	}
}

func TestNewProofRefuses(t *testing.T) {
	hub := signer(t, 2)
	signed, r, leaves := receiptFor(t, 5, hub)
	prove := func(r wire.Receipt, leaves []wire.Digest, seq uint64) error {
		_, err := wire.NewProof(signed, r, leaves, seq)
		return err
	}
	requireKind(t, fault.Other, prove(r, leaves, 5))
	requireKind(t, fault.Invalid, prove(r, leaves, 0))
	requireKind(t, fault.Invalid, prove(r, leaves, 6))
	requireKind(t, fault.Invalid, prove(r, leaves[:4], 3))
	swapped := append([]wire.Digest{leaves[1], leaves[0]}, leaves[2:]...)
	requireKind(t, fault.Corrupt, prove(r, swapped, 3))
	// The range of no leaf at all, with the root of the empty tree.
	empty := r
	empty.First, empty.Last, empty.Root = 0, math.MaxUint64, wire.RootOf(nil)
	requireKind(t, fault.Invalid, prove(empty, nil, 3))
}

func TestProofText(t *testing.T) {
	hub := signer(t, 2)
	signed, r, leaves := receiptFor(t, 7, hub)
	p, err := wire.NewProof(signed, r, leaves, 4)
	require.NoError(t, err)
	text := p.Text()
	full, fr, fl := receiptFor(t, wire.MaxBatchEntries, hub)
	largest, err := wire.NewProof(full, fr, fl, 100)
	require.NoError(t, err)
	require.Less(t, len(largest.Text()), 1000, "fits a QR code that paper carries")

	version := p
	version.Version = 2
	trailing := []byte(text)
	trailing[len(trailing)-1]++ // bits after the last byte, if the length leaves any
	var grouped strings.Builder
	for i, r := range text {
		if i%5 == 4 {
			grouped.WriteString(" \r\n\t\u00a0")
		}
		grouped.WriteRune(r)
	}
	for _, tc := range []struct {
		name, text string
		want       fault.Kind
	}{
		{"OK", text, fault.Other},
		{"OKGrouped", grouped.String()[:4] + grouped.String()[4:], fault.Other},
		{"OKLowerCase", strings.ToLower(text), fault.Other},
		{"OKAround", "\n  " + text + "\n", fault.Other},
		{"OKLargest", largest.Text(), fault.Other},
		{"ErrEmpty", "", fault.Invalid},
		{"ErrPrefixOnly", "JR1-", fault.Invalid},
		{"ErrPrefix", "JR2-" + text[4:], fault.Invalid},
		{"ErrNoPrefix", text[4:], fault.Invalid},
		{"ErrTruncated", text[:len(text)-1], fault.Invalid},
		{"ErrHalf", text[:len(text)/2], fault.Invalid},
		{"ErrAlphabet", text[:20] + "0" + text[21:], fault.Invalid},
		{"ErrPadding", text + "====", fault.Invalid},
		{"ErrTrailing", text + "AA", fault.Invalid},
		{"ErrTwice", text + text, fault.Invalid},
		{"ErrSize", "JR1-" + strings.Repeat("A", 2*wire.MaxProof), fault.Invalid},
		{"ErrHuge", strings.Repeat(" ", 1<<20) + text, fault.TooLarge},
		{"ErrVersion", version.Text(), fault.Unsupported},
		{"ErrLooseBits", string(trailing), fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := wire.ParseProof(tc.text)
			requireKind(t, tc.want, err)
			if err == nil {
				_, err = got.Verify(wire.NewKeySet(hub.Public()))
				require.NoError(t, err)
			}
		})
	}
}

// TestProofOneSpelling changes each character: none leaves the same proof.
func TestProofOneSpelling(t *testing.T) {
	hub := signer(t, 2)
	signed, r, leaves := receiptFor(t, 3, hub)
	p, err := wire.NewProof(signed, r, leaves, 2)
	require.NoError(t, err)
	text := p.Text()
	for at := range text {
		for _, c := range []byte("AB27-") {
			if text[at] == c {
				continue
			}
			got, err := wire.ParseProof(text[:at] + string(c) + text[at+1:])
			if err == nil {
				_, err = got.Verify(wire.NewKeySet(hub.Public()))
			}
			require.Error(t, err, "character %d", at)
		}
	}
}

// TestProofFitsOneQRCode: the longest proof, of an entry in a full batch, is
// short enough for the paper.
func TestProofFitsOneQRCode(t *testing.T) {
	key := signer(t, 1)
	signed, r, hashes := receiptFor(t, wire.MaxBatchEntries, key)
	proof, err := wire.NewProof(signed, r, hashes, 17)
	require.NoError(t, err)
	require.LessOrEqual(t, len(proof.Text()), 1000)
	_, err = proof.Verify(wire.NewKeySet(key.Public()))
	require.NoError(t, err)
}

// TestProofChangedByOneByte: whatever byte of the printed form is another, the
// receipt is refused.
func TestProofChangedByOneByte(t *testing.T) {
	key := signer(t, 1)
	signed, r, hashes := receiptFor(t, 5, key)
	proof, err := wire.NewProof(signed, r, hashes, 3)
	require.NoError(t, err)
	text := []byte(proof.Text())
	for i := range text {
		changed := slices.Clone(text)
		changed[i] = 'A' + (changed[i]-'A'+1)%26
		if changed[i] == text[i] {
			changed[i] = '7'
		}
		p, err := wire.ParseProof(string(changed))
		if err == nil {
			_, err = p.Verify(wire.NewKeySet(key.Public()))
		}
		require.Error(t, err, "letter %d", i)
	}
}
