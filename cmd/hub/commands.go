package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"jaliya/hub"
	"jaliya/internal/cli"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

type configFlag struct {
	Config string `required:"" type:"path" help:"Configuration file (TOML)." placeholder:"FILE"`
}

func (f configFlag) load() (hub.Config, error) {
	var c hub.Config
	return c, config.Load(f.Config, &c)
}

// maxInput bounds what a command reads besides its configuration, in bytes.
const maxInput = 1 << 20

// readInput reads a file that an operator hands in, or standard input for "-":
// a command that runs as the service's user may not read the operator's files.
func readInput(s cli.Streams, path string) ([]byte, error) {
	const op = "hub: read file"
	if path == "-" {
		raw, err := io.ReadAll(io.LimitReader(s.In, maxInput))
		if err != nil {
			return nil, fault.New(fault.Storage, op, "standard input", err)
		}
		return raw, nil
	}
	raw, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fault.New(fault.NotFound, op, path, err)
	}
	return raw, nil
}

type initCommand struct {
	configFlag
	Name       string `required:"" help:"Name of this member, such as rabat-1."`
	Passphrase string `required:"" type:"path" help:"File with the passphrase of the root key; - is standard input." placeholder:"FILE"`
	WorkFactor int    `help:"Cost of the passphrase as a power of two; 0 is the default." hidden:""`
	JSON       bool   `name:"json" help:"Print the result as JSON."`
}

// Run makes the trust and says what to take away and write down.
func (c *initCommand) Run(s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	secret, err := readInput(s, c.Passphrase)
	if err != nil {
		return err
	}
	made, err := hub.Init(cfg, hub.InitOptions{
		Name: c.Name, Passphrase: strings.TrimRight(string(secret), "\r\n"), WorkFactor: c.WorkFactor, Now: time.Now(),
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, made)
	}
	_, err = fmt.Fprintf(s.Out, "Cluster %s, member %s.\nFingerprint of the national root:\n  %s\nTake %s to an offline place and remove it here.\n",
		made.Cluster, made.Member, made.Fingerprint, made.Root)
	return err
}

type serveCommand struct {
	configFlag
	Role  string `enum:"member,portal,office" default:"member" help:"Which process: member, portal or office."`
	Check bool   `help:"Check the configuration and exit."`
}

// Run serves until it is told to stop.
func (c *serveCommand) Run(ctx context.Context, s cli.Streams) error {
	switch c.Role {
	case "portal":
		return servePortal(ctx, portalFlag{Config: c.Config}, c.Check, s)
	case "office":
		return serveOffice(ctx, s, c.Config, c.Check)
	}
	cfg, err := c.load()
	if err != nil || c.Check {
		return err
	}
	h, err := hub.Open(cfg, telemetry.NewLogger(s.Err, cfg.Log))
	if err != nil {
		return err
	}
	return h.Run(ctx)
}

type inviteCommand struct {
	configFlag
	Post      string        `required:"" help:"Post of the machine, such as FR-LYO."`
	Addresses []string      `required:"" name:"address" help:"host:port by which the machine reaches the hub (UDP)."`
	Valid     time.Duration `default:"72h" help:"How long the invitation holds."`
	JSON      bool          `name:"json" help:"Print the result as JSON."`
}

// Run prints the invitation, once.
func (c *inviteCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	post, err := consular.ParsePostID(c.Post)
	if err != nil {
		return err
	}
	reply, err := hub.AskInvite(ctx, cfg, hub.InviteRequest{Post: post, Addresses: c.Addresses, Hours: int(c.Valid.Hours())})
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, reply)
	}
	_, err = fmt.Fprintln(s.Out, reply.Invitation)
	return err
}

type revokeCommand struct {
	configFlag
	Node   string `required:"" help:"Node id, 32 hexadecimal digits."`
	Reason string `required:"" help:"Why, without personal data."`
}

// Run revokes a machine.
func (c *revokeCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if err := hub.AskRevoke(ctx, cfg, hub.RevokeRequest{Node: c.Node, Reason: c.Reason}); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, "Revoked. Its connections end within 5 seconds.")
	return err
}

type checkpointCommand struct {
	configFlag
	Witnessed bool `help:"The newest one that the witness cosigned." xor:"what"`
	Key       bool `help:"The key line of the log, for a witness and for readers." xor:"what"`
	JSON      bool `name:"json" help:"Print as JSON."`
}

// Run prints the signed note.
func (c *checkpointCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	ask := hub.AskCheckpoint
	if c.Witnessed {
		ask = hub.AskWitnessed
	}
	at, err := ask(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, at)
	}
	if c.Key {
		_, err = fmt.Fprintln(s.Out, at.Key)
		return err
	}
	_, err = fmt.Fprint(s.Out, at.Note)
	return err
}

type statusCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run shows the member's state.
func (c *statusCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	st, err := hub.AskStatus(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, st)
	}
	role := "follows"
	if st.Leader {
		role = "leads"
	}
	if _, err := fmt.Fprintf(s.Out, "%s %s; applied %d; %d entries; %d sessions\n",
		st.Member, role, st.Applied, st.Counts.Commits, st.Sessions); err != nil {
		return err
	}
	for _, n := range st.Nodes {
		if _, err := fmt.Fprintf(s.Out, "%-8s %s  session %d\n", n.Post, n.Node, n.Session); err != nil {
			return err
		}
	}
	return nil
}

type versionCommand struct{}

// Run prints the version.
func (*versionCommand) Run(s cli.Streams) error {
	_, err := fmt.Fprintln(s.Out, telemetry.Version)
	return err
}
