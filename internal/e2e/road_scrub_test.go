package e2e

import (
	"bytes"
	"context"
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/vault"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// rot flips one bit of an object of the vault.
func (o *office) rot(digest wire.Digest) {
	o.t.Helper()
	name := hex.EncodeToString(digest[:])
	path := filepath.Join(o.vaultRoot, "objects", name[:2], name)
	raw, err := os.ReadFile(path)
	require.NoError(o.t, err)
	raw[len(raw)/3] ^= 0x20
	require.NoError(o.t, os.WriteFile(path, raw, 0o600))
}

// scrub lets the vault prove all that it holds, while everything else goes on.
func (o *office) scrub() {
	o.t.Helper()
	const every = 20 * time.Minute
	ctx, cancel := context.WithTimeout(o.t.Context(), every)
	defer cancel()
	require.NoError(o.t, o.vault.Scrub(ctx, vault.Scrub{
		Every: every, Rate: 8 << 20, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	}))
}

func (o *office) requireLacks(list ...wire.Digest) {
	o.t.Helper()
	wanted, _ := o.vault.Wanted()
	require.ElementsMatch(o.t, list, wanted)
	for _, digest := range list {
		_, err := o.vault.Open(digest)
		require.True(o.t, fault.Is(err, fault.NotFound), err)
	}
}

// back waits until no object is wanted but those that nobody has.
func (o *office) back(limit time.Duration, but ...wire.Digest) {
	o.t.Helper()
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		list, changed := o.vault.Wanted()
		if len(list) == len(but) {
			require.ElementsMatch(o.t, but, list)
			return
		}
		select {
		case <-changed:
		case <-end.C:
			require.FailNow(o.t, "not back in time", "%d objects", len(list))
		}
	}
}

// A bit that flips at the hub, in images that the node has had receipts for long
// ago, is found, is never served, and heals from the node: with the hub started
// anew in between, and beside an object that no node can bring again.
func TestRoadDamageAtTheHubHeals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		p := o.outpost(1)
		first := p.appendWith(300_000, 40_000)
		p.append(5)
		second := p.appendWith(90_000)
		whole := p.appendWith(10_000)
		own, err := o.vault.Put([]byte("a document that the hub made"))
		require.NoError(t, err)
		p.start()
		p.secured(time.Minute)
		before := p.state()

		for _, digest := range []wire.Digest{first, second, own} {
			o.rot(digest)
		}
		p.stop() // the post is closed
		o.scrub()
		o.requireLacks(first, second, own)
		p.inVault(whole)

		o.stop()
		o.vault, err = vault.OpenDirectory(o.vaultRoot, 0)
		require.NoError(t, err)
		o.serve()
		o.requireLacks(first, second, own)
		p.start()
		o.back(5*time.Minute, own)
		p.inVault(first)
		p.inVault(second)
		require.Equal(t, before.Head, p.state().Head, "nothing else was sent again")
		require.Equal(t, before.Receipted, p.state().Receipted)
		files, err := os.ReadDir(filepath.Join(o.vaultRoot, "damaged"))
		require.NoError(t, err)
		require.Len(t, files, 3, "the evidence is kept")

		wait(time.Minute)
		dialed := p.dialed()
		wait(3 * time.Hour)
		require.Equal(t, dialed, p.dialed(), "what nobody can bring ends no sessions")
		p.append(2)
		p.secured(time.Minute)
		p.stop()
		o.stop()
	})
}

// A node that cannot bring objects again is asked more and more rarely, and loses
// no session over it.
func TestRoadDamageThatTheNodeHasToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, roadRTT)
		p := o.outpost(1)
		var lost []wire.Digest
		for range 8 {
			lost = append(lost, p.appendWith(20_000))
		}
		p.start()
		p.secured(time.Minute)
		good := map[string][]byte{}
		for _, digest := range lost {
			f, err := p.journal.OpenBundle(digest)
			require.NoError(t, err)
			require.NoError(t, f.Close())
			good[f.Name()], err = os.ReadFile(f.Name())
			require.NoError(t, err)
			require.NoError(t, os.Remove(f.Name()))
			o.rot(digest)
		}
		dialed := p.dialed()
		o.scrub()
		wait(150 * time.Minute)
		o.requireLacks(lost...)
		p.append(3)
		p.secured(time.Minute)
		for name, raw := range good {
			require.NoError(t, os.WriteFile(name, raw, 0o600)) // from the second disk, by hand
		}
		o.back(time.Hour)
		for _, digest := range lost {
			p.inVault(digest)
		}
		require.Equal(t, dialed, p.dialed())
		p.stop()
		o.stop()
	})
}

// Software of before does not hear the asking: it is told by a refusal that names
// the object, and only while nothing is under way. One that hears it keeps its
// session, also when it brings nothing.
func TestRoadDamageAskedBack(t *testing.T) {
	for name, feature := range map[string]uint32{"OK": wire.FeatureMissing, "OK older software": wire.FeatureMissing - 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, roadRTT)
				digest, err := o.vault.Put(bytes.Repeat([]byte("sealed"), 500))
				require.NoError(t, err)
				r := o.raw(1)
				greet := func() {
					h := r.hello(r.at)
					h.Feature = feature
					r.say(wire.FrameHello, wire.Marshal(h))
					var w wire.Welcome
					require.NoError(t, wire.Unmarshal(r.read(wire.FrameWelcome), 1<<20, &w))
					r.number = w.Session
				}
				greet()
				e := r.entry(wire.Image{Digest: digest, Size: 3000})
				require.NoError(t, r.entries.WriteFrame(byte(wire.FrameBatch), r.batch(r.kit.Journal, e)))
				r.at = r.at.Next(e)
				r.read(wire.FrameReceipt)
				o.rot(digest)
				_, err = o.vault.Open(digest)
				require.True(t, fault.Is(err, fault.NotFound), err)

				hold, begun := make(chan struct{}), time.Now()
				o.set(func() { o.hold = hold })
				e = r.entry()
				require.NoError(t, r.entries.WriteFrame(byte(wire.FrameBatch), r.batch(r.kit.Journal, e)))
				r.at = r.at.Next(e)
				time.AfterFunc(40*time.Second, func() {
					o.set(func() { o.hold = nil })
					close(hold)
				})
				r.read(wire.FrameReceipt)
				require.GreaterOrEqual(t, time.Since(begun), 40*time.Second)
				if feature < wire.FeatureMissing {
					refusal := r.refusal()
					require.Equal(t, fault.NotFound.String(), refusal.Kind.String())
					require.Equal(t, digest, *refusal.Image)
					<-r.session.Context().Done()
				} else {
					require.Equal(t, digest[:], r.read(wire.FrameMissing))
					e = r.entry() // it brings nothing
					require.NoError(t, r.entries.WriteFrame(byte(wire.FrameBatch), r.batch(r.kit.Journal, e)))
					r.read(wire.FrameReceipt)
				}
				require.LessOrEqual(t, time.Since(begun), time.Minute)
				r.close()
				o.stop()
			})
		})
	}
}
