package office

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"jaliya/hub/office/people"
	"jaliya/internal/access"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/issuer"
	"jaliya/internal/kv"
	"jaliya/internal/lang"
	"jaliya/internal/paper"
	"jaliya/internal/seal"
	"jaliya/internal/telemetry"
	"jaliya/internal/timestamp"
	"jaliya/internal/web"
)

const (
	fileStore = "office.db"
	zoneName  = "Africa/Casablanca"
	// hashesAtOnce is how many passwords are compared at a time; each takes 19 MiB.
	hashesAtOnce = 2
	// ending is how long requests under way may finish when the office stops.
	ending = 10 * time.Second
	// stampTime is how long the authority of times may take.
	stampTime = 15 * time.Second
)

// Process is a running office with its doors.
type Process struct {
	cfg     Config
	log     *slog.Logger
	store   *kv.Bolt
	latched chan error
	office  *Office
	people  *people.SignIn
	words   *lang.Catalog
	metrics *prometheus.Registry
	health  *telemetry.Health

	contract, desk net.Listener
}

// OpenProcess builds an office of its configuration: store, keys, words, and the
// ports of the hub and of officers.
func OpenProcess(c Config, log *slog.Logger) (*Process, error) {
	c = c.WithDefaults()
	p := &Process{cfg: c, log: log, latched: make(chan error, 1), metrics: telemetry.NewRegistry()}
	if err := p.build(); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *Process) build() error {
	c := p.cfg
	box, err := c.custody(false)
	if err != nil {
		return fault.New(fault.KindOf(err), "office: open", "run `hub office keys` first", err)
	}
	data, err := seal.LoadDataKey(c.path(fileData), box)
	if err != nil {
		return err
	}
	packets, err := c.packetKey(box, false)
	if err != nil {
		return err
	}
	if p.store, err = kv.Open(c.path(fileStore), kv.Options{OnLatch: func(err error) { p.latched <- err }}); err != nil {
		return err
	}
	if p.words, err = lang.Open(); err != nil {
		return err
	}
	maker, err := c.maker(p.words, p.log)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		return fault.New(fault.Internal, "office: open", zoneName, err)
	}
	p.office, err = New(Needs{
		Store: p.store, Data: data, Packets: packets, Maker: maker, Plan: c.plan(), Name: c.name(), Letters: c.Document.Letters,
		Page: c.Document.Page, Keep: c.Keep.Std(), Zone: zone, Now: time.Now, Logger: p.log, Metrics: NewMetrics(p.metrics),
	})
	if err != nil {
		return err
	}
	p.people, err = people.New(people.Needs{
		Store: p.store, Key: data, Hasher: access.NewHasher(hashesAtOnce), Now: time.Now, Logger: p.log,
	})
	if err != nil {
		return err
	}
	p.health, err = telemetry.NewHealth(telemetry.Check{Name: "store", Critical: true, Func: func(context.Context) error {
		_, err := p.office.store.list()
		return err
	}})
	if err != nil {
		return err
	}
	return p.listen()
}

// maker builds what makes documents: the press, the office's keys and the
// authority of times.
func (c Config) maker(words *lang.Catalog, log *slog.Logger) (Maker, error) {
	press, err := paper.NewPress(words)
	if err != nil {
		return nil, err
	}
	identity, err := issuer.Load(c.Document.Issuer, time.Now())
	if err != nil {
		return nil, err
	}
	roots, err := issuer.LoadPool(c.Timestamp.Roots)
	if err != nil {
		return nil, err
	}
	times := &timestamp.Client{
		Address: c.Timestamp.URL, Roots: roots, Skew: c.Timestamp.Skew.Std(), HTTP: &http.Client{Timeout: stampTime},
	}
	var lists []string
	if c.Timestamp.Lists != "" {
		lists = append(lists, c.Timestamp.Lists)
	}
	lasting, err := issuer.Lasting(c.Document.Issuer, roots, lists...)
	if err != nil {
		return nil, err
	}
	return &document.Issuer{Press: press, Keys: identity, Times: times, Random: rand.Reader, Lasting: lasting, Log: log}, nil
}

// listen takes both ports before anything says that the office is ready.
func (p *Process) listen() (err error) {
	const op = "office: listen"
	var lc net.ListenConfig
	if p.contract, err = lc.Listen(context.Background(), "tcp", p.cfg.Contract.Listen); err != nil {
		return fault.New(fault.Unavailable, op, p.cfg.Contract.Listen, err)
	}
	if p.desk, err = lc.Listen(context.Background(), "tcp", p.cfg.Desk.Listen); err != nil {
		return fault.New(fault.Unavailable, op, p.cfg.Desk.Listen, err)
	}
	return nil
}

func (p *Process) close() error {
	var errs []error
	for _, l := range []net.Listener{p.contract, p.desk} {
		if l != nil {
			if err := l.Close(); !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	if p.store != nil {
		errs = append(errs, p.store.Close())
	}
	return errors.Join(errs...)
}

// Run serves until ctx ends, lets requests under way finish, and closes the
// store. A store that has failed ends the process.
func (p *Process) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, p.close()) }()
	contract, desk, err := p.engines()
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.office.Run(ctx) })
	g.Go(func() error { return p.people.Run(ctx) })
	g.Go(func() error {
		return p.serve(ctx, door{p.contract, p.cfg.Contract.Cert, p.cfg.Contract.Key}, contract)
	})
	g.Go(func() error { return p.serve(ctx, door{p.desk, p.cfg.Desk.Cert, p.cfg.Desk.Key}, desk) })
	g.Go(func() error { return p.serveSocket(ctx) })
	g.Go(func() error {
		return telemetry.ServeAdmin(ctx, p.cfg.Admin.Listen, telemetry.AdminHandler(p.metrics, p.health))
	})
	g.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case err := <-p.latched:
			return err
		}
	})
	g.Go(func() error {
		telemetry.TellReady(ctx, p.log, func(ctx context.Context) bool {
			_, err := AskOfficers(ctx, p.cfg)
			return err == nil && p.health.Works(ctx)
		})
		return nil
	})
	p.log.Info("record office serves", slog.String("contract", p.contract.Addr().String()), slog.String("desk", p.desk.Addr().String()))
	err = g.Wait()
	p.health.Wait()
	return err
}

func (p *Process) engines() (contract, desk *gin.Engine, err error) {
	c, err := NewContract(p.office, p.cfg.Contract.TokenSHA256, p.words, p.log)
	if err != nil {
		return nil, nil, err
	}
	cookie := access.Cookie{Name: DeskCookie, Secure: p.cfg.Desk.Cert != ""}
	screens, err := NewScreens(p.office, p.people, cookie, p.words)
	if err != nil {
		return nil, nil, err
	}
	desk = web.NewEngine(p.log)
	if cookie.Secure {
		desk.Use(func(c *gin.Context) { c.Header("Strict-Transport-Security", "max-age=31536000") })
	}
	screens.Register(desk)
	return c.Handler(), desk, nil
}

// door is a port with its certificate.
type door struct {
	listener  net.Listener
	cert, key string
}

func (p *Process) serve(ctx context.Context, d door, handler http.Handler) error {
	l := d.listener
	if d.cert != "" {
		certificate, err := tls.LoadX509KeyPair(d.cert, d.key)
		if err != nil {
			return fault.New(fault.Invalid, "office: read certificate", d.cert, err)
		}
		l = tls.NewListener(l, &tls.Config{
			MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"},
		})
	}
	server := web.NewServer(handler, p.log)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fault.New(fault.Unavailable, "office: serve", l.Addr().String(), err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), ending)
		defer cancel()
		return server.Shutdown(last)
	})
	return g.Wait()
}
