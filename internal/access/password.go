package access

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// Bounds of a password in characters; the upper one keeps hashing from being a
// lever.
const (
	MinPassword = 12
	MaxPassword = 128
)

// Rules of a password beside those of package consular.
const (
	RuleCommon consular.Rule = "common" // of the kind that is tried first
	RuleOwn    consular.Rule = "own"    // the person's name or staff id
)

// hashing is argon2id as OWASP advises for machines with little memory: 19 MiB
// and three passes. A node is to stay below 64 MiB.
func hashing() *argon2id.Params {
	return &argon2id.Params{Memory: 19 << 10, Iterations: 3, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// Hasher hashes and compares secrets that people type, so many at once as the
// machine has memory for. Safe for concurrent use.
type Hasher struct {
	slots  chan struct{}
	params *argon2id.Params
}

// decoy is a hash of the same cost that no secret has: 48 bytes drawn once.
const decoy = "$argon2id$v=19$m=19456,t=3,p=1$qk0H0rTeqmVbWQkYjR3w3A$Yb3nJcFqJ3mC0v3tB6yqkT0mT1r2n7m0h8l6Qw2Zs5E"

// NewHasher gives a hasher that works on at most atOnce secrets at a time; each
// takes 19 MiB.
func NewHasher(atOnce int) *Hasher {
	return &Hasher{slots: make(chan struct{}, max(1, atOnce)), params: hashing()}
}

func (h *Hasher) hash(secret string) (string, error) {
	out, err := argon2id.CreateHash(secret, h.params)
	if err != nil {
		return "", fault.New(fault.Internal, "access: hash secret", "", err)
	}
	return out, nil
}

func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.New(fault.Timeout, "access: wait to hash", "", ctx.Err())
	}
}

// Hash gives the text to keep. It waits for a slot; Timeout when ctx ends first.
func (h *Hasher) Hash(ctx context.Context, secret string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	return h.hash(Normal(secret))
}

// Matches compares a secret with what Hash gave. An empty hash stands for nobody
// and takes as long as any other.
func (h *Hasher) Matches(ctx context.Context, secret, hash string) (bool, error) {
	known := hash != ""
	if !known {
		hash = decoy
	}
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.slots }()
	if utf8.RuneCountInString(secret) > MaxPassword {
		secret = ""
	}
	ok, err := argon2id.ComparePasswordAndHash(Normal(secret), hash)
	if err != nil {
		return false, fault.New(fault.Corrupt, "access: compare secret", "hash", err)
	}
	return ok && known, nil
}

// Normal gives one spelling to a secret that can be typed on two keyboards
// (RFC 8265, section 4.2: NFC, other spaces as a space).
func Normal(secret string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if r == '\u00a0' || r == '\u202f' {
			return ' '
		}
		return r
	}, secret))
}

// BrokenPasswordRule names the rule that a new password breaks, empty for none:
// its length, words that are tried first, or what a colleague knows of its owner.
// There are no rules of composition and no expiry (NIST SP 800-63B, 3.1.1).
func BrokenPasswordRule(password string, own ...string) consular.Rule {
	n := utf8.RuneCountInString(password)
	switch plain := fold(password); {
	case !utf8.ValidString(password):
		return consular.RuleFormat
	case n < MinPassword || n > MaxPassword:
		return consular.RuleLength
	case common(plain):
		return RuleCommon
	case containsOwn(plain, own):
		return RuleOwn
	}
	return ""
}

// fold leaves the letters and digits, in one case.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_.,!@#*$", r) {
			return -1
		}
		return r
	}, cases.Fold().String(Normal(s)))
}

// common knows the words that lists of stolen passwords begin with, as a whole,
// repeated, or with a few digits behind them, and runs of one key.
func common(plain string) bool {
	bare := strings.TrimRight(plain, "0123456789")
	distinct := map[rune]bool{}
	for _, r := range plain {
		distinct[r] = true
	}
	if len(distinct) < 5 || bare == "" {
		return true
	}
	for _, run := range []string{"qwertyuiopasdfghjklzxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "abcdefghijklmnopqrstuvwxyz"} {
		if strings.Contains(run, bare) {
			return true
		}
	}
	for _, word := range []string{
		"password", "passw0rd", "motdepasse", "motdepass", "bonjour", "welcome", "bienvenue", "letmein", "iloveyou",
		"jetaime", "administrator", "administrateur", "admin", "maroc", "morocco", "casablanca", "marrakech", "rabat",
		"consulat", "consulate", "ambassade", "azerty", "qwerty", "azertyuiop", "qwertyuiop", "football", "barcelona",
		"realmadrid", "raja", "wydad", "hamdoulillah", "bismillah", "inchallah", "soleil", "doudou", "loulou",
		"princess", "monkey", "dragon", "superman", "jaliya", "changeme", "secret", "mohammed", "mohamed", "fatima",
	} {
		if strings.ReplaceAll(bare, word, "") == "" {
			return true
		}
	}
	return false
}

// containsOwn looks for the words of a name and the like that are long enough
// to matter: a password made of one and little else is none.
func containsOwn(plain string, own []string) bool {
	left := plain
	for _, one := range own {
		for word := range strings.FieldsSeq(one) {
			if word = fold(word); utf8.RuneCountInString(word) >= 3 {
				left = strings.ReplaceAll(left, word, "")
			}
		}
	}
	return left != plain && utf8.RuneCountInString(left) < 6
}
