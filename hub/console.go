package hub

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"jaliya/hub/console"
	"jaliya/hub/console/officer"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/seal"
	"jaliya/internal/web"
)

// ConsoleConfig says where officers of the hub sign in.
type ConsoleConfig struct {
	Listen string `toml:"listen"` // TCP host:port; empty: no console here
	Cert   string `toml:"cert"`   // PEM file with the chain; needed beyond loopback
	Key    string `toml:"key"`    // PEM file; read again when it changes
}

func (c ConsoleConfig) secure() bool { return c.Cert != "" }

// Validate wants TLS wherever anybody but this machine may connect.
func (c ConsoleConfig) Validate() error {
	const op = "hub: validate config"
	if (c.Cert == "") != (c.Key == "") {
		return fault.New(fault.Invalid, op, "console.cert and console.key go together", nil)
	}
	if c.Listen == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fault.New(fault.Invalid, op, "console.listen", err)
	}
	if address := net.ParseIP(host); !c.secure() && host != "localhost" && (address == nil || !address.IsLoopback()) {
		return fault.New(fault.Invalid, op, "console.listen: beyond loopback console.cert and console.key are needed", nil)
	}
	return nil
}

const (
	fileOfficers = "officers.key"
	// hashesAtOnce is how many passwords are compared at a time; each takes 19 MiB.
	hashesAtOnce = 2
	// consoleEnding is how long requests under way may finish when the hub stops.
	consoleEnding = 10 * time.Second
)

// deskOfOfficers is the console with what it listens on.
type deskOfOfficers struct {
	people   *officer.SignIn
	console  *console.Console
	listener net.Listener
}

// openConsole builds the console on ledger, opener and pouch desk, and takes its
// port before anything says that the hub is ready.
func (h *Hub) openConsole() error {
	key, err := h.officersKey()
	if err != nil {
		return err
	}
	log := h.log.With(slog.String("component", "console"))
	h.officers.people, err = officer.New(officer.Needs{
		State: h.ledger, Commit: h.ask, Key: key, Hasher: access.NewHasher(hashesAtOnce), Now: time.Now, Logger: log,
	})
	if err != nil {
		return err
	}
	directory, err := consular.BuiltInDirectory()
	if err != nil {
		return err
	}
	h.officers.console, err = console.New(console.Needs{
		State: h.ledger, Commit: h.ask, Opener: h.sealer, People: h.officers.people, Directory: directory, Now: time.Now, Watch: h.watch.watcher,
		Pouches: func(commit console.Commit) console.PouchDesk { return h.pouches.As(commit) },
	})
	if err != nil || h.cfg.Console.Listen == "" {
		return err
	}
	var lc net.ListenConfig
	h.officers.listener, err = lc.Listen(context.Background(), "tcp", h.cfg.Console.Listen)
	if err != nil {
		return fault.New(fault.Unavailable, "hub: open console", h.cfg.Console.Listen, err)
	}
	return nil
}

// officersKey loads the key that credentials of officers are sealed with. A
// member that lacks it while there are officers must be given it: with another
// key it would let nobody in, and seal what the others cannot open.
func (h *Hub) officersKey() (*seal.DataKey, error) {
	const op = "hub: load officers' key"
	box, err := h.cfg.custody(false)
	if err != nil {
		return nil, err
	}
	path := h.cfg.keyPath(fileOfficers)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		held, err := h.ledger.Officers()
		if err != nil {
			return nil, err
		}
		if len(held) > 0 {
			return nil, fault.New(fault.NotFound, op, fileOfficers+" is missing, and the ledger has officers: bring it from another member", nil)
		}
	}
	return seal.LoadOrCreateDataKey(path, box)
}

// serveConsole serves officers until ctx ends, and lets requests under way
// finish.
func (h *Hub) serveConsole(ctx context.Context) error {
	if h.officers.listener == nil {
		return nil
	}
	log := h.log.With(slog.String("component", "console"))
	engine, err := h.consoleEngine(log) //nolint:contextcheck // each page takes the context of its request
	if err != nil {
		return err
	}
	l := h.officers.listener
	if h.cfg.Console.secure() {
		certificate := &web.CertificateFile{Cert: h.cfg.Console.Cert, Key: h.cfg.Console.Key}
		if _, err := certificate.Get(nil); err != nil {
			return err
		}
		l = tls.NewListener(l, &tls.Config{
			MinVersion: tls.VersionTLS13, GetCertificate: certificate.Get, NextProtos: []string{"h2", "http/1.1"},
		})
	}
	server := web.NewServer(engine, log)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fault.New(fault.Unavailable, "hub: serve console", h.cfg.Console.Listen, err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), consoleEnding)
		defer cancel()
		return server.Shutdown(ending)
	})
	return g.Wait()
}

func (h *Hub) consoleEngine(log *slog.Logger) (*gin.Engine, error) {
	words, err := lang.Open()
	if err != nil {
		return nil, err
	}
	cookie := access.Cookie{Name: access.ConsoleCookie, Secure: h.cfg.Console.secure()}
	screens, err := console.NewScreens(h.officers.console, cookie, words)
	if err != nil {
		return nil, err
	}
	engine := web.NewEngine(log)
	if h.cfg.Console.secure() {
		engine.Use(func(c *gin.Context) { c.Header("Strict-Transport-Security", "max-age=31536000") })
	}
	console.NewAPI(h.officers.console, cookie).Register(engine)
	screens.Register(engine)
	return engine, nil
}

// officerRoutes are the commands of hub officer.
func (h *Hub) officerRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /officer", answer(h.officers.people.Change))
	mux.HandleFunc("GET /officer/list", answer(h.officers.people.List))
}

// AskOfficer asks a running member to change the officers of the hub.
func AskOfficer(ctx context.Context, c Config, in officer.Request) (officer.Reply, error) {
	return ask[officer.Reply](ctx, c, http.MethodPost, "/officer", in)
}

// AskOfficers asks a running member for the officers of the hub.
func AskOfficers(ctx context.Context, c Config) ([]officer.Line, error) {
	return ask[[]officer.Line](ctx, c, http.MethodGet, "/officer/list", struct{}{})
}
