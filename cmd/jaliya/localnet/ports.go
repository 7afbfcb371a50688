package localnet

import (
	"context"
	"net"
	"strconv"

	"jaliya/internal/fault"
)

// port is one that a network takes on loopback.
type port struct {
	offset int
	udp    bool
	of     string // whose it is, for people
}

// ports lists all that a network of so many posts takes, from the port base.
func ports(posts int) []port {
	list := []port{
		{offsetPortal, false, "portal"},
		{offsetConsole, false, "console"},
		{offsetNodes, true, "hub, for posts"},
		{offsetNodes, false, "hub, for posts without UDP"},
		{offsetCluster, true, "hub, for members"},
		{offsetHub, false, "hub, admin"},
		{offsetCentre, false, "centre of Rabat"},
		{offsetCentre + 1, false, "centre of Marrakech"},
		{offsetCentre + 2, false, "centres, admin"},
		{offsetStamp, false, "payment"},
		{offsetStamp + 1, false, "payment, pages"},
		{offsetStamp + 2, false, "payment, admin"},
		{offsetSMS, false, "messages"},
		{offsetSMS + 1, false, "messages, admin"},
		{offsetIdentity, false, "trusted third party"},
		{offsetIdentity + 1, false, "trusted third party, admin"},
		{offsetRecords, false, "police records"},
		{offsetRecords + 1, false, "simulated Justice records"},
		{offsetRecords + 2, false, "records, admin"},
		{offsetPortals, false, "hub, for portals"},
		{offsetPrinter, false, "printer"},
		{offsetPrinter + 1, false, "printer, admin"},
		{offsetStart, false, "start page"},
		{offsetOffice, false, "record office, for the hub"},
		{offsetOffice + 1, false, "record office"},
		{offsetOffice + 2, false, "record office, admin"},
		{offsetTimes, false, "time stamps"},
		{offsetTimes + 1, false, "time stamps, admin"},
		{offsetPortalAdmin, false, "portal, admin"},
	}
	for i := range posts {
		list = append(list, port{offsetDesk + i, false, "desk"}, port{offsetAdmin + i, false, "desk, admin"},
			port{offsetRelay + i, true, "line of a post"}, port{offsetRelay + i, false, "line of a post without UDP"})
	}
	return list
}

// portsFree tries every port before anything is started, so that the one that is
// taken is named together with what to do.
func portsFree(ctx context.Context, o Options) error {
	var lc net.ListenConfig
	for _, p := range ports(o.Posts) {
		address := loopback(o.PortBase + p.offset)
		free := func() error {
			l, err := lc.Listen(ctx, "tcp", address)
			if err != nil {
				return err
			}
			return l.Close()
		}
		if p.udp {
			free = func() error {
				c, err := lc.ListenPacket(ctx, "udp", address)
				if err != nil {
					return err
				}
				return c.Close()
			}
		}
		if err := free(); err != nil {
			return fault.New(fault.Unavailable, "localnet: take port "+strconv.Itoa(o.PortBase+p.offset),
				p.of+": another program uses it; end that one, or start with --port-base and another first port", err)
		}
	}
	return nil
}
