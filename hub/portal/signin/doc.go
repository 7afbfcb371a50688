// Package signin is how citizens prove who they are on the portal (step 10): by
// OpenID Connect at the national trusted third party, as
// deploy/contracts/identity.md says. The portal calls Begin, sends the browser
// where it says, and calls Finish with what the browser brings back.
//
// Guarantees: what Finish gives was asked for by this browser, minutes ago, and
// is given once; signature, issuer, audience, nonce, times and level have been
// checked, and with the national profile the authentication receipt too, which
// says the same as the token. A provider that is down stops nobody from
// starting the program. A browser is sent back to paths of the portal alone.
// Errors hold a stable code (Codes) and never what a person or the provider
// sent.
//
// It leaves to the portal: sessions, permissions, keeping the receipt, and the
// words of catalog surface "signin". What has begun is in memory: after a
// restart people begin again, and the portal is one process.
package signin
