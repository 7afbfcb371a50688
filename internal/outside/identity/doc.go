// Package identity simulates the national trusted third party: an OpenID
// provider that speaks deploy/contracts/identity.md and knows nothing of the
// portal but that page. It stands at the far end of sign-in, before step 10.
//
// Whoever signs in chooses a specimen person and types the PIN that the page
// shows, because nobody is real. Codes are used once and hold a minute, PKCE is
// asked for, redirect addresses are compared exactly. Signing keys and the salt
// of the pairwise subjects are on disk; sessions end with the program.
package identity
