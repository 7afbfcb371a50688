package hub

import (
	"context"
	"encoding/pem"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/hub/rpc"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
)

// servePortals answers the citizens' processes, over mutual TLS. A portal has
// no other way to this member.
func (h *Hub) servePortals(ctx context.Context) error {
	const op = "hub: serve portals"
	if h.cfg.Portals.Listen == "" {
		return nil
	}
	conf, err := pki.MutualServer(h.keys.ring.Source(pki.SlotWorking), h.verifier(pki.Portal), "http/1.1")
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", h.cfg.Portals.Listen)
	if err != nil {
		return fault.New(fault.Unavailable, op, h.cfg.Portals.Listen, err)
	}
	log := h.log.With(slog.String("component", "portals"))
	server := &http.Server{
		Handler: rpc.NewHandler(h, log), TLSConfig: conf, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			return fault.New(fault.Unavailable, op, h.cfg.Portals.Listen, err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := server.Shutdown(ending); err != nil {
			return errors.Join(err, server.Close())
		}
		return nil
	})
	return g.Wait()
}

// CertifyRequest asks to certify the key of a portal by its signing request,
// which an operator carried here.
type CertifyRequest struct {
	Name string `json:"name"` // "portal-1"
	CSR  []byte `json:"csr"`  // DER
}

// CertifyReply is what the portal installs.
type CertifyReply struct {
	Identity string `json:"identity"`
	Chain    []byte `json:"chain"`
	Trust    []byte `json:"trust"`
}

// certify gives a portal its first certificate. Whoever may open the admin
// socket says that the key is the portal's.
func (h *Hub) certify(_ context.Context, in CertifyRequest) (CertifyReply, error) {
	id, err := pki.NewID()
	if err != nil {
		return CertifyReply{}, err
	}
	who := pki.Identity{Role: pki.Portal, Name: in.Name, ID: id}
	if err := who.Validate(); err != nil {
		return CertifyReply{}, err
	}
	csr := in.CSR
	if block, _ := pem.Decode(csr); block != nil {
		csr = block.Bytes
	}
	chain, err := h.keys.authority(pki.Portal).IssueCSR(csr, pki.Request{Identity: who, Now: time.Now()})
	if err != nil {
		return CertifyReply{}, err
	}
	return CertifyReply{Identity: who.String(), Chain: pki.EncodeChain(chain), Trust: h.keys.trustPEM()}, nil
}

// Renew implements rpc.Member: a portal whose certificate still holds gets the
// next one, under the same identity.
func (h *Hub) Renew(ctx context.Context, in rpc.RenewQuestion) (rpc.Renewed, error) {
	who, ok := rpc.PeerOf(ctx)
	if !ok || who.Role != pki.Portal {
		return rpc.Renewed{}, fault.New(fault.Denied, "hub: renew portal", "", nil)
	}
	chain, err := h.keys.authority(pki.Portal).IssueCSR(in.CSR, pki.Request{Identity: who, Now: time.Now()})
	if err != nil {
		return rpc.Renewed{}, err
	}
	return rpc.Renewed{Chain: pki.EncodeChain(chain), Trust: h.keys.trustPEM()}, nil
}
