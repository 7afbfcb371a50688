package portal

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"jaliya/hub/portal/signin"
	"jaliya/hub/rpc"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/telemetry"
	"jaliya/internal/web"
)

// ending is how long requests under way may finish when the process stops.
const ending = 10 * time.Second

// memberWait bounds the question of readiness.
const memberWait = 3 * time.Second

// Process is the portal as it runs: web surface, identity, admin listener.
type Process struct {
	cfg      Config
	log      *slog.Logger
	metrics  *prometheus.Registry
	health   *telemetry.Health
	identity *identity
	member   *rpc.Client
	portal   *Portal
	listener net.Listener
}

// Open builds the process and takes its port, before anything says that it is
// ready. No member need be up for it.
func Open(ctx context.Context, c Config, log *slog.Logger, extras ...Extra) (*Process, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	p := &Process{cfg: c, log: log, metrics: telemetry.NewRegistry()}
	var err error
	if p.identity, err = loadIdentity(c); err != nil {
		return nil, err
	}
	conf, err := p.identity.tls()
	if err != nil {
		return nil, err
	}
	if p.member, err = rpc.NewClient(c.Members, conf); err != nil {
		return nil, err
	}
	o, err := p.options(extras)
	if err != nil {
		return nil, err
	}
	if p.portal, err = New(o); err != nil {
		return nil, err
	}
	if err := p.openHealth(); err != nil {
		return nil, err
	}
	if err := p.listen(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Process) options(extras []Extra) (o Options, err error) {
	c := p.cfg
	o = Options{
		Member: p.member, Languages: c.Languages, Address: c.Address, Proxies: c.Proxies, Now: time.Now, Extras: extras,
		Secure: strings.HasPrefix(c.Address, "https:"),
		Logger: p.log.With(slog.String("component", "portal")), Metrics: NewMetrics(p.metrics),
	}
	if o.Catalog, err = lang.Open(); err != nil {
		return o, err
	}
	if o.Prover, err = NewProver(c.Verify); err != nil {
		return o, err
	}
	if c.SignIn != nil {
		o.SignIn, err = signin.New(*c.SignIn)
	}
	return o, err
}

// openHealth says of each function whether it works, and why not.
func (p *Process) openHealth() (err error) {
	checks := []telemetry.Check{
		{Name: "certificate", Critical: true, Func: func(context.Context) error { return p.identity.certificate() }},
		{Name: "member", Critical: true, Func: func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, memberWait)
			defer cancel()
			_, err := p.member.Keys(ctx)
			return err
		}},
	}
	if s := p.portal.SignIn; s != nil {
		checks = append(checks, telemetry.Check{Name: "signin", Func: s.Ready})
	}
	p.health, err = telemetry.NewHealth(checks...)
	return err
}

func (p *Process) listen(ctx context.Context) error {
	const op = "portal: listen"
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", p.cfg.Listen)
	if err != nil {
		return fault.New(fault.Unavailable, op, p.cfg.Listen, err)
	}
	if p.cfg.secure() {
		certificate := &web.CertificateFile{Cert: p.cfg.Cert, Key: p.cfg.Key}
		if _, err := certificate.Get(nil); err != nil {
			return errors.Join(err, l.Close())
		}
		l = tls.NewListener(l, &tls.Config{
			MinVersion: tls.VersionTLS12, GetCertificate: certificate.Get, NextProtos: []string{"h2", "http/1.1"},
		})
	}
	p.listener = l
	return nil
}

// Run serves until ctx ends, and lets requests under way finish.
func (p *Process) Run(ctx context.Context) error {
	server := web.NewServer(p.portal, p.portal.Logger)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
			return fault.New(fault.Unavailable, "portal: serve", p.cfg.Listen, err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), ending)
		defer cancel()
		if err := server.Shutdown(last); err != nil {
			return errors.Join(err, server.Close())
		}
		return nil
	})
	g.Go(func() error {
		return telemetry.ServeAdmin(ctx, p.cfg.Admin.Listen, telemetry.AdminHandler(p.metrics, p.health))
	})
	g.Go(func() error { return p.identity.keep(ctx, p.member, p.log) })
	// It listens already, and no member need be up for that.
	g.Go(func() error {
		telemetry.TellReady(ctx, p.log, func(context.Context) bool { return true })
		return nil
	})
	p.log.Info("portal ready", slog.String("listen", p.cfg.Listen), slog.Int("members", len(p.cfg.Members)))
	err := g.Wait()
	p.health.Wait()
	p.member.Close()
	return err
}
