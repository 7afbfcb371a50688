package stamp

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// maxTries is how often a notice is sent that nobody takes.
const maxTries = 8

func (s *Simulator) signal() {
	select {
	case s.wake <- struct{}{}:
	default: // one is there
	}
}

// Run sends notices until ctx ends; those that were not sent are sent by the
// next life.
func (s *Simulator) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-timer.C:
		}
		next, err := s.sendDue(ctx)
		if err != nil {
			return err
		}
		timer.Reset(next)
	}
}

// sendDue sends what is due and gives how long nothing is. What is being sent
// stays in the list, so that a crash sends it again; others only append to it,
// so that positions hold.
func (s *Simulator) sendDue(ctx context.Context) (time.Duration, error) {
	s.mu.Lock()
	due := slices.Clone(s.s.Notices)
	urls := make([]string, len(due))
	for i, n := range due {
		urls[i] = s.s.Payments[n.Payment].Request.Notice
	}
	s.mu.Unlock()
	var left []notice
	sent := false
	for i, n := range due {
		if n.Due.After(time.Now()) {
			left = append(left, n)
			continue
		}
		sent = true
		if n.Tries++; !s.send(ctx, n, urls[i]) && n.Tries < maxTries {
			n.Due = time.Now().Add(time.Second << n.Tries)
			left = append(left, n)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.s.Notices = append(left, s.s.Notices[len(due):]...)
	next := time.Minute
	for _, n := range s.s.Notices {
		next = min(next, max(time.Until(n.Due), 0))
	}
	if !sent || ctx.Err() != nil {
		return next, nil
	}
	return next, s.save()
}

func (s *Simulator) send(ctx context.Context, n notice, address string) bool {
	body, err := json.Marshal(map[string]string{"payment": n.Payment})
	if err != nil {
		return false
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return false
	}
	seconds := strconv.FormatInt(time.Now().Unix(), 10)
	signature := ed25519.Sign(s.key, append([]byte("jaliya/stamp/notice/1\n"+KeyID+"\n"+seconds+"\n"), body...))
	if n.Forged {
		signature[0] ^= 1
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Stamp-Key", KeyID)
	req.Header.Set("Stamp-Time", seconds)
	req.Header.Set("Stamp-Signature", base64.StdEncoding.EncodeToString(signature))
	resp, err := s.cfg.Client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	s.cfg.Logger.Info("notice sent", slog.String("payment", n.Payment), slog.Int("status", resp.StatusCode))
	return resp.StatusCode < 300
}
