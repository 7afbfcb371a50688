package records

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/outside"
)

// revokedLine is a document that counts no more, as the contract shows it.
type revokedLine struct {
	ID       string `json:"id"`
	Document string `json:"document"`
}

// revokedPage is how many lines go at once.
const revokedPage = 4000

func (r *request) number() string {
	sum := sha256.Sum256([]byte(r.ID))
	return numberOf(sum[:])
}

func (s *Simulator) getRevoked(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, after := []revokedLine{}, r.URL.Query().Get("after")
	for _, r := range s.requests {
		product, err := consular.ParseService(r.Product)
		if !r.Revoked || err != nil {
			continue
		}
		name := document.Name(product, r.number())
		if line := (revokedLine{ID: r.ID, Document: hex.EncodeToString(name[:])}); line.Document > after {
			list = append(list, line)
		}
	}
	slices.SortFunc(list, func(a, b revokedLine) int { return cmp.Compare(a.Document, b.Document) })
	list = list[:min(len(list), revokedPage)]
	outside.JSON(w, http.StatusOK, map[string]any{"revoked": list})
}

// postRevoke revokes the document of a number, as two officers would.
func (s *Simulator) postRevoke(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Number string `json:"number"`
	}
	if !outside.ReadJSON(w, r, 4<<10, &in) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, held := range s.requests {
		if held.State != issued || held.number() != in.Number {
			continue
		}
		next := *held
		next.Revoked = true
		if err := s.save(&next); err != nil {
			outside.Problem(w, http.StatusInternalServerError, "internal")
			return
		}
		s.requests[held.ID] = &next
		outside.JSON(w, http.StatusOK, map[string]string{"revoked": in.Number})
		return
	}
	outside.Problem(w, http.StatusNotFound, "not-found")
}
