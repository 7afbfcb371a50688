package console

import (
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// fileBody is the answer of GET /verify/{reference}: the case with its packet in
// the words of this API.
type fileBody struct {
	Waiting

	Packet   packetBody `json:"release"`
	Openings []Reading  `json:"openings"`  // before this one, newest first
	Deeds    []Deed     `json:"decisions"` // of officers, newest first
	Offers   []string   `json:"offers"`    // decisions that are open
}

// packetBody is what a post released, as it was sealed.
type packetBody struct {
	Version    uint8                   `json:"version"`
	Service    consular.Service        `json:"service"`
	Person     consular.Person         `json:"person"`
	Contact    consular.Contact        `json:"contact"`
	Delivery   consular.Delivery       `json:"delivery"`
	Documents  []consular.DocumentKind `json:"documents,omitempty"`
	Profile    consular.CaptureProfile `json:"profile,omitempty"`
	Fingers    []consular.FingerReport `json:"fingers,omitempty"`
	Guardian   *consular.Guardian      `json:"guardian,omitempty"`
	Fee        *consular.Fee           `json:"fee,omitempty"`
	Payment    *consular.Payment       `json:"payment,omitempty"`
	Record     *recordBody             `json:"record,omitempty"` // of a criminal record
	Parts      []partBody              `json:"parts"`
	EnrolledBy string                  `json:"enrolled_by"` // staff id
	ReleasedBy string                  `json:"released_by"` // staff id, another one
	Captured   time.Time               `json:"captured"`    // clock of the desk
}

// recordBody is what a criminal record is asked for, and how the person was
// known. The receipt of a digital sign-in stays in the packet.
type recordBody struct {
	Use     consular.Use           `json:"use"`
	Consent consular.Consent       `json:"consent"`
	Proof   consular.IdentityProof `json:"identity_proof"`
}

// partBody is one image of the packet.
type partBody struct {
	Name      string `json:"name"`
	MediaType string `json:"media_type"`
	Size      int64  `json:"size"`   // bytes
	SHA256    string `json:"sha256"` // 64 hexadecimal digits
}

func fileOf(f File) fileBody {
	return fileBody{Waiting: f.Waiting, Packet: packetOf(f.Release), Openings: f.Openings, Deeds: f.Deeds, Offers: f.Offers}
}

func packetOf(r wire.Release) packetBody {
	p := packetBody{
		Version: r.Version, Service: r.Service, Person: r.Person, Contact: r.Contact, Delivery: r.Delivery,
		Documents: r.Documents, Profile: r.Profile, Fingers: r.Fingers, Guardian: r.Guardian, Fee: r.Fee, Payment: r.Payment,
		Parts: make([]partBody, 0, len(r.Parts)), EnrolledBy: r.EnrolledBy, ReleasedBy: r.ReleasedBy,
		Captured: time.UnixMilli(r.Captured).UTC(),
	}
	if r.Record != nil {
		p.Record = &recordBody{Use: r.Record.Use, Consent: r.Record.Consent, Proof: r.Record.Proof}
	}
	for _, part := range r.Parts {
		p.Parts = append(p.Parts, partBody{
			Name: part.Name, MediaType: part.MediaType, Size: part.Size, SHA256: part.Digest.String(),
		})
	}
	return p
}
