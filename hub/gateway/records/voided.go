package records

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"jaliya/hub/gateway/peer"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Voided is a document that its office revoked.
type Voided struct {
	Case     uint64
	Document wire.Digest // document.Name
}

// maxVoided caps the list of one office: documents that could still be shown.
const maxVoided = 4000

const opVoided = "records: ask revoked documents"

// Voided asks every office which documents count no more. What one has said is
// given though another one does not answer.
func (c *Connector) Voided(ctx context.Context) (all []Voided, err error) {
	for _, f := range c.offices {
		list, failed := f.voided(ctx, c.Cluster)
		if failed != nil {
			err = failed
			continue
		}
		all = append(all, list...)
	}
	return all, err
}

func (f *office) voided(ctx context.Context, cluster string) (list []Voided, err error) {
	err = f.client.Ask(ctx, peer.Question{
		Op: opVoided, Method: http.MethodGet, Path: "/v1/revoked",
		Read: func(raw []byte) (err error) {
			list, err = DecodeVoided(raw, cluster)
			return err
		},
	})
	return list, err
}

// DecodeVoided reads an office's list of revoked documents: fault.Corrupt when
// it is none, or names requests of another cluster.
func DecodeVoided(raw []byte, cluster string) ([]Voided, error) {
	bad := func(what string) error { return fault.New(fault.Corrupt, opVoided, what, nil) }
	if len(raw) > MaxAnswer {
		return nil, fault.New(fault.TooLarge, opVoided, strconv.Itoa(len(raw))+" bytes", nil)
	}
	var in struct {
		Revoked []struct {
			ID       string `json:"id"`
			Document string `json:"document"`
		} `json:"revoked"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if d.Decode(&in) != nil || in.Revoked == nil {
		return nil, bad("json")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, bad("json")
	}
	if len(in.Revoked) > maxVoided {
		return nil, fault.New(fault.TooLarge, opVoided, strconv.Itoa(len(in.Revoked))+" documents", nil)
	}
	list := make([]Voided, 0, len(in.Revoked))
	for _, one := range in.Revoked {
		name, err := hex.DecodeString(one.Document)
		if err != nil || len(name) != len(wire.Digest{}) || hex.EncodeToString(name) != one.Document {
			return nil, bad("document")
		}
		number, found := strings.CutPrefix(one.ID, cluster+"-")
		of, err := strconv.ParseUint(number, 10, 64)
		if !found || err != nil || requestOf(cluster, of) != one.ID {
			return nil, bad("id")
		}
		list = append(list, Voided{Case: of, Document: wire.Digest(name)})
	}
	return list, nil
}
