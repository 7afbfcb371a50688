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

// Caps of the list of one office: lines of one page, and pages.
const (
	maxVoided = 4000
	maxPages  = 250
)

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

// voided reads page after page: a full one is followed by another.
func (f *office) voided(ctx context.Context, cluster string) (all []Voided, err error) {
	path := "/v1/revoked"
	for range maxPages {
		var page []Voided
		err := f.client.Ask(ctx, peer.Question{
			Op: opVoided, Method: http.MethodGet, Path: path,
			Read: func(raw []byte) (err error) {
				if page, err = DecodeVoided(raw, cluster); err == nil && len(all) > 0 && len(page) > 0 && !after(page[0], all[len(all)-1]) {
					err = fault.New(fault.Corrupt, opVoided, "the same page again", nil)
				}
				return err
			},
		})
		if err != nil {
			return all, err
		}
		if all = append(all, page...); len(page) < maxVoided {
			return all, nil
		}
		path = "/v1/revoked?after=" + hex.EncodeToString(all[len(all)-1].Document[:])
	}
	return all, fault.New(fault.TooLarge, opVoided, "pages", nil)
}

func after(a, b Voided) bool { return bytes.Compare(a.Document[:], b.Document[:]) > 0 }

// DecodeVoided reads a page of an office's revoked documents: fault.Corrupt when
// it is none, is not in the order of the names, or names requests of another
// cluster.
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
		line := Voided{Case: of, Document: wire.Digest(name)}
		if len(list) > 0 && !after(line, list[len(list)-1]) {
			return nil, bad("order")
		}
		list = append(list, line)
	}
	return list, nil
}
