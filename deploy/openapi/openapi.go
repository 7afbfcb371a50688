// Package contracts holds the OpenAPI documents of the three surfaces, as they
// are served and as integrators read them in the repository. They are made by
// `go test ./consulate-node/desk ./hub/console ./hub/portal -run Contract -update`
// from the tables beside the handlers; the same tests compare them.
package contracts

import _ "embed"

// The documents.
var (
	//go:embed desk.json
	Desk []byte
	//go:embed console.json
	Console []byte
	//go:embed portal.json
	Portal []byte
)
