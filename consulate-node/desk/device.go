package desk

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// CheckDevice reports whether an origin may be the one of a workstation's
// devices: a loopback address with a port, as browsers and content policies
// write it. Empty is none. Errors: Invalid.
func CheckDevice(origin string) error {
	if origin == "" {
		return nil
	}
	bad := fault.New(fault.Invalid, "desk: check device", "an origin of the loopback, http://127.0.0.1:9091", nil)
	u, err := url.Parse(origin)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Scheme+"://"+u.Host != origin {
		return bad
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	// A content policy has no way to write an address in brackets.
	ip, notIP := netip.ParseAddr(u.Hostname())
	local := u.Hostname() == "localhost" || (notIP == nil && ip.Is4() && ip.IsLoopback())
	if err != nil || port == 0 || !local {
		return bad
	}
	return nil
}

// readerView is the panel of the fingerprint reader.
type readerView struct {
	Origin string
	Groups []readerGroup
	Words  []web.Option // what the script says, by name
}

// readerGroup is what is laid on the glass at once.
type readerGroup struct{ Label, Positions string }

// readerWords are the names of the catalog below device.say.
var readerWords = []string{
	"looking", "ready", "absent", "unplugged", "busy", "pair", "code", "none", "stopped", "half",
	"place", "hold", "press", "press-less", "center", "dry", "wet", "clean",
	"timeout", "lifted", "reader", "sending", "repeated", "twice", "again", "best", "next", "complete",
	"quality", "good", "enough", "weak", "missing",
}

func (s *Screens) readerOf(p lang.Printer, v visitState) *readerView {
	if s.o.Device == "" {
		return nil
	}
	view := &readerView{Origin: s.o.Device, Groups: groupsOf(p, v.Review.Profile.Fingers())}
	for _, name := range readerWords {
		// The script fills in what stands in braces.
		view.Words = append(view.Words, web.Option{Value: name, Label: p.T("device.say."+name,
			"finger", "{finger}", "fingers", "{fingers}", "other", "{other}", "try", "{try}", "quality", "{quality}", "word", "{word}")})
	}
	return view
}

// groupsOf puts fingers together as four, four and two.
func groupsOf(p lang.Printer, fingers []consular.Finger) []readerGroup {
	thumbs := []consular.Finger{consular.RightThumb, consular.LeftThumb}
	var out []readerGroup
	for _, group := range []struct {
		key string
		has func(consular.Finger) bool
	}{
		{"right", func(f consular.Finger) bool { return f < consular.LeftThumb && !slices.Contains(thumbs, f) }},
		{"left", func(f consular.Finger) bool { return f > consular.LeftThumb }},
		{"thumbs", func(f consular.Finger) bool { return slices.Contains(thumbs, f) }},
	} {
		var positions []string
		var last consular.Finger
		label := p.T("device.group." + group.key)
		for _, f := range fingers {
			if group.has(f) {
				positions, last = append(positions, strconv.Itoa(int(f))), f
			}
		}
		switch len(positions) {
		case 0:
			continue
		case 1:
			label = p.T("desk.finger." + last.String())
		}
		out = append(out, readerGroup{Label: label, Positions: strings.Join(positions, " ")})
	}
	return out
}
