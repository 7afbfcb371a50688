package opener_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// enrolment is what a desk releases for a renewal.
func enrolment(parts []wire.Part) wire.Release {
	dirham := func(minor int64) consular.Money { return consular.Money{Minor: minor, Currency: consular.Dirham} }
	person := consular.PersonName{
		Family: consular.Name{Arabic: "بناني", Latin: "Bennani"}, Given: consular.Name{Arabic: "خديجة", Latin: "Khadija"},
	}
	return wire.Release{
		Version: wire.Version, Service: consular.CNIERenewal,
		Person: consular.Person{
			Family: consular.Name{Arabic: "العلوي", Latin: "El Alaoui"},
			Given:  consular.Name{Arabic: "فاطمة الزهراء", Latin: "Fatima-Zahra"},
			Sex:    consular.Female, Birth: "1975-05-XX",
			BirthPlace: consular.Name{Arabic: "الدار البيضاء", Latin: "Casablanca"}, BirthCountry: consular.Morocco,
			Nationality: consular.Morocco, NationalNumber: "BE012345",
			Father: consular.PersonName{Given: consular.Name{Arabic: "محمد", Latin: "Mohammed"}}, Mother: person,
		},
		Contact: consular.Contact{
			Phone: "+33612345678", Email: "f.elalaoui@example.org", Language: "ar",
			Address: consular.Address{
				Street: consular.Name{Latin: "12 rue de la République"}, City: consular.Name{Latin: "Lyon", Arabic: "ليون"},
				Postcode: "69002", Country: "FR",
			},
		},
		Delivery:  consular.Delivery{Mode: consular.DeliverCollect, Post: "FR-LYO"},
		Documents: []consular.DocumentKind{consular.DocOldCard, consular.DocRegistration},
		Profile:   consular.CaptureTwoIndex,
		Fingers: []consular.FingerReport{
			{Finger: consular.RightIndex, Quality: 71}, {Finger: consular.LeftIndex, Quality: 64},
		},
		Fee: &consular.Fee{
			Service: consular.CNIERenewal, On: "2026-03-02",
			Lines: []consular.FeeLine{
				{Component: consular.FeeStamp, Amount: dirham(7500)}, {Component: consular.FeeChancery, Amount: dirham(3000)},
			},
			Total: dirham(10500),
		},
		Parts: parts, EnrolledBy: "a.naji", ReleasedBy: "s.idrissi", Captured: 1_780_000_000_000,
	}
}

// hub is what the opener reads: one entry, and the vault.
type hub struct {
	found   ledger.Found
	cluster ledger.Cluster
	vault   map[wire.Digest][]byte
}

func (h *hub) ByCommit(uint64) (ledger.Found, error) { return h.found, nil }

func (h *hub) Cluster() (ledger.Cluster, error) { return h.cluster, nil }

func (h *hub) Open(digest wire.Digest) (io.ReadCloser, error) {
	content, ok := h.vault[digest]
	if !ok {
		return nil, fault.New(fault.NotFound, "test", "", nil)
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

// packet is a release before it is sealed; tests change it.
type packet struct {
	*hub
	t      *testing.T
	keys   *seal.IntakeKeys
	record wire.RecordID
	header wire.Header
	visit  *seal.Visit
	dicts  *seal.Dictionaries
}

func newPacket(t *testing.T) *packet {
	t.Helper()
	dicts, err := seal.NewDictionaries(0, nil)
	require.NoError(t, err)
	keys, err := seal.GenerateIntakeKeys(dicts)
	require.NoError(t, err)
	p := &packet{
		hub: &hub{vault: map[wire.Digest][]byte{}}, t: t, keys: keys, record: wire.RecordID{9}, dicts: dicts,
		header: wire.Header{
			Version: wire.Version, Record: wire.RecordID{9}, Kind: wire.KindRequestReleased, Source: wire.SourceNode,
			Node: wire.NodeID{1}, Incarnation: 1, Seq: 1, Post: "FR-LYO", Service: uint8(consular.CNIERenewal),
			IntakeKey: 1,
		},
	}
	p.cluster.Intake = []wire.IntakeKey{{Number: 1}}
	p.visit, err = seal.NewVisit(keys.Public(), p.record, dicts)
	require.NoError(t, err)
	return p
}

// image seals a bundle of parts and names it.
func (p *packet) image(names ...string) []wire.Part {
	p.t.Helper()
	var sealed bytes.Buffer
	b, err := p.visit.BundleWriter(&sealed)
	require.NoError(p.t, err)
	for _, name := range names {
		_, err := b.Add(name, "image/jpeg", bytes.NewReader(bytes.Repeat([]byte(name), 20_000)))
		require.NoError(p.t, err)
	}
	info, err := b.Finish()
	require.NoError(p.t, err)
	p.vault[info.Address] = sealed.Bytes()
	p.header.Images = append(p.header.Images, wire.Image{Digest: info.Address, Size: uint64(info.Size)})
	return wire.PartsOf(info.Parts)
}

func (p *packet) sealed(r wire.Release) []byte {
	p.t.Helper()
	body, err := p.visit.SealBody(wire.Marshal(r), wire.BodyAAD(p.record, p.header.Kind))
	require.NoError(p.t, err)
	return body
}

func (p *packet) examine(ctx context.Context, body []byte) (reason consular.RefusalReason, err error) {
	p.t.Helper()
	p.found.Header, p.found.Body = wire.Marshal(p.header), body
	o, err := opener.New(p.keys, p.hub, p.hub)
	require.NoError(p.t, err)
	answer, err := o.Examine(ctx, ledger.Order{ID: 1, Commit: 1})
	if err != nil {
		return 0, err
	}
	require.Equal(p.t, workflow.Hub, answer.Actor)
	if answer.Event == workflow.ExaminedGood {
		require.Zero(p.t, answer.Reason)
	} else {
		require.Equal(p.t, workflow.ExaminedBad, answer.Event)
		require.NotZero(p.t, answer.Reason)
	}
	return answer.Reason, nil
}

func TestExamine(t *testing.T) {
	portrait := wire.PartPortrait
	tests := map[string]struct {
		reason consular.RefusalReason
		kind   fault.Kind // of our own failure
		body   func(p *packet) []byte
	}{
		"OK": {body: func(p *packet) []byte {
			return p.sealed(enrolment(p.image(portrait, "right-index")))
		}},
		"OK two bundles": {body: func(p *packet) []byte {
			first := p.image(portrait)
			return p.sealed(enrolment(append(first, p.image("right-index")...)))
		}},
		"ErrUnreadable tampered": {reason: consular.RefusedContentUnreadable, body: func(p *packet) []byte {
			body := p.sealed(enrolment(p.image(portrait)))
			body[len(body)-40] ^= 1
			return body
		}},
		"ErrUnreadable empty": {reason: consular.RefusedContentUnreadable, body: func(*packet) []byte { return nil }},
		"ErrUnreadable another record": {reason: consular.RefusedContentUnreadable, body: func(p *packet) []byte {
			body := p.sealed(enrolment(p.image(portrait)))
			p.header.Record = wire.RecordID{10}
			return body
		}},
		"ErrUnreadable another kind": {reason: consular.RefusedContentUnreadable, body: func(p *packet) []byte {
			body := p.sealed(enrolment(p.image(portrait)))
			p.header.Kind = wire.KindRequestAmended
			return body
		}},
		"ErrUnreadable wrong key": {reason: consular.RefusedContentUnreadable, body: func(p *packet) []byte {
			body := p.sealed(enrolment(p.image(portrait)))
			other, err := seal.GenerateIntakeKeys(p.dicts)
			require.NoError(p.t, err)
			p.keys = other
			return body
		}},
		"ErrUnreadable a key that never was": {reason: consular.RefusedContentUnreadable, body: func(p *packet) []byte {
			_, err := p.keys.Rotate()
			require.NoError(p.t, err)
			p.visit, err = seal.NewVisit(p.keys.Public(), p.record, p.dicts)
			require.NoError(p.t, err)
			body := p.sealed(enrolment(p.image(portrait)))
			p.header.IntakeKey = 2
			p.keys, err = seal.GenerateIntakeKeys(p.dicts)
			require.NoError(p.t, err)
			return body
		}},
		"ErrUnavailable a key that this member lacks": {kind: fault.Unavailable, body: func(p *packet) []byte {
			_, err := p.keys.Rotate()
			require.NoError(p.t, err)
			p.visit, err = seal.NewVisit(p.keys.Public(), p.record, p.dicts)
			require.NoError(p.t, err)
			body := p.sealed(enrolment(p.image(portrait)))
			p.header.IntakeKey = 2
			p.cluster.Intake = append(p.cluster.Intake, wire.IntakeKey{Number: 2})
			p.keys, err = seal.GenerateIntakeKeys(p.dicts)
			require.NoError(p.t, err)
			return body
		}},
		"ErrUnreadable body is no release": {reason: consular.RefusedContentUnreadable, body: func(p *packet) []byte {
			body, err := p.visit.SealBody([]byte("hello"), wire.BodyAAD(p.record, p.header.Kind))
			require.NoError(p.t, err)
			return body
		}},
		"ErrUnsupported version": {reason: consular.RefusedFormatUnsupported, body: func(p *packet) []byte {
			r := enrolment(p.image(portrait))
			r.Version = wire.Version + 1
			return p.sealed(r)
		}},
		"ErrIncomplete another service": {reason: consular.RefusedFileIncomplete, body: func(p *packet) []byte {
			p.header.Service = uint8(consular.CNIEFirst)
			return p.sealed(enrolment(p.image(portrait)))
		}},
		"ErrIncomplete a rule": {reason: consular.RefusedFileIncomplete, body: func(p *packet) []byte {
			r := enrolment(p.image(portrait))
			r.Person.Family.Arabic = ""
			return p.sealed(r)
		}},
		"ErrIncomplete released by the same": {reason: consular.RefusedFileIncomplete, body: func(p *packet) []byte {
			r := enrolment(p.image(portrait))
			r.ReleasedBy = r.EnrolledBy
			return p.sealed(r)
		}},
		"ErrIncomplete no portrait": {reason: consular.RefusedFileIncomplete, body: func(p *packet) []byte {
			return p.sealed(enrolment(p.image("right-index")))
		}},
		"ErrImages one missing": {reason: consular.RefusedImagesMissing, body: func(p *packet) []byte {
			parts := p.image(portrait)
			return p.sealed(enrolment(append(parts, wire.Part{Name: "x", MediaType: "image/png", Size: 1, Digest: wire.Digest{1}})))
		}},
		"ErrImages one more": {reason: consular.RefusedImagesMissing, body: func(p *packet) []byte {
			return p.sealed(enrolment(p.image(portrait, "secret")[:1]))
		}},
		"ErrImages another": {reason: consular.RefusedImagesMissing, body: func(p *packet) []byte {
			parts := p.image(portrait)
			parts[0].Digest[0] ^= 1
			return p.sealed(enrolment(parts))
		}},
		"ErrImages not named": {reason: consular.RefusedImagesMissing, body: func(p *packet) []byte {
			parts := p.image(portrait)
			p.header.Images = nil
			return p.sealed(enrolment(parts))
		}},
		"ErrImages of another visit": {reason: consular.RefusedImagesMissing, body: func(p *packet) []byte {
			parts := p.image(portrait)
			var err error
			p.visit, err = seal.NewVisit(p.keys.Public(), p.record, p.dicts)
			require.NoError(p.t, err)
			return p.sealed(enrolment(parts))
		}},
		"ErrUnavailable not in the vault": {kind: fault.Unavailable, body: func(p *packet) []byte {
			body := p.sealed(enrolment(p.image(portrait)))
			clear(p.vault)
			return body
		}},
		"ErrUnavailable damaged in the vault": {kind: fault.Unavailable, body: func(p *packet) []byte {
			body := p.sealed(enrolment(p.image(portrait)))
			p.vault[p.header.Images[0].Digest][70_000] ^= 1
			return body
		}},
		"ErrUnavailable cut short in the vault": {kind: fault.Unavailable, body: func(p *packet) []byte {
			body := p.sealed(enrolment(p.image(portrait)))
			digest := p.header.Images[0].Digest
			p.vault[digest] = p.vault[digest][:50_000]
			return body
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPacket(t)
			body := tt.body(p)
			reason, err := p.examine(t.Context(), body)
			require.Equal(t, tt.kind.String(), fault.KindOf(err).String())
			require.Equal(t, tt.reason, reason)
		})
	}
}

func TestExamineStops(t *testing.T) {
	p := newPacket(t)
	body := p.sealed(enrolment(p.image(wire.PartPortrait)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.examine(ctx, body)
	require.Error(t, err, "no verdict over a packet that was not read")
}

func TestExamineHeader(t *testing.T) {
	p := newPacket(t)
	o, err := opener.New(p.keys, p.hub, p.hub)
	require.NoError(t, err)
	p.found.Header = []byte{0xff}
	answer, err := o.Examine(t.Context(), ledger.Order{})
	require.NoError(t, err)
	require.Equal(t, consular.RefusedFormatUnsupported, answer.Reason)
	_, err = opener.New(nil, p.hub, p.hub)
	require.True(t, fault.Is(err, fault.Invalid))
}
