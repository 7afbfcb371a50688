package signin

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"time"

	"jaliya/internal/consular"
)

// Signed is who has signed in.
type Signed struct {
	Subject  Subject
	Level    Level
	AuthTime time.Time // when the person proved it; zero when the provider does not say
	Fresh    bool      // proved for this very question
	Return   string    // path of the portal to go on with

	// Of the national profile.
	Person   consular.Person // what was released; the rest is empty
	Released []string        // names of the claims in Person, sorted
	Receipt  Receipt

	topic [sha256.Size]byte // what TopicKey gives
}

// TopicKey is a key that stands for the person, which nobody has who knows only
// the Subject: what is said under it cannot be guessed at by whoever reads that.
func (s Signed) TopicKey() []byte { return s.topic[:] }

func topicOf(issuer, subject string) [sha256.Size]byte {
	return sha256.Sum256([]byte("jaliya/signin/topic/1\n" + issuer + "\n" + subject))
}

// Subject stands for a person at a provider, for life: the digest of issuer and
// subject, hexadecimal. It is another one at every provider.
type Subject string

func subjectOf(issuer, subject string) Subject {
	sum := sha256.Sum256([]byte("jaliya/signin/subject/1\n" + issuer + "\n" + subject))
	return Subject(hex.EncodeToString(sum[:]))
}

// Receipt is the provider's proof of a sign-in, verified. It is kept as it was
// signed, and holds names of attributes, not their values.
type Receipt struct {
	ID  string    // of the transaction at the provider
	At  time.Time // when it was made
	Key string    // id of the key that signed it
	Raw string    // the JWS in compact form
}

// String gives a placeholder: the receipt names the subject.
func (Receipt) String() string { return "[receipt]" }

// LogValue gives the placeholder.
func (r Receipt) LogValue() slog.Value { return slog.StringValue(r.String()) }
