package main

import (
	contracts "jaliya/deploy/openapi"
	"jaliya/internal/cli"
	"jaliya/internal/fault"
)

type openapiCommand struct {
	Surface string `arg:"" enum:"desk,console,portal" help:"desk of a post, console of the hub or portal of the citizens."`
}

// Run prints the document that the surface of this version serves.
func (c *openapiCommand) Run(s cli.Streams) error {
	document := map[string][]byte{"desk": contracts.Desk, "console": contracts.Console, "portal": contracts.Portal}[c.Surface]
	if _, err := s.Out.Write(document); err != nil {
		return fault.New(fault.Storage, "jaliya: print document", c.Surface, err)
	}
	return nil
}
