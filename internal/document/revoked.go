package document

import (
	"crypto/sha256"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// CheckRevoked asks the published list of revoked documents.
const CheckRevoked CheckName = "revoked"

const nameLabel = "jaliya/document/1\x00"

// Name is what a document is called in the list of revoked ones: SHA-256 over
// its product and number. It holds no person, and whoever has the list learns
// nothing of a document that they do not have.
func Name(service consular.Service, number string) wire.Digest {
	return sha256.Sum256([]byte(nameLabel + service.String() + "\x00" + number))
}

// Named gives the name of the document, and whether a seal or a signature
// proved which one it is: of others nothing is asked.
func (r *Report) Named() (wire.Digest, bool) {
	if r.Record == nil || !r.Holds(CheckSeal) && !r.Holds(CheckSignature) {
		return wire.Digest{}, false
	}
	return Name(r.Record.Service, r.Record.Number), true
}

// Revoke adds what a list of revoked documents says of this one, and when that
// was so. Why it was revoked is in no list.
func (r *Report) Revoke(revoked bool, asOf time.Time) {
	var err error
	if revoked {
		err = fault.New(fault.Denied, opVerify, "revoked by who issued it", nil)
	}
	r.add(CheckRevoked, err, asOf.UTC().Format("2006-01-02T15:04:05Z"))
}

// Revoked reports whether the list has it.
func (r *Report) Revoked() bool {
	for _, one := range r.Checks {
		if one.Name == CheckRevoked && one.Err != nil {
			return true
		}
	}
	return false
}
