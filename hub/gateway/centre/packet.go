package centre

import (
	"encoding/json"
	"slices"
	"strconv"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// PacketContext is the purpose that every packet is sealed for.
const PacketContext = "jaliya/centre/packet/1"

// PacketAAD binds a sealed packet to its job: another job's packet does not
// open under it.
func PacketAAD(job, packet string) []byte {
	return []byte(PacketContext + "\n" + job + "\n" + packet)
}

// Recipient is what a packet is to be sealed with.
type Recipient struct {
	Key     seal.PostPublic // of the site
	Context string
	AAD     []byte
	Job     string // to stand in CardData
	Packet  string
}

// Sealed is a packet under a site's key: an envelope with CardData, and a
// bundle of the same delivery with the images, empty when there are none.
type Sealed struct {
	Card   []byte
	Images []byte
}

// CardData is the content of the envelope: what a card shows or holds, and
// nothing else. The opener makes it, the site reads it.
type CardData struct {
	Version int              `json:"version"` // 1
	Job     string           `json:"job"`
	Packet  string           `json:"packet"`
	Product string           `json:"product"`
	Person  consular.Person  `json:"person"`
	Address consular.Address `json:"address,omitzero"`
	Parts   []Part           `json:"parts,omitempty"`
}

// Part describes one image of the bundle.
type Part struct {
	Name      string `json:"name"`
	MediaType string `json:"media_type"`
	Size      int64  `json:"size"`
	SHA256    string `json:"sha256"` // hex
}

// PartsOf gives the parts of a finished bundle in the form that CardData has.
func PartsOf(parts []wire.Part) []Part {
	list := make([]Part, len(parts))
	for i, p := range parts {
		list[i] = Part{Name: p.Name, MediaType: p.MediaType, Size: p.Size, SHA256: p.Digest.String()}
	}
	return list
}

// Encode gives the bytes to seal.
func (d CardData) Encode() ([]byte, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, fault.New(fault.Internal, "centre: encode card data", "", nil) // the cause could quote a field
	}
	return raw, nil
}

// order is the body of PUT /v1/jobs/{job}.
type order struct {
	Product     string `json:"product"`
	Priority    string `json:"priority"`
	Destination string `json:"destination"`
	Packet      string `json:"packet"`
	Card        []byte `json:"card"`
	Images      []byte `json:"images,omitempty"`
}

// jobOf is the id of the job that a produce order stands for: the cluster, the
// case and the version of the case that ordered it. It is as unique as the
// order's own id, and an order that takes the job back can find it too.
func jobOf(cluster string, number, version uint64) string {
	return cluster + "-" + strconv.FormatUint(number, 10) + "-" + strconv.FormatUint(version, 10)
}

// ordered gives the newest line, at or before a version, with which the case
// ordered a job.
func ordered(view ledger.CaseView, version uint64) (ledger.Line, bool) {
	for _, line := range slices.Backward(view.Timeline) {
		if line.Version <= version && orders(line) {
			return line, true
		}
	}
	return ledger.Line{}, false
}

func orders(line ledger.Line) bool {
	event := workflow.Event(line.Event)
	return event == workflow.RouteChosen || remakes(event)
}

func remakes(e workflow.Event) bool {
	return e == workflow.RemakeOrdered || e == workflow.CardDefective
}

// priorityOf puts a remake before first cards: its person waits already.
func priorityOf(view ledger.CaseView, version uint64) string {
	if line, found := ordered(view, version); found && remakes(workflow.Event(line.Event)) {
		return "high"
	}
	return "normal"
}

// told is what the case knows already under a produce order.
type told struct {
	accepted bool
	spoilt   int
}

func toldOf(view ledger.CaseView, version uint64) told {
	var t told
	for _, line := range view.Timeline {
		if line.Version <= version {
			continue
		}
		switch workflow.Event(line.Event) { //nolint:exhaustive // the events that an open produce order tells
		case workflow.SiteAccepted:
			t.accepted = true
		case workflow.CardSpoilt:
			t.spoilt++
		}
	}
	return t
}
