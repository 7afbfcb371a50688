package hub

import (
	"io"
	"net/http"

	"jaliya/internal/byhand"
)

// maxCarried bounds a post's file, in bytes: a month of a large post.
const maxCarried = 64 << 30

// tray is on the vault's disk, where what is in the file goes too, and keeps to
// the vault's reserve.
func (h *Hub) tray() byhand.Tray {
	return byhand.Tray{Dir: h.cfg.Vault.Dir, Most: maxCarried, Reserve: h.cfg.Vault.Reserve.Bytes()}
}

// takeCarried takes a file of a post that traveled by hand and writes the
// answer. What the hub refuses of it stands in the answer, and in the log.
func (h *Hub) takeCarried(r *http.Request, from io.ReadSeeker, to io.Writer) error {
	_, err := h.intake.TakeCarried(r.Context(), from, to)
	return err
}
