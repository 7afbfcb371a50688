package link

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"time"

	"jaliya/internal/fault"
)

// probeTunnel bounds the whole of a probe over TCP, whose two handshakes come
// one after the other.
const probeTunnel = 12 * time.Second

// ProbeTunnel is Probe through TLS on TCP. The width of the path says nothing
// there: TCP cuts as it likes.
func ProbeTunnel(ctx context.Context, t Tunnel, o ProbeOptions) Probed {
	ctx, cancel := context.WithTimeout(ctx, probeTunnel)
	defer cancel()
	begun := time.Now()
	shaking, stop := context.WithTimeout(ctx, probeHandshake)
	defer stop()
	outer, err := t.connect(shaking)
	if err != nil {
		return Probed{Outcome: outerOutcome(err), Err: err}
	}
	p := Probe(ctx, &tunnelEnd{packets: newPackets(outer)}, outer.RemoteAddr(), o)
	p.Handshake, p.MTU = time.Since(begun), 0
	switch p.Outcome { //nolint:exhaustive // the others are the hub's word, whatever carries it
	case ProbeMute, ProbeStarved, ProbeFailed:
		p.Outcome = ProbeCut
	}
	return p
}

// outerOutcome tells from an error of TCP or of the outer TLS how far the probe
// came. A wall that opens TLS shows a certificate of its own.
func outerOutcome(err error) Outcome {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			return ProbeClosed
		case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
			return ProbeNoRoute
		case isTimeout(err):
			return ProbeMute
		}
		return ProbeFailed
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return ProbeVersion // an alert: it speaks TLS and will not have ours
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return ProbeOther // it does not even speak TLS
	}
	switch kindOf(err) { //nolint:exhaustive // the others are the network's
	case fault.Denied:
		return ProbeOther
	case fault.Expired:
		return ProbeTheirTime
	}
	return ProbeCut
}
