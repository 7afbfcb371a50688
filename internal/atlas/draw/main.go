// Command draw makes the land of the maps of package atlas: one SVG file for each
// view, without borders and without Antarctica. It is run by hand when a view
// changes; its files are committed.
//
//	npm pack world-atlas@2.0.2 && tar xf world-atlas-2.0.2.tgz
//	go run ./internal/atlas/draw package/land-110m.json package/land-50m.json internal/web/assets/map
//
// The land is that of Natural Earth (public domain) as world-atlas (ISC) packs it
// in TopoJSON.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"jaliya/internal/atlas"
	"jaliya/internal/fault"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	const op = "draw: make maps"
	if len(args) != 3 {
		return fault.New(fault.Invalid, op, "usage: draw LAND-110M.json LAND-50M.json DIRECTORY", nil)
	}
	for i, view := range []atlas.View{atlas.World(), atlas.Europe()} {
		raw, err := os.ReadFile(args[i]) //nolint:gosec // whoever draws names the files
		if err != nil {
			return fault.New(fault.NotFound, op, args[i], err)
		}
		rings, err := land(raw)
		if err != nil {
			return err
		}
		name := filepath.Join(args[2], view.Name+".svg")
		if err := os.WriteFile(name, []byte(drawing(view, rings)), 0o600); err != nil { //nolint:gosec // whoever draws names the files
			return fault.New(fault.Storage, op, name, err)
		}
	}
	return nil
}
