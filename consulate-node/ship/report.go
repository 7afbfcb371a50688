package ship

import (
	"context"
	"log/slog"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// reports says how the node stands for as long as a session stands with a hub
// that takes reports: at once, then by wire's rhythm. Making one reads the disk,
// so the control loop never does it.
func (s *Ship) reports(ctx context.Context) error {
	if s.cfg.Report == nil {
		return nil
	}
	for {
		if err := s.awaitFollowing(ctx); err != nil {
			return nil //nolint:nilerr // the context ended: nothing failed
		}
		if err := s.reportWhile(ctx); err != nil {
			return nil //nolint:nilerr // likewise
		}
	}
}

// reportWhile reports until the session that stands has ended. A figure that
// cannot be read costs one report: who must leave over a bad disk is told by the
// journal.
func (s *Ship) reportWhile(ctx context.Context) error {
	ticker := time.NewTicker(wire.ReportSoon)
	defer ticker.Stop()
	var last wire.Report
	var sent time.Time
	for session := s.session.Load(); ; {
		r, err := s.cfg.Report()
		due := sent.IsZero() || s.cfg.Now().Sub(sent) >= wire.ReportEvery
		switch {
		case err == nil && r.Validate() != nil:
			err = r.Validate()
			fallthrough
		case err != nil:
			s.cfg.Logger.Warn("no report", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
		case due || r.Differs(last):
			s.hand(r)
			last, sent = r, s.cfg.Now()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		if s.Status().Phase != Following.String() || s.session.Load() != session {
			return nil
		}
	}
}

// hand gives the loop the newest report; one that it has not taken yet is out of
// date.
func (s *Ship) hand(r wire.Report) {
	select {
	case <-s.figures:
	default:
	}
	select {
	case s.figures <- r:
	default:
	}
}

// report says it when nothing else waits for the conversation and the hub knows
// the frame: figures are never in the way of anything.
func (l *loop) report(ctx context.Context, r wire.Report) error {
	if l.conn == nil || l.core.Phase != Following || l.feature < wire.FeatureReport || len(l.conn.talks) > 0 {
		return nil
	}
	if ev := l.say(wire.FrameReport, wire.Marshal(r)); ev != nil {
		return l.step(ctx, *ev)
	}
	return nil
}
