package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

const (
	tokenPrefix = "jal_"
	tokenBytes  = 32
	// servicePrefix keeps ids of service accounts and of staff apart.
	servicePrefix = "service:"
)

var tokenText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ServiceAccount is a program that may call an API. Only the hash of its token
// is configured.
type ServiceAccount struct {
	Name        string `json:"name" toml:"name"`
	Role        Role   `json:"role" toml:"role"`
	TokenSHA256 string `json:"token_sha256" toml:"token_sha256"` // 64 hexadecimal digits
	// Expires is the last day, in UTC, on which the token is good; empty: it has none.
	Expires consular.Date `json:"expires,omitempty" toml:"expires"`
}

var accountName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// Validate names the field that is wrong.
func (a ServiceAccount) Validate() error {
	_, err := a.hash()
	return err
}

func (a ServiceAccount) hash() (sum [sha256.Size]byte, err error) {
	const op = "access: check service account"
	if !accountName.MatchString(a.Name) {
		return sum, fault.New(fault.Invalid, op, "name: small letters, digits and hyphens, at most 63", nil)
	}
	if err := a.Role.Validate(); err != nil {
		return sum, fault.New(fault.Invalid, op, a.Name+": role", err)
	}
	if len(a.TokenSHA256) != hex.EncodedLen(len(sum)) {
		return sum, fault.New(fault.Invalid, op, a.Name+": token_sha256: 64 hexadecimal digits expected", nil)
	}
	if _, err := hex.Decode(sum[:], []byte(a.TokenSHA256)); err != nil {
		return sum, fault.New(fault.Invalid, op, a.Name+": token_sha256", err)
	}
	if a.Expires != "" && a.Expires.Validate() != nil {
		return sum, fault.New(fault.Invalid, op, a.Name+": expires: a day such as 2027-12-31", nil)
	}
	return sum, nil
}

// NewToken draws a token, to be shown once, and the hash to configure.
func NewToken() (token, sha256Hex string) {
	var secret [tokenBytes]byte
	_, _ = rand.Read(secret[:]) // crypto/rand ends the process instead of failing
	token = tokenPrefix + tokenText.EncodeToString(secret[:])
	sum := sha256.Sum256([]byte(token))
	return token, hex.EncodeToString(sum[:])
}

// Bearer authenticates service accounts by token. Safe for concurrent use.
type Bearer struct {
	accounts []account
	now      func() time.Time
}

type account struct {
	hash    [sha256.Size]byte
	who     Principal
	expires consular.Date
}

// NewBearer takes the configured accounts. Errors: Invalid for a bad account,
// a name or a token given twice.
func NewBearer(accounts []ServiceAccount) (*Bearer, error) {
	const op = "access: load service accounts"
	b := &Bearer{now: time.Now}
	names, hashes := map[string]bool{}, map[[sha256.Size]byte]bool{}
	for _, a := range accounts {
		sum, err := a.hash()
		if err != nil {
			return nil, err
		}
		if names[a.Name] || hashes[sum] {
			return nil, fault.New(fault.Invalid, op, a.Name+" is there twice, or has the token of another", nil)
		}
		names[a.Name], hashes[sum] = true, true
		b.accounts = append(b.accounts, account{hash: sum, expires: a.Expires, who: Principal{
			ID: servicePrefix + a.Name, Name: a.Name, Role: a.Role, Surface: SurfaceAPI,
		}})
	}
	return b, nil
}

// At makes another clock say what day it is.
func (b *Bearer) At(now func() time.Time) *Bearer {
	b.now = now
	return b
}

// Authenticate reads "Authorization: Bearer jal_..." (RFC 6750). All accounts
// are compared, so the time does not tell which one came near; a token whose
// last day is over is refused like one that nobody has.
func (b *Bearer) Authenticate(r *http.Request) (Principal, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	known := strings.EqualFold(scheme, "Bearer") && strings.HasPrefix(token, tokenPrefix) &&
		len(token) == len(tokenPrefix)+tokenText.EncodedLen(tokenBytes)
	sum := sha256.Sum256([]byte(token))
	found := -1
	for i := range b.accounts {
		if subtle.ConstantTimeCompare(sum[:], b.accounts[i].hash[:]) == 1 {
			found = i
		}
	}
	if !known || found < 0 || b.accounts[found].over(b.now()) {
		return Principal{}, fault.New(fault.Denied, "access: authenticate", "bearer token", ErrNoIdentity)
	}
	return b.accounts[found].who, nil
}
