// Package seal keeps what was enrolled unreadable to everybody who has no
// business reading it: HPKE sealing of bodies and images to the hub and of
// answers to a post, encryption at rest, key custody, and signatures. It serves
// steps 1 to 3 at the node (drafts, release, batch heads) and the opener and
// intake at the hub.
//
// Guarantees: what a Visit sealed is opened by the private intake key alone,
// bound to its record, key number and clear header; a changed, cut, reordered
// or repeated byte is refused as fault.Corrupt, never returned; sizes tell no
// more than a documented bucket; every format names its version and algorithms.
// The sender of an envelope is not proved by it: HPKE base mode lets anybody
// seal, so who said it is the journal signature's business, and every opened
// byte is handled as hostile (caps before allocation).
//
// Only the standard library's FIPS 140 algorithms are used. The formats are
// byte tables in DESIGN.md, beside the limits of what erasing a key can do.
package seal
