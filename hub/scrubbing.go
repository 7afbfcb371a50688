package hub

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"jaliya/hub/vault"
	"jaliya/internal/fault"
)

// leastScrub keeps a typing error from reading the vault without end.
const leastScrub = 24 * time.Hour

// validate names the key that breaks a rule; zero is the default.
func (c VaultConfig) validate() error {
	if every := c.ScrubEvery.Std(); every != 0 && every < leastScrub {
		return fault.New(fault.Invalid, "hub: validate config", "vault.scrub_every: at least "+leastScrub.String(), nil)
	}
	return nil
}

func (h *Hub) openVault() (err error) {
	if h.vault, err = vault.OpenDirectory(h.cfg.Vault.Dir, h.cfg.Vault.Reserve.Bytes()); err != nil {
		return err
	}
	h.vault.Count(vault.NewMetrics(h.metrics))
	return nil
}

// scrubVault proves again what the vault holds (D47). What is damaged is asked
// for by intake.
func (h *Hub) scrubVault(ctx context.Context) error {
	return h.vault.Scrub(ctx, vault.Scrub{
		Every: h.cfg.Vault.ScrubEvery.Std(), Rate: h.cfg.Vault.ScrubRate.Bytes(), Now: time.Now,
		Logger: h.log.With(slog.String("component", "vault")),
	})
}

// vaultWhole says how many objects the disk has spoiled and no node has brought
// again yet. The hub serves without them.
func (h *Hub) vaultWhole(context.Context) error {
	if n := h.vault.Damaged(); n > 0 {
		return fault.New(fault.Corrupt, "hub: vault", strconv.Itoa(n)+" objects are damaged and have not come back", nil)
	}
	return nil
}
