package office

import "jaliya/internal/consular"

// TestContent is a packet's content as tests write it.
type TestContent struct {
	Version uint8
	Product string
	Person  consular.Person
	Use     consular.Use
	Proof   consular.IdentityProof
}
