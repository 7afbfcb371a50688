package issuer

import (
	"crypto/x509"
	"path/filepath"

	"jaliya/internal/fault"
	"jaliya/internal/pades"
	"jaliya/internal/revocation"
)

// Lasting gives what adds validation data to the documents of the issuer in a
// directory: its root there, its authorities' lists there and in other files,
// else from where the certificates say. Without a root there documents stay
// B-T.
func Lasting(dir string, times *x509.CertPool, lists ...string) (pades.Completer, error) {
	out := pades.Completer{
		Trust: pades.Trust{Times: times},
		Lists: &revocation.Source{Files: append([]string{filepath.Join(dir, ListsFile)}, lists...)},
	}
	roots, err := LoadPool(filepath.Join(dir, RootFile))
	if fault.Is(err, fault.NotFound) {
		return out, nil
	}
	out.Trust.Issuers = roots
	return out, err
}
