// Package intake is step 4 of a record's path: it takes a node's entries from
// ship (step 3), proves who speaks and what follows what, and proposes them to
// the cluster (step 5). It opens nothing.
//
// Guarantees: only entries whose batch signature and chain were verified are
// proposed, once for a whole batch (D35); every image that an entry names is in
// the vault, fsynced, before the entry is proposed (D45); a receipt leaves only
// after the commit, signed over fields of the state, so that a repeat is
// byte-equal, and again to a node that lost it; an older session of a node is
// told so and ends (D37); a node whose history is another is fenced, what it
// showed is kept as evidence, and it is answered reissue once people have settled
// it (D38); a slow node is not read from, no other node waits for it, and what all
// of them have under way is bounded in bytes (D30); what the vault has lost to its
// disk is asked for within the session, and no node that cannot bring it suffers
// (D47). The hub speaks every 1.5 s by itself, so that a node whose own link is
// full still hears it.
//
// Compare and Queue decide without clock, randomness or network; Intake drives
// them over package link.
package intake
