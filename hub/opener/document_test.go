package opener_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// state is what a sealer reads: entries, and nothing of posts.
type state struct{ *hub }

func (state) Case(consular.Reference) (ledger.CaseView, error) { return ledger.CaseView{}, nil }
func (state) CaseNumber(uint64) (ledger.CaseView, error)       { return ledger.CaseView{}, nil }
func (state) Post(consular.PostID) (ledger.Post, error)        { return ledger.Post{}, nil }
func (state) Node(wire.NodeID) (ledger.Node, error)            { return ledger.Node{}, nil }

// issued seals a document as an issuer does, and puts it into the vault.
func (p *packet) issued(text string, document []byte) wire.Digest {
	p.t.Helper()
	visit, err := seal.NewVisit(p.keys.Public(), p.record, p.dicts)
	require.NoError(p.t, err)
	var bundle bytes.Buffer
	if document != nil {
		w, err := visit.FixedBundleWriter(&bundle, wire.DocumentSize)
		require.NoError(p.t, err)
		_, err = w.Add(wire.DocumentPart, "application/pdf", bytes.NewReader(document))
		require.NoError(p.t, err)
		_, err = w.Finish()
		require.NoError(p.t, err)
		require.Len(p.t, bundle.Bytes(), wire.DocumentSize)
	}
	body, err := visit.SealBody([]byte(text), wire.PackageAAD(p.record))
	require.NoError(p.t, err)
	raw := wire.Marshal(wire.Package{Record: p.record, Body: body, Bundle: bundle.Bytes()})
	digest := wire.Digest{byte(len(text)), byte(len(document)), byte(len(document) >> 8)}
	p.vault[digest] = raw
	return digest
}

// TestPass: a document goes from the issuer's seal to a key made for one
// reading, and says nothing by its size.
func TestPass(t *testing.T) {
	p := newPacket(t)
	o, err := opener.New(p.keys, p.hub, p.hub)
	require.NoError(t, err)
	s, err := opener.NewSealer(o, state{p.hub})
	require.NoError(t, err)
	reader, err := seal.GeneratePostKey(p.dicts)
	require.NoError(t, err)
	to := opener.Target{Key: reader.Public(), Context: wire.PrintContext, AAD: wire.PrintAAD(wire.RecordID{5})}
	nothing, hit := bytes.Repeat([]byte("n"), 60_000), bytes.Repeat([]byte("m"), 190_000)
	var sizes []int
	for _, document := range [][]byte{nothing, hit} {
		body, bundle, err := s.Pass(t.Context(), p.issued("numbers and dates", document), to)
		require.NoError(t, err)
		sizes = append(sizes, len(body)+len(bundle))
		opened, err := reader.Open(body, wire.PrintContext, wire.PrintAAD(wire.RecordID{5}))
		require.NoError(t, err)
		require.Equal(t, "numbers and dates", string(opened.Body()))
		inner, err := opened.OpenBundle(bytes.NewReader(bundle))
		require.NoError(t, err)
		var got []byte
		_, err = inner.Each(func(head seal.PartHead, r io.Reader) error {
			require.Equal(t, wire.DocumentPart, head.Name)
			got, err = io.ReadAll(r)
			return err
		})
		require.NoError(t, err)
		require.True(t, bytes.Equal(document, got))
		_, err = reader.Open(body, wire.PrintContext, wire.PrintAAD(wire.RecordID{6}))
		require.Error(t, err, "of another print")
	}
	require.Equal(t, sizes[0], sizes[1])

	question := p.issued("Quel est le nom de votre mère ?", nil)
	body, bundle, err := s.Pass(t.Context(), question, to)
	require.NoError(t, err)
	require.Empty(t, bundle)
	require.NotEmpty(t, body)

	_, _, err = s.Pass(t.Context(), wire.Digest{0xee}, to)
	require.Error(t, err)
	p.vault[wire.Digest{0xdd}] = []byte(strings.Repeat("x", 100))
	_, _, err = s.Pass(t.Context(), wire.Digest{0xdd}, to)
	require.True(t, fault.Is(err, fault.Corrupt), err)
	good := p.issued("flip", nothing)
	p.vault[good][len(p.vault[good])-wire.DocumentSize/2] ^= 1
	_, _, err = s.Pass(t.Context(), good, to)
	require.True(t, fault.Is(err, fault.Corrupt), err)
}
