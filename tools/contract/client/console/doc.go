// Package console is a client generated from deploy/openapi/console.json, as anybody
// would generate one. Nothing of it is written by hand, and it is not kept: `go
// generate` makes it from the document of the moment.
package console

//go:generate go tool oapi-codegen -config config.yaml ../../../../deploy/openapi/console.json
