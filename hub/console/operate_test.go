package console_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/watch"
	"jaliya/internal/access"
)

func operatePages() []string {
	return []string{
		"/operate", "/operate/posts", "/operate/posts/FR-LYO", "/operate/posts/NO-OSL", "/operate/requests", "/operate/stuck", "/operate/refused",
		"/operate/hub", "/operate/help",
	}
}

func TestOperatePages(t *testing.T) {
	w := newWorld(t)
	w.watch.to(newMorning(t, w.now()))
	s := w.signedIn(w.hire(access.HubOperator, "Salma Idrissi"))
	for _, lang := range []string{"fr", "ar", "en"} {
		s.lang = lang
		for _, path := range operatePages() {
			page := s.get(path)
			require.Equal(t, http.StatusOK, page.status, "%s %s\n%s\n%s", lang, path, page.text, w.log.String())
			require.NotRegexp(t, `[> "]operate\.[a-z]|[> "]chart\.[a-z]|ZgotmplZ|\{[a-z_]+\}`, page.text, "%s %s", lang, path)
			require.NotRegexp(t, `(?i)\sstyle="|\son[a-z]+="|<style`, page.text, path)
			require.NotRegexp(t, `(?:src|href)="(?:https?:)?//`, page.text, path)
		}
	}
}

// TestOperateAfterAWrongClock: the hub's clock was a year ahead for a minute while
// all posts were heard, and is right again. Who is not heard now is silent.
func TestOperateAfterAWrongClock(t *testing.T) {
	d := newDawn(t)
	const ahead = int64(365 * 24 * time.Hour)
	d.passed.Add(ahead)
	d.hear("FR-LYO", 7)
	d.observe()
	d.passed.Add(-ahead)
	d.silence()
	d.hear("IT-BLQ", 9)
	d.passed.Add(int64(time.Minute))
	for _, p := range d.picture().Posts {
		switch p.ID {
		case "FR-LYO":
			require.NotEqual(t, watch.Connected, p.Standing)
			require.True(t, p.Heard.Before(d.now().Add(time.Minute)), p.Heard)
		case "IT-BLQ":
			require.Equal(t, watch.Connected, p.Standing)
		}
	}
	require.Contains(t, keys(d.picture()), "post-silent/FR-LYO")
}

// TestMembersThatKeepUp: on a busy hub every member is a few entries behind what the
// leader has by now, and only one that does not keep up is said to be.
func TestMembersThatKeepUp(t *testing.T) {
	w := newWorld(t)
	w.watch.to(newMorning(t, w.now()))
	s := w.signedIn(w.hire(access.HubOperator, "Salma Idrissi"))
	s.lang = "fr"
	page := s.get("/operate/hub").text
	require.Regexp(t, `(?s)<bdi>rabat-2</bdi>.*?à jour.*?<bdi>casablanca-1</bdi>.*?>9021 de retard<`, page)
	require.NotContains(t, page, ">12 de retard<")
}

// TestDiskNearlyFull: where nobody can foresee when a disk is full, no day is named.
func TestDiskNearlyFull(t *testing.T) {
	w := newWorld(t)
	m := newMorning(t, w.now())
	m.picture.Needs = []watch.Need{
		{Key: "disk-filling/hub-rabat-1", Kind: watch.NeedDisk, Urgency: watch.Today, Subject: "rabat-1", Since: w.now(), Count: 1, Days: -1},
		{Key: "disk-filling/SN-DKR", Kind: watch.NeedDisk, Urgency: watch.Now, Post: "SN-DKR", Since: w.now(), Count: 1},
	}
	w.watch.to(m)
	s := w.signedIn(w.hire(access.HubOperator, "Salma Idrissi"))
	s.lang = "fr"
	page := s.get("/operate").text
	require.Contains(t, page, "Disque presque plein")
	require.Contains(t, page, "Disque plein dans")
}
