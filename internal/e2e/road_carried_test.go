package e2e

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/ship"
	"jaliya/hub/intake"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// export gives the file that a clerk takes away.
func (p *outpost) export() ([]byte, ship.Carried) {
	p.t.Helper()
	var file bytes.Buffer
	told, err := p.ship.Export(p.t.Context(), &file)
	require.NoError(p.t, err)
	require.EqualValues(p.t, file.Len(), told.Bytes)
	return file.Bytes(), told
}

// takes gives the hub a file and gives its answer.
func (o *office) takes(file []byte) ([]byte, intake.Carried) {
	o.t.Helper()
	var answer bytes.Buffer
	told, err := o.intake.TakeCarried(o.t.Context(), bytes.NewReader(file), &answer)
	require.NoError(o.t, err)
	return answer.Bytes(), told
}

func (p *outpost) imports(answer []byte) ship.Answered {
	p.t.Helper()
	told, err := p.ship.Import(p.t.Context(), bytes.NewReader(answer))
	require.NoError(p.t, err)
	return told
}

// A post that has no link at all: files by hand bring its entries and images
// to the hub and the receipts back, and the link has nothing left to send.
func TestCarriedBothWays(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		p.append(3)
		p.secured(10 * time.Second)
		o.road.cut(true)
		p.phase(30*time.Second, ship.Down)
		p.append(300)
		image := p.appendWith(200_000, 5)
		p.append(2)

		file, told := p.export()
		require.Equal(t, 303, told.Entries)
		require.Equal(t, 2, told.Images)
		require.EqualValues(t, 3, p.state().Receipted, "writing a file secures nothing")
		answer, taken := o.takes(file)
		require.NoError(t, taken.Refused)
		require.Equal(t, 303, taken.Entries)
		p.inVault(image)

		got := p.imports(answer)
		require.EqualValues(t, 303, got.Receipted)
		require.Equal(t, 2, got.Stored)
		require.Empty(t, got.Refused)
		require.Equal(t, p.state().Head.Seq, p.state().Receipted)

		again, _ := o.takes(file)
		require.Zero(t, p.imports(again).Receipted, "the same file twice brings the same receipts")
		require.Zero(t, p.imports(answer).Receipted, "and so does the same answer")
		_, empty := p.export()
		require.Zero(t, empty.Entries)

		o.road.cut(false)
		p.append(1)
		p.secured(time.Minute)
		require.Equal(t, uint64(307), o.entries(), "nothing is there twice")
	})
}

// The notices that the post missed come in the answer, and the link goes on
// where the answer ended.
func TestCarriedNotices(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		p.append(2)
		p.secured(10 * time.Second)
		o.road.cut(true)
		p.phase(30*time.Second, ship.Down)
		p.append(1)
		o.examines()
		file, _ := p.export()
		answer, _ := o.takes(file)
		require.Positive(t, p.imports(answer).Notices)
		head, err := o.NoticeHead(p.kit.Identity.Post)
		require.NoError(t, err)
		require.Equal(t, head, p.state().Notices)
		require.Zero(t, p.imports(answer).Notices)
		o.examines()
		o.road.cut(false)
		p.until(time.Minute, func(st journal.State) bool { return st.Notices.Seq > head.Seq })
	})
}

// A post whose notices are not the hub's gets none: its entries are taken all
// the same, and the answer says that something is wrong.
func TestCarriedNoticesOfAnotherHistory(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		p.append(2)
		p.secured(10 * time.Second)
		o.road.cut(true)
		p.phase(30*time.Second, ship.Down)
		o.examines()
		p.append(1)
		file, _ := p.export()
		forged := resigned(t, p, file, p.kit.Journal, func(head *wire.Carried) { head.Hello.Notices.Hash[0] ^= 1 })
		answer, taken := o.takes(forged)
		require.True(t, fault.Is(taken.Refused, fault.Fork), "%v", taken.Refused)
		require.Equal(t, 1, taken.Entries)
		got := p.imports(answer)
		require.Equal(t, fault.Fork.String(), got.Refused)
		require.EqualValues(t, 1, got.Receipted)
		require.Zero(t, got.Notices)
	})
}

// What the hub cannot take it refuses with the reason, after what came before.
func TestCarriedRefusedInPart(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		o.road.cut(true)
		p.phase(30*time.Second, ship.Down)
		p.append(300)
		file, _ := p.export()
		o.set(func() { o.fail = fault.New(fault.Unavailable, "office: propose", "no leader", nil) })
		answer, taken := o.takes(file)
		require.True(t, fault.Is(taken.Refused, fault.Unavailable), "%v", taken.Refused)
		require.Zero(t, taken.Entries)
		got := p.imports(answer)
		require.Equal(t, fault.Unavailable.String(), got.Refused)
		require.Zero(t, got.Receipted)
		o.set(func() { o.fail = nil })
		answer, taken = o.takes(file)
		require.NoError(t, taken.Refused)
		require.EqualValues(t, 300, p.imports(answer).Receipted)
	})
}

// A file of a machine whose history is another: the hub keeps both, fences the
// node, and says so in the answer.
func TestCarriedFork(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		o.road.cut(true)
		p.phase(30*time.Second, ship.Down)
		clone := o.outpost(9)
		clone.start()
		clone.append(2)
		p.append(3)
		file, _ := p.export()
		other, _ := clone.export()
		clone.stop()
		_, taken := o.takes(file)
		require.NoError(t, taken.Refused)
		answer, taken := o.takes(other)
		require.True(t, fault.Is(taken.Refused, fault.Fork), "%v", taken.Refused)
		require.Equal(t, fault.Fork.String(), clone.imports(answer).Refused)
		require.Zero(t, clone.state().Receipted)
		node, err := o.Node(p.kit.Identity.Node)
		require.NoError(t, err)
		require.True(t, node.Fenced)
	})
}

// TestCarriedForged are the files that nobody takes, and the answers that no
// node takes. None of them changes anything.
func TestCarriedForged(t *testing.T) {
	road(t, roadRTT, func(t *testing.T, o *office, p *outpost) {
		t.Helper()
		o.road.cut(true)
		p.phase(30*time.Second, ship.Down)
		p.append(5)
		file, _ := p.export()
		for _, c := range []struct {
			name string
			want fault.Kind
			raw  func() []byte
		}{
			{"ErrCutShort", fault.Unavailable, func() []byte { return file[:len(file)-1] }},
			{"ErrFlipped", fault.Corrupt, func() []byte {
				raw := bytes.Clone(file)
				raw[len(raw)/2] ^= 1
				return raw
			}},
			{"ErrSignedBySomebody", fault.Denied, func() []byte { return resigned(t, p, file, p.office.kit.Hub, func(*wire.Carried) {}) }},
			{"ErrNoFile", fault.Unsupported, func() []byte { return []byte("Bonjour, voici le fichier.") }},
			{"ErrEmpty", fault.Unavailable, func() []byte { return nil }},
		} {
			var answer bytes.Buffer
			_, err := o.intake.TakeCarried(t.Context(), bytes.NewReader(c.raw()), &answer)
			require.True(t, fault.Is(err, c.want), "%s: %v", c.name, err)
			require.Zero(t, answer.Len(), c.name)
		}
		require.Zero(t, o.entries())

		answer, _ := o.takes(file)
		_, err := o.intake.TakeCarried(t.Context(), bytes.NewReader(answer), io.Discard)
		require.True(t, fault.Is(err, fault.Unsupported), "%v", err)
		_, err = p.ship.Import(t.Context(), bytes.NewReader(file))
		require.True(t, fault.Is(err, fault.Unsupported), "%v", err)
		_, err = p.ship.Import(t.Context(), bytes.NewReader(answer[:len(answer)-3]))
		require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
		require.Zero(t, p.state().Receipted)
		require.EqualValues(t, 5, p.imports(answer).Receipted)

		stopped, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = p.ship.Export(stopped, io.Discard)
		require.True(t, err == nil || errors.Is(err, context.Canceled))
	})
}

// resigned gives the file's frames with another head, under a key.
func resigned(t *testing.T, p *outpost, file []byte, by *seal.SigningKey, change func(*wire.Carried)) []byte { //nolint:revive // argument-limit: a file, a key, a change
	t.Helper()
	in, err := wire.OpenCarried(bytes.NewReader(file), func(wire.Carried) (wire.KeySet, error) {
		return wire.NewKeySet(p.kit.Journal.Public()), nil
	})
	require.NoError(t, err)
	change(&in.Head)
	var out bytes.Buffer
	w, err := wire.NewCarriedWriter(&out, in.Head)
	require.NoError(t, err)
	for {
		kind, payload, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		require.NoError(t, w.Write(kind, payload))
	}
	require.NoError(t, w.End(by))
	return out.Bytes()
}

// examines has the hub find every new packet good, of which posts hear.
func (o *office) examines() {
	o.t.Helper()
	orders, err := o.OpenOrders(uint8(workflow.OrderExamine), o.now(), 100)
	require.NoError(o.t, err)
	require.NotEmpty(o.t, orders)
	for _, order := range orders {
		o.do(ledger.CompleteOrder{
			Time: o.now(), Order: order.ID, Event: uint8(workflow.ExaminedGood), Actor: uint16(workflow.Hub),
		})
	}
}

// entries counts what is committed.
func (o *office) entries() uint64 {
	o.t.Helper()
	counts, err := o.Counts()
	require.NoError(o.t, err)
	return counts.Commits
}
