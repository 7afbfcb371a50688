package node

import (
	"context"

	"jaliya/consulate-node/ship"
	"jaliya/internal/fault"
	"jaliya/internal/telemetry"
)

// openHealth says of each function whether it works, and why not. The link is
// not critical: a post works alone.
func (n *Node) openHealth() (err error) {
	n.health, err = telemetry.NewHealth(
		telemetry.Check{Name: "journal", Critical: true, Func: func(context.Context) error {
			_, err := n.journal.State()
			return err
		}},
		telemetry.Check{Name: "link", Func: func(context.Context) error {
			if st := n.ship.Status(); st.Phase != ship.Following.String() {
				return fault.New(fault.Unavailable, "node: link", st.Phase+" "+st.Reason, nil)
			}
			return nil
		}},
		telemetry.Check{Name: "mirror", Func: n.checkMirror},
		telemetry.Check{Name: "bundles", Func: n.checkBundles},
		telemetry.Check{Name: "anchor", Func: n.checkAnchor},
		telemetry.Check{Name: "space", Func: n.checkSpace},
		telemetry.Check{Name: "capture", Func: func(context.Context) error { return n.journal.CanCapture(maxEnrolment) }},
		telemetry.Check{Name: "certificate", Func: func(context.Context) error { return n.renewer.Status().Last }},
		telemetry.Check{Name: "staff", Func: n.checkStaff},
		telemetry.Check{Name: "desk certificate", Func: n.checkDeskCertificate},
		telemetry.Check{Name: "printer", Func: n.records.Ready},
	)
	return err
}

func (n *Node) serveAdmin(ctx context.Context) error {
	return telemetry.ServeAdmin(ctx, n.cfg.Admin.Listen, n.adminHandler())
}
