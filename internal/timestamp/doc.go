// Package timestamp asks a time-stamping authority for tokens (RFC 3161 over
// HTTP, with the certificate identifier of RFC 5816), proves tokens, and makes
// them. It stands beside the path of a record: a record office asks when it
// signs a document (step 8), whoever verifies the document proves.
//
// A token proves that an authority saw a digest at a time. It counts only when
// its certificate leads to a given root, bears the critical key usage
// timeStamping and no other (RFC 3161, 2.3), and was valid at that time.
// deploy/contracts/timestamp.md is what an authority serves.
//
// Guarantee of the client: it gives a token that was proved, or an error whose
// kind says what to do: Unavailable and Timeout mean ask again, Denied that
// the authority refused or is not trusted, Corrupt that it answered something
// else than was asked, Expired that its certificate has run out.
package timestamp
