package watch

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"jaliya/internal/workflow"
)

// Metrics of the watch: how each post and the hub stand, as gauges. The only
// label that grows is the post, and there are 71. A nil *Metrics shows nothing.
type Metrics struct {
	standing, heard, rtt, offset                  *prometheus.GaugeVec
	entries, bytes, images, oldest, drafts        *prometheus.GaugeVec
	free, total, fullIn, mirror, refused          *prometheus.GaugeVec
	certificate, device, alone, outdated          *prometheus.GaugeVec
	leaderless, leader, pouches, made             prometheus.Gauge
	stages, breaching, today, orders, dead, needs *prometheus.GaugeVec
	open, openNow, hubFree, hubTotal, hubFullIn   *prometheus.GaugeVec
	hubCertificate, limit                         *prometheus.GaugeVec
}

// NewMetrics declares the gauges on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	one := func(name, help string) prometheus.Gauge {
		return f.NewGauge(prometheus.GaugeOpts{Name: "jaliya_watch_" + name, Help: help})
	}
	many := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return f.NewGaugeVec(prometheus.GaugeOpts{Name: "jaliya_watch_" + name, Help: help}, labels)
	}
	post := func(name, help string) *prometheus.GaugeVec { return many("post_"+name, help, "post") }
	return &Metrics{
		standing:    post("standing", "1 connected, 2 resting outside its hours, 3 alone, 4 silent in its hours, 5 fenced, 6 not joined."),
		heard:       post("heard_timestamp_seconds", "When the hub last heard the post."),
		rtt:         post("rtt_seconds", "Round trip of the session."),
		offset:      post("clock_offset_seconds", "The post's clock minus the hub's."),
		entries:     post("backlog_entries", "Entries that are not secured nationally."),
		bytes:       post("backlog_bytes", "Bytes of those entries and of images still to send."),
		images:      post("backlog_images", "Images still to send."),
		oldest:      post("backlog_oldest_timestamp_seconds", "When the oldest unsecured entry was made, 0 for none."),
		drafts:      post("drafts", "Visits that are not released."),
		free:        post("disk_free_bytes", "Free bytes of the post's disk."),
		total:       post("disk_total_bytes", "Bytes of the post's disk."),
		fullIn:      post("disk_full_in_days", "Days until the disk's reserve is reached, -1 when not foreseen."),
		mirror:      post("mirror_failed", "1 while the second disk has failed."),
		refused:     post("refused_entries", "Refused entries that nobody has settled."),
		certificate: post("certificate_end_timestamp_seconds", "End of the working certificate."),
		device:      post("device_end_timestamp_seconds", "End of the device certificate."),
		alone:       post("alone_until_timestamp_seconds", "Until when the post may work without the hub."),
		outdated:    post("version_old", "1 while the post's program is older than the hub's."),
		open:        post("open_requests", "Requests under way that the post enrolled."),
		openNow:     post("open", "1 while the post is open, by its own hours."),

		leader:         one("leader", "1 while the cluster has a leader."),
		leaderless:     one("leaderless_seconds", "Time without a leader in the last 24 hours."),
		made:           one("made_timestamp_seconds", "When this member last gathered all of this."),
		limit:          many("limit", "When something becomes a need, as configured: seconds, or a count.", "limit"),
		hubCertificate: many("hub_certificate_end_timestamp_seconds", "End of a certificate of the hub's own; a member renews its own by itself.", "certificate"),
		hubFullIn:      many("hub_disk_full_in_days", "Days until the reserve of a member's disk is reached, -1 when not foreseen.", "member"),
		hubFree:        many("hub_disk_free_bytes", "Free bytes of a member's disk.", "member"),
		hubTotal:       many("hub_disk_total_bytes", "Bytes of a member's disk.", "member"),
		pouches:        one("late_pouches", "Pouches past a limit."),
		stages:         many("requests", "Open requests by kind and state.", "kind", "state"),
		breaching:      many("requests_breaching", "Requests past a limit.", "kind", "state"),
		today:          many("requests_breaching_today", "Requests that pass a limit before midnight in Rabat.", "kind", "state"),
		orders:         many("orders", "Open orders.", "kind"),
		dead:           many("orders_stuck", "Open orders that failed too often.", "kind"),
		needs:          many("needs", "What needs a person, by kind and urgency.", "kind", "urgency"),
	}
}

// limits shows when something becomes a need, so that the rules of deploy/alerts
// follow the configuration.
func (m *Metrics) limits(l Limits) {
	if m == nil {
		return
	}
	for name, value := range map[string]float64{
		"backlog_today": l.BacklogToday.Std().Seconds(), "backlog_now": l.BacklogNow.Std().Seconds(),
		"clock_soon": l.ClockSoon.Std().Seconds(), "clock_today": l.ClockToday.Std().Seconds(),
		"leaderless": l.Leaderless.Std().Seconds(),
	} {
		m.limit.WithLabelValues(name).Set(value)
	}
}

var urgencyNames = [...]string{"", "now", "today", "soon"}

// String gives the urgency in words, as in labels and contracts.
func (u Urgency) String() string {
	if int(u) < len(urgencyNames) {
		return urgencyNames[u]
	}
	return "unknown"
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// until shows an end; one that is not known is not shown, or it would look passed.
func until(v *prometheus.GaugeVec, post string, t time.Time) {
	if t.IsZero() {
		v.DeleteLabelValues(post)
		return
	}
	v.WithLabelValues(post).Set(seconds(t))
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// picture shows a picture. What is no longer in it is shown no longer.
func (m *Metrics) picture(p Picture) {
	if m == nil {
		return
	}
	for _, post := range p.Posts {
		m.post(post)
	}
	m.hub(p)
	for _, v := range []*prometheus.GaugeVec{m.stages, m.breaching, m.today, m.needs} {
		v.Reset()
	}
	late := 0
	for _, s := range p.Stages {
		kind := kindName(workflow.Kind(s.Kind))
		m.stages.WithLabelValues(kind, s.Name).Set(float64(s.Count))
		m.breaching.WithLabelValues(kind, s.Name).Set(float64(s.Breaching))
		m.today.WithLabelValues(kind, s.Name).Set(float64(s.Today))
	}
	for _, kind := range Kinds() { // a kind without needs is 0, not absent: that would be a watch that does not run
		for _, u := range []Urgency{Now, Today, Soon} {
			m.needs.WithLabelValues(string(kind), u.String()).Set(0)
		}
	}
	for _, n := range p.Needs {
		m.needs.WithLabelValues(string(n.Kind), n.Urgency.String()).Inc()
		if n.Kind == NeedPouch {
			late++
		}
	}
	m.pouches.Set(float64(late))
}

// post shows one post; figures that it never told are not shown.
func (m *Metrics) post(p Post) {
	id := string(p.ID)
	m.standing.WithLabelValues(id).Set(float64(p.Standing))
	m.refused.WithLabelValues(id).Set(float64(p.Refused))
	m.open.WithLabelValues(id).Set(float64(p.Open))
	m.openNow.WithLabelValues(id).Set(flag(p.OpenNow))
	if p.Standing == NotJoined {
		return
	}
	m.heard.WithLabelValues(id).Set(seconds(p.Heard))
	if p.Told.IsZero() {
		return
	}
	m.rtt.WithLabelValues(id).Set(p.RTT.Seconds())
	m.offset.WithLabelValues(id).Set(p.Offset.Seconds())
	m.entries.WithLabelValues(id).Set(float64(p.Backlog.Entries))
	m.bytes.WithLabelValues(id).Set(float64(p.Backlog.Bytes + p.Backlog.ImageB))
	m.images.WithLabelValues(id).Set(float64(p.Backlog.Images))
	m.oldest.WithLabelValues(id).Set(seconds(p.Backlog.Oldest))
	m.drafts.WithLabelValues(id).Set(float64(p.Backlog.Drafts))
	m.free.WithLabelValues(id).Set(float64(p.Disk.Free))
	m.total.WithLabelValues(id).Set(float64(p.Disk.Total))
	m.fullIn.WithLabelValues(id).Set(float64(p.Disk.FullIn))
	m.mirror.WithLabelValues(id).Set(flag(p.Disk.Mirror == "failed"))
	until(m.certificate, id, p.Trust.Certificate)
	until(m.device, id, p.Trust.Device)
	until(m.alone, id, p.Trust.AloneUntil)
}

func (m *Metrics) hub(p Picture) {
	m.leader.Set(flag(p.Hub.Leader != ""))
	m.leaderless.Set(p.Hub.Leaderless.Seconds())
	m.made.Set(seconds(p.At))
	for _, c := range p.Hub.Certificate {
		m.hubCertificate.WithLabelValues(slug(c.Subject)).Set(seconds(c.Until))
	}
	for _, member := range p.Hub.Members {
		if member.Disk.Total > 0 {
			m.hubFree.WithLabelValues(member.Name).Set(float64(member.Disk.Free))
			m.hubTotal.WithLabelValues(member.Name).Set(float64(member.Disk.Total))
			m.hubFullIn.WithLabelValues(member.Name).Set(float64(member.Disk.FullIn))
		}
	}
	m.orders.Reset()
	m.dead.Reset()
	for _, o := range p.Hub.Orders {
		m.orders.WithLabelValues(o.Kind).Set(float64(o.Open))
		m.dead.WithLabelValues(o.Kind).Set(float64(o.Dead))
	}
	outdated := map[string]bool{}
	for _, n := range p.Needs {
		if n.Kind == NeedVersion {
			outdated[string(n.Post)] = true
		}
	}
	for _, post := range p.Posts {
		if post.Standing != NotJoined {
			m.outdated.WithLabelValues(string(post.ID)).Set(flag(outdated[string(post.ID)]))
		}
	}
}
