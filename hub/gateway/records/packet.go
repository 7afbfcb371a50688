package records

import (
	"fmt"
	"log/slog"
	"strconv"

	"jaliya/internal/consular"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// PacketContext is the purpose that every packet is sealed for.
const PacketContext = "jaliya/records/1"

// PacketAAD binds a sealed packet to its request: another request's packet does
// not open under it.
func PacketAAD(id string) []byte { return []byte(PacketContext + "\x00" + id) }

// Recipient is what a packet is to be sealed with.
type Recipient struct {
	Key     seal.PostPublic // of the office
	Context string
	AAD     []byte
	ID      string // to stand in the packet
}

// Packet is what an office needs to answer, and nothing else: no contact, no
// reference, no image. The opener makes it. It prints as "[packet]".
type Packet struct {
	Version uint8                  `cbor:"1,keyasint"`
	ID      string                 `cbor:"2,keyasint"`
	Product string                 `cbor:"3,keyasint"`
	Person  consular.Person        `cbor:"4,keyasint"`
	Use     consular.Use           `cbor:"5,keyasint"`
	Proof   consular.IdentityProof `cbor:"6,keyasint"`
	Asked   int64                  `cbor:"7,keyasint"` // when the person asked, ms
}

// Encode gives the bytes to seal.
func (p Packet) Encode() []byte {
	p.Version = packetVersion
	return wire.Marshal(p)
}

// Format prints no content, whatever the verb.
func (Packet) Format(f fmt.State, _ rune) { hide(f, "[packet]") }

// LogValue keeps the content out of logs.
func (Packet) LogValue() slog.Value { return slog.StringValue("[packet]") }

// Reply is what a person answered to the office's question. It prints as
// "[reply]".
type Reply struct {
	Version uint8  `cbor:"1,keyasint"`
	ID      string `cbor:"2,keyasint"`
	Text    string `cbor:"8,keyasint"`
}

// Encode gives the bytes to seal.
func (r Reply) Encode() []byte {
	r.Version = packetVersion
	return wire.Marshal(r)
}

// Format prints no content, whatever the verb.
func (Reply) Format(f fmt.State, _ rune) { hide(f, "[reply]") }

// LogValue keeps the content out of logs.
func (Reply) LogValue() slog.Value { return slog.StringValue("[reply]") }

const packetVersion = 1

func hide(f fmt.State, text string) { fmt.Fprint(f, text) } //nolint:errcheck // fmt keeps its own errors

// requestOf is the id under which a case is with its office, for ever.
func requestOf(cluster string, number uint64) string {
	return cluster + "-" + strconv.FormatUint(number, 10)
}

// order is the body of PUT /v1/requests/{id}.
type order struct {
	Product string `json:"product"`
	Record  string `json:"record"`
	Packet  []byte `json:"packet"`
	Reply   reply  `json:"reply"`
}

// reply is the intake key that packages are sealed to.
type reply struct {
	Number uint32 `json:"number"`
	Key    []byte `json:"key"`
}

// answer is the body of PUT /v1/requests/{id}/answer.
type answer struct {
	Packet []byte `json:"packet"`
}
