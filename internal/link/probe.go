package link

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/qlog"
	"github.com/quic-go/quic-go/qlogwriter"

	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
)

// Outcome says how far a probe came.
type Outcome string

// The outcomes, in the order of the road.
const (
	ProbeNoRoute    Outcome = "no-route"    // this machine knows no way there
	ProbeClosed     Outcome = "closed"      // the machine there says that nobody listens
	ProbeSilent     Outcome = "silent"      // nothing comes back, while TCP to that machine gets an answer: UDP is dropped
	ProbeMute       Outcome = "mute"        // nothing comes back at all
	ProbeStarved    Outcome = "starved"     // the handshake came through, and then nothing more
	ProbeCut        Outcome = "cut"         // TCP came about, and was broken off or left without an answer
	ProbeVersion    Outcome = "version"     // it speaks, but not this protocol
	ProbeOther      Outcome = "other-hub"   // its identity is not of our network
	ProbeTheirTime  Outcome = "hub-expired" // its certificate is out of its time, by our clock
	ProbeOwnTime    Outcome = "own-expired" // ours is, by its clock
	ProbeRevoked    Outcome = "revoked"     // ours is on its denylist
	ProbeStranger   Outcome = "stranger"    // it does not know whoever issued ours
	ProbeBusy       Outcome = "busy"
	ProbeFailed     Outcome = "failed"
	ProbeReached    Outcome = "good"
	probeHandshake          = 6 * time.Second
	probeMeasures           = 2 * time.Second
	probeQuestions          = 40 // enough packets to starve where the first ones pass
	probePatience           = 1500 * time.Millisecond
	minimumDatagram         = 1200 // RFC 9000 section 14
)

// errStarved ends a probe whose questions find no answer any more.
var errStarved = fault.New(fault.Timeout, "link: probe", "nothing came back after the handshake", nil)

// Probed is what a probe saw.
type Probed struct {
	Outcome   Outcome
	Peer      pki.Peer      // zero unless reached
	Handshake time.Duration // how long it took
	RTT       time.Duration // smoothed
	Sent      uint64        // packets
	Lost      uint64
	MTU       int // greatest datagram that came through, in bytes
	Err       error
}

// Loss is the share of packets lost, 0 to 1.
func (p Probed) Loss() float64 {
	if p.Sent == 0 {
		return 0
	}
	return float64(p.Lost) / float64(p.Sent)
}

// ProbeOptions say how to shake hands.
type ProbeOptions struct {
	ALPN string
	TLS  *tls.Config // one of package pki's client configurations
	// Ask is a question that the road refuses without looking far; its answer
	// proves that our certificate was accepted and measures the road. Nil: the
	// handshake is all.
	Ask []byte
}

// Probe shakes hands over a socket of its own, asks, measures and leaves. It
// says no hello: a probe is no session of a node and takes no session's place
// (D37); of one identity's sessions it is one more for some seconds.
func Probe(ctx context.Context, conn net.PacketConn, addr net.Addr, o ProbeOptions) Probed {
	cfg := DefaultConfig()
	cfg.Handshake = probeHandshake / 2 // silence of the whole is twice this
	d, err := NewDialer(conn, cfg)
	if err != nil {
		return Probed{Outcome: ProbeFailed, Err: errors.Join(err, conn.Close())}
	}
	defer func() { _ = d.Close() }() // nothing is under way any more
	width := &mtuWatch{}
	d.watch = width
	begun := time.Now()
	dialing, cancel := context.WithTimeout(ctx, probeHandshake)
	defer cancel()
	s, err := d.Dial(dialing, addr, o.ALPN, o.TLS)
	if err != nil {
		return Probed{Outcome: outcomeOf(ctx, addr, err), Err: err}
	}
	p := Probed{Outcome: ProbeReached, Peer: s.Peer(), Handshake: time.Since(begun)}
	if o.Ask != nil {
		if err := s.questions(ctx, o.Ask); err != nil {
			s.CloseWithReason(CodeDone, "")
			return Probed{Outcome: outcomeOf(ctx, addr, err), Err: err}
		}
	}
	st := s.conn.ConnectionStats()
	p.RTT, p.Sent, p.Lost, p.MTU = st.SmoothedRTT, st.PacketsSent, st.PacketsLost, max(minimumDatagram, int(width.value.Load()))
	s.CloseWithReason(CodeDone, "")
	return p
}

// questions asks until the time is over or every question is answered. That the
// other end refuses the question is an answer; that the session ends is not. Some
// networks let the first packets of UDP pass and drop what follows: a question
// for which not one packet comes back says so.
func (s *Session) questions(ctx context.Context, ask []byte) error {
	measured, cancel := context.WithTimeout(ctx, probeMeasures)
	defer cancel()
	pace := time.NewTicker(probeMeasures / probeQuestions)
	defer pace.Stop()
	for i := range probeQuestions {
		before := s.conn.ConnectionStats()
		patience := probeHandshake
		if i > 0 {
			patience = min(patience, max(probePatience, 4*before.SmoothedRTT))
		}
		limit, stop := context.WithTimeout(ctx, patience)
		_, err := Exchange(limit, s, ask, 0)
		stop()
		if end := s.Err(); end != nil { //nolint:contextcheck // why the session ended
			return end
		}
		if fault.Is(err, fault.Timeout) && (i == 0 || s.conn.ConnectionStats().PacketsReceived == before.PacketsReceived) {
			return errStarved
		}
		select {
		case <-measured.Done():
			return nil
		case <-pace.C:
		}
	}
	return nil
}

// outcomeOf tells from an error how far the probe came.
func outcomeOf(ctx context.Context, addr net.Addr, err error) Outcome {
	if errors.Is(err, errStarved) {
		return ProbeStarved
	}
	if tr, ok := errors.AsType[*quic.TransportError](err); ok && tr.ErrorCode.IsCryptoError() {
		return alertOutcome(uint64(tr.ErrorCode)-alertBase, tr.Remote)
	}
	if code, ok := CodeOf(err); ok {
		switch code { //nolint:exhaustive // the others are no refusals
		case CodeRevoked, CodeDenied:
			return ProbeRevoked
		case CodeExpired:
			return ProbeOwnTime
		}
	}
	switch {
	case IsBusy(err):
		return ProbeBusy
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return ProbeNoRoute
	case fault.Is(err, fault.Unsupported):
		return ProbeVersion
	case !fault.Is(err, fault.Timeout):
		return ProbeFailed
	}
	return silence(ctx, addr)
}

func alertOutcome(alert uint64, remote bool) Outcome {
	switch {
	case alert == alertNoProtocol, alert == alertVersion:
		return ProbeVersion
	case alert == alertExpired && remote:
		return ProbeOwnTime
	case alert == alertExpired:
		return ProbeTheirTime
	case alert == alertRevoked && remote:
		return ProbeRevoked
	case remote:
		return ProbeStranger
	}
	return ProbeOther
}

// silence asks the network why nothing came back. A connected socket hears what
// the network reports about it; TCP to the same machine tells whether it is
// there at all. Only real addresses have such neighbors.
func silence(ctx context.Context, addr net.Addr) Outcome {
	udp, ok := addr.(*net.UDPAddr)
	if !ok {
		return ProbeMute
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeMeasures)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", udp.String())
	if err != nil {
		return ProbeNoRoute
	}
	defer func() { _ = conn.Close() }() // nothing was to be kept
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline.Add(-probeMeasures / 2)); err != nil {
		return ProbeMute
	}
	// One byte is no QUIC packet: nobody answers it, and a closed port says so.
	if _, err = conn.Write([]byte{0}); err == nil {
		_, err = conn.Read(make([]byte, 1))
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return ProbeClosed
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return ProbeNoRoute
	}
	tcp, err := d.DialContext(ctx, "tcp", udp.String())
	if err == nil {
		_ = tcp.Close() // only to see whether somebody is there
		return ProbeSilent
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return ProbeSilent
	}
	return ProbeMute
}

// mtuWatch hears from quic-go how wide the path is; it is the only way to know.
type mtuWatch struct {
	value atomic.Int64
}

// AddProducer implements qlogwriter.Trace.
func (w *mtuWatch) AddProducer() qlogwriter.Recorder { return w }

// SupportsSchemas implements qlogwriter.Trace.
func (*mtuWatch) SupportsSchemas(string) bool { return true }

// Close implements qlogwriter.Recorder.
func (*mtuWatch) Close() error { return nil }

// RecordEvent implements qlogwriter.Recorder.
func (w *mtuWatch) RecordEvent(e qlogwriter.Event) {
	if m, ok := e.(qlog.MTUUpdated); ok {
		w.value.Store(int64(m.Value))
	}
}

func (w *mtuWatch) trace(context.Context, bool, quic.ConnectionID) qlogwriter.Trace { return w }
