// Package contract holds the OpenAPI documents against what others make of them:
// an independent validator reads them, a generator makes a client of each, and
// the clients carry a request through real programs, from the counter to the
// hand. It is a module of its own, so that generator and validator are in the
// graph of no program. `make contract` runs it.
package contract
