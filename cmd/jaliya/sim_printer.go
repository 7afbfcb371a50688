package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"jaliya/internal/cli"
	"jaliya/internal/outside"
	"jaliya/internal/outside/printer"
)

type simPrinterCommand struct {
	Listen string `default:"127.0.0.1:8631" help:"host:port of the printer; its address is ipp://HOST:PORT/ipp/print."`
	Admin  string `default:"127.0.0.1:8632" help:"host:port at which /admin/printed tells how many sheets there are, and their SHA-256."`
}

// Run prints into memory until it is told to stop.
func (c *simPrinterCommand) Run(ctx context.Context, _ cli.Streams) error {
	p := printer.New()
	admin := http.NewServeMux()
	admin.HandleFunc("GET /admin/printed", func(w http.ResponseWriter, _ *http.Request) {
		sums := []string{}
		for _, sheet := range p.Printed() {
			sum := sha256.Sum256(sheet)
			sums = append(sums, hex.EncodeToString(sum[:]))
		}
		outside.JSON(w, http.StatusOK, map[string]any{"printed": sums})
	})
	return serveSim(ctx, []simPart{{c.Listen, p}, {c.Admin, withReady(admin)}})
}
