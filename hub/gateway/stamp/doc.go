// Package stamp is the part of step 8 that speaks with the electronic payment of
// stamp duty; deploy/contracts/stamp.md is what it speaks.
//
// Guarantees: a payment is created under an id of the hub's own, so that a
// repeat charges nobody twice; paid is what the service says when it is asked
// over our own connection, and only if amount and currency of a receipt are
// exactly what was asked; the service's notice and the citizen's return are
// hints to ask, and prove nothing. No personal data go to the service: it gets
// an amount and the code of a product.
//
// It leaves to the caller: what was asked for which request, and when to ask
// again where no hint comes.
package stamp
