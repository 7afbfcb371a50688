package localnet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Offsets of the citizens' process, from the port base.
const (
	offsetPortal      = 0 // TCP (design.md section 8)
	offsetPortalAdmin = 321
)

// portalAddress is where citizens go.
func portalAddress(o Options) string { return "http://" + loopback(o.PortBase+offsetPortal) }

func (n *Network) portalConfig() string { return filepath.Join(n.dir, "portal.toml") }

// startPortal gives the citizens' process its certificate, once, and starts it.
func (n *Network) startPortal(ctx context.Context, o Options) error {
	if err := write(n.portalConfig(), n.portalSettings(o)); err != nil {
		return err
	}
	if _, err := os.Stat(n.portalReply()); err != nil {
		if err := n.certifyPortal(ctx); err != nil {
			return err
		}
	}
	p := n.beside(&process{name: "portal", admin: loopback(o.PortBase + offsetPortalAdmin)})
	return n.programs.start(ctx, p, "hub", "serve", "--role", "portal", "--config", n.portalConfig())
}

func (n *Network) portalReply() string { return filepath.Join(n.dir, "portal.reply.json") }

// certifyPortal carries the portal's request to the member and back, as an
// operator does.
func (n *Network) certifyPortal(ctx context.Context) error {
	csr, err := n.programs.run(ctx, "hub", "portal", "request", "--config", n.portalConfig())
	if err != nil {
		return err
	}
	carried := filepath.Join(n.dir, "portal.csr")
	if err := write(carried, csr); err != nil {
		return err
	}
	reply, err := n.programs.run(ctx, "hub", "certify", "--config", n.hubConfig(), "--name", "portal-1", "--csr", carried)
	if err != nil {
		return err
	}
	if err := write(n.portalReply(), reply); err != nil {
		return err
	}
	_, err = n.programs.run(ctx, "hub", "portal", "install", "--config", n.portalConfig(), "--reply", n.portalReply())
	return err
}

func (n *Network) portalSettings(o Options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "dir = %q\nlisten = %q\naddress = %q\nmembers = [%q]\n[admin]\nlisten = %q\n[log]\nformat = \"json\"\n",
		filepath.Join(n.dir, "portal"), loopback(o.PortBase+offsetPortal), portalAddress(o), loopback(o.PortBase+offsetPortals),
		loopback(o.PortBase+offsetPortalAdmin))
	var roots, times, seals []string
	for _, office := range []string{officePolice, officeJustice} {
		root, time, keys := n.trust(office)
		roots, times, seals = append(roots, strconv.Quote(root)), append(times, strconv.Quote(time)), append(seals, strconv.Quote(keys))
	}
	fmt.Fprintf(&b, "[verify]\nissuers = [%s]\ntimes = [%s]\nseals = [%s]\n", strings.Join(roots, ", "), strings.Join(times, ", "), strings.Join(seals, ", "))
	fmt.Fprintf(&b, "[signin]\nissuer = \"http://%s\"\nclient_id = \"jaliya-portal\"\nkey_file = %q\nredirect_url = %q\n",
		loopback(o.PortBase+offsetIdentity), filepath.Join(n.outsideDir("identity"), "client.pem"), portalAddress(o)+"/signin/callback")
	return b.String()
}
