package hub

import (
	"io"
	"net/http"
)

// takeCarried takes a file of a post that traveled by hand and writes the
// answer. What the hub refuses of it stands in the answer, and in the log.
func (h *Hub) takeCarried(r *http.Request, from io.ReadSeeker, to io.Writer) error {
	_, err := h.intake.TakeCarried(r.Context(), from, to)
	return err
}
