// Package access says who may do what: the roles of staff and service
// accounts, the permissions of each, and how a caller proves who it is. It
// stands beside the path of a record; every action of every surface asks it in
// its first line.
//
// Guarantees: a permission that the table does not give is refused; a caller
// that cannot be identified is refused with ErrNoIdentity, which screens answer
// otherwise than a missing right; tokens are kept only as SHA-256 and compared
// in constant time over all accounts. Texts of roles and permissions stand in
// configuration and in journals: they are append-only.
package access
