package staff

import (
	"fmt"
	"log/slog"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

var (
	bucketStaff    = []byte("staff")
	bucketSessions = []byte("sessions")

	keyCursor = []byte("cursor")
)

// schema is the version of what cells hold.
const schema = 1

// maxCell bounds what is decoded, in bytes.
const maxCell = 4096

// member is one member of staff with everything that lets them in. It shows
// itself under no verb and in no log.
type member struct {
	ID       wire.StaffID `cbor:"1,keyasint"`
	Name     string       `cbor:"2,keyasint,omitempty"`
	Role     string       `cbor:"3,keyasint"`
	Disabled bool         `cbor:"4,keyasint,omitempty"`
	Revision uint64       `cbor:"5,keyasint"`
	Code     string       `cbor:"6,keyasint,omitempty"`  // hash of the one-time code
	Expires  int64        `cbor:"7,keyasint,omitempty"`  // of it, ms of the hub
	Used     bool         `cbor:"8,keyasint,omitempty"`  // it was
	Password string       `cbor:"9,keyasint,omitempty"`  // hash
	Secret   []byte       `cbor:"10,keyasint,omitempty"` // of the authenticator
	Step     uint64       `cbor:"11,keyasint,omitempty"` // last one used
	Pending  []byte       `cbor:"12,keyasint,omitempty"` // secret that was offered and not yet confirmed
	Changed  int64        `cbor:"13,keyasint"`
}

// Format shows nothing.
func (member) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[staff]")) }

// LogValue shows nothing.
func (member) LogValue() slog.Value { return slog.StringValue("[staff]") }

func (m member) principal() access.Principal {
	name := m.Name
	if name == "" {
		name = string(m.ID)
	}
	return access.Principal{ID: string(m.ID), Name: name, Role: access.Role(m.Role), Surface: access.SurfaceDesk}
}

// changed is the member after a change of the hub's.
func (m member) changed(c wire.StaffChange) member {
	m.ID, m.Revision, m.Changed = c.Staff, c.Revision, c.Time
	if c.Role != "" {
		m.Role = c.Role
	}
	if c.Name != "" {
		m.Name = c.Name
	}
	switch c.Action {
	case wire.StaffAdd, wire.StaffReset:
		m.Disabled, m.Used = false, false
		m.Code, m.Expires = c.Code, c.Expires
		m.Password, m.Secret, m.Step, m.Pending = "", nil, 0, nil
	case wire.StaffDisable:
		m.Disabled = true
	case wire.StaffRole:
	}
	return m
}

// enrolled reports whether the member has set password and authenticator.
func (m member) enrolled() bool { return m.Password != "" && len(m.Secret) > 0 }

// cells seals values into their places.
type cells struct {
	key      *seal.DataKey
	staff    *seal.IndexKey
	sessions *seal.IndexKey
}

func openCells(data *seal.DataKey) (c cells, err error) {
	if c.key, err = data.Subkey("staff"); err != nil {
		return c, err
	}
	if c.staff, err = data.IndexKey("staff"); err != nil {
		return c, err
	}
	c.sessions, err = data.IndexKey("sessions")
	return c, err
}

func place(bucket, key []byte) []byte {
	return seal.Cell{Bucket: string(bucket), Key: key, Schema: schema}.AAD()
}

func (c cells) put(w kv.Writer, bucket, key []byte, value any) error {
	plain := wire.Marshal(value)
	defer clear(plain)
	sealed, err := c.key.Seal(place(bucket, key), plain)
	if err != nil {
		return err
	}
	return w.Put(bucket, key, sealed)
}

func openCell[T any](c cells, bucket, key, sealed []byte) (value T, err error) {
	plain, err := c.key.Open(place(bucket, key), sealed)
	if err != nil {
		return value, err
	}
	defer clear(plain)
	if err := wire.Unmarshal(plain, maxCell, &value); err != nil {
		return value, fault.New(fault.Corrupt, "staff: read cell", "", err)
	}
	return value, nil
}

func (c cells) memberKey(id wire.StaffID) []byte {
	sum := c.staff.Sum([]byte(id))
	return sum[:]
}

func (c cells) putMember(w kv.Writer, m member) error {
	return c.put(w, bucketStaff, c.memberKey(m.ID), m)
}
