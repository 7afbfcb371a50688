//go:build crashstates

package vault_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/vault"
	"jaliya/internal/crash"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// TestCrashStates cuts the power at every sync of a vault that takes uploads,
// some of them in two tries, and that sets aside what its disk has spoiled.
func TestCrashStates(t *testing.T) {
	o, err := crash.FromEnv()
	require.NoError(t, err)
	line, err := crash.Prove(uploads{}, o, crash.DropSync, crash.DropDirSync)
	require.NoError(t, err)
	t.Log("vault: " + line)
}

type uploads struct{}

// Run implements crash.Workload.
func (uploads) Run(dir string, r *rand.Rand, ack func(wire.Offer)) error {
	v, err := vault.OpenDirectory(dir, 0)
	if err != nil {
		return err
	}
	for range 12 {
		content, offer := object(r.Uint64(), 1+r.IntN(6*chunkSize))
		for tries := r.IntN(2); tries >= 0; tries-- {
			if err := try(v, offer, content, tries == 0, r); err != nil {
				return err
			}
		}
		ack(offer)
		if r.IntN(4) == 0 {
			if err := spoiled(dir, v, offer); err != nil {
				return err
			}
			if r.IntN(2) == 0 {
				if err := regained(dir, v, offer, content); err != nil {
					return err
				}
			}
		}
		if r.IntN(4) == 0 { // the process ends and comes back
			if v, err = vault.OpenDirectory(dir, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// spoiled has the disk spoil an object, behind the back of the recorder as of
// the vault, and somebody read it.
func spoiled(dir string, v *vault.Directory, offer wire.Offer) error {
	path := filepath.Join(dir, "objects", offer.Digest.String()[:2], offer.Digest.String())
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		return err
	}
	if _, err := v.Open(offer.Digest); !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("damaged object %s is served: %w", offer.Digest, err)
	}
	return nil
}

// regained has the disk give the bytes of an object that was set aside as they
// were, likewise behind the recorder's back, and the vault find that out.
func regained(dir string, v *vault.Directory, offer wire.Offer, content []byte) error {
	paths, err := filepath.Glob(filepath.Join(dir, "damaged", offer.Digest.String()+".*"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, changed := v.Wanted()
	done := make(chan error, 1)
	go func() {
		done <- v.Scrub(ctx, vault.Scrub{Every: time.Hour, Rate: 1 << 30, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	}()
	select {
	case <-changed:
	case err := <-done:
		return err
	}
	cancel()
	if err := <-done; err != nil {
		return err
	}
	if has, err := v.Has(offer.Digest, offer.Size); err != nil || !has {
		return fmt.Errorf("object %s holds, and is not there: %w", offer.Digest, err)
	}
	return nil
}

// try uploads the chunks that are missing, or some of them.
func try(v *vault.Directory, offer wire.Offer, content []byte, whole bool, r *rand.Rand) error {
	u, err := v.Begin(offer)
	if err != nil {
		return err
	}
	missing := u.Missing()
	for i := range offer.Count() {
		if missing.Has(i) && (whole || r.IntN(2) == 0) {
			err = errors.Join(err, u.WriteChunk(i, chunk(content, i)))
		}
	}
	if whole {
		err = errors.Join(err, u.Commit())
	}
	return errors.Join(err, u.End())
}

// Verify implements crash.Workload: what was acknowledged is there, or was set
// aside and is wanted, and what is there is whole, whether acknowledged or not.
func (uploads) Verify(dir string, acked []wire.Offer) error {
	v, err := vault.OpenDirectory(dir, 0)
	if err != nil {
		return err
	}
	list, _ := v.Wanted()
	wanted := map[wire.Digest]bool{}
	for _, digest := range list {
		wanted[digest] = true
	}
	for _, offer := range acked {
		has, err := v.Has(offer.Digest, offer.Size)
		if err == nil && !has && wanted[offer.Digest] {
			continue
		}
		if err != nil || !has {
			return fmt.Errorf("acknowledged object %s is lost: %w", offer.Digest, err)
		}
	}
	paths, err := filepath.Glob(filepath.Join(dir, "objects", "*", "*"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := wholeObject(path); err != nil {
			return err
		}
	}
	return nil
}

func wholeObject(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != filepath.Base(path) {
		return fmt.Errorf("object %s is torn", filepath.Base(path))
	}
	return nil
}
