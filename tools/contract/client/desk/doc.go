// Package desk is a client generated from deploy/openapi/desk.json, as anybody
// would generate one. Nothing of it is written by hand, and it is not kept: `go
// generate` makes it from the document of the moment.
package desk

//go:generate go tool oapi-codegen -config config.yaml ../../../../deploy/openapi/desk.json
