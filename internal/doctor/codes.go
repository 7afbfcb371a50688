package doctor

import "slices"

// State is how one step, or a whole machine, stands.
type State string

// The states, from the best to the worst; Skipped says nothing about either.
const (
	Skipped State = "skipped" // not tried, or not configured
	Good    State = "good"
	Warn    State = "warn" // works, and wants somebody's eye
	Bad     State = "bad"  // does not work
)

// Code names what a step found; its words are in the catalog under
// doctor.code.CODE.
type Code string

// code is a code's number on the telephone and what it means for its step.
type code struct {
	number int
	state  State
}

// codes is append-only: a number, once given, keeps its meaning for ever. The
// tens go with the step.
var codes = map[Code]code{
	"skipped": {100, Skipped}, "crashed": {108, Bad}, "timeout": {109, Bad},

	"config-good": {101, Good}, "config-missing": {102, Bad}, "config-unreadable": {103, Bad}, "config-wrong": {104, Bad},

	"disk-good": {111, Good}, "disk-missing": {112, Bad}, "disk-permission": {113, Bad}, "disk-open": {114, Warn},
	"disk-full": {115, Bad}, "disk-tight": {116, Warn}, "disk-kind": {117, Bad},

	"sync-good": {121, Good}, "sync-slow": {122, Warn}, "sync-early": {123, Warn}, "sync-failed": {124, Bad},

	"keys-good": {131, Good}, "keys-missing": {132, Bad}, "keys-locked": {133, Bad}, "keys-damaged": {134, Bad},

	"certificates-good": {141, Good}, "certificates-soon": {142, Warn}, "certificates-expired": {143, Bad},
	"certificates-early": {144, Bad}, "certificates-missing": {145, Bad},

	"journal-good": {151, Good}, "journal-held": {152, Warn}, "journal-suspect": {153, Warn}, "journal-latched": {154, Bad},
	"journal-damaged": {155, Bad}, "journal-foreign": {156, Bad}, "journal-missing": {157, Skipped}, "journal-full": {158, Bad},

	"process-good": {161, Good}, "process-stopped": {162, Bad}, "process-degraded": {163, Warn}, "process-unavailable": {164, Bad},

	"clock-good": {171, Good}, "clock-off": {172, Warn}, "clock-wrong": {173, Bad}, "clock-behind": {174, Bad}, "clock-unknown": {175, Skipped},

	"names-good": {181, Good}, "names-failed": {182, Bad}, "names-none": {183, Bad},

	"reach-good": {191, Good}, "reach-no-route": {192, Bad}, "reach-closed": {193, Bad}, "reach-silent": {194, Bad},
	"reach-other-hub": {195, Bad}, "reach-hub-expired": {196, Bad}, "reach-revoked": {197, Bad}, "reach-stranger": {198, Bad},
	"reach-own-expired": {199, Bad}, "reach-busy": {200, Warn}, "reach-version": {201, Bad}, "reach-failed": {202, Bad},
	"reach-mute": {203, Bad}, "reach-walled": {204, Warn}, "reach-starved": {205, Bad},

	"path-good": {211, Good}, "path-lossy": {212, Warn}, "path-narrow": {213, Warn}, "path-slow": {214, Warn}, "path-tcp": {215, Good},

	"link-good": {221, Good}, "link-down": {222, Bad}, "link-quarantined": {223, Bad}, "link-dialing": {224, Warn},

	"backlog-good": {231, Good}, "backlog-waiting": {232, Warn}, "backlog-old": {233, Bad},

	"receipt-good": {241, Good}, "receipt-none": {242, Skipped},

	"desk-good": {251, Good}, "desk-silent": {252, Bad}, "desk-other": {253, Bad}, "desk-expired": {254, Bad}, "desk-plain": {255, Good},

	"printer-good": {261, Good}, "printer-none": {262, Skipped}, "printer-unreachable": {263, Bad}, "printer-trouble": {264, Warn},

	"device-none": {271, Skipped}, "device-good": {272, Good}, "device-elsewhere": {273, Skipped},

	"leader-good": {311, Good}, "leader-none": {312, Bad},

	"ports-good": {321, Good}, "ports-taken": {322, Bad}, "ports-silent": {323, Bad}, "ports-free": {324, Good},

	"vault-good": {331, Good}, "vault-missing": {332, Bad}, "vault-permission": {333, Bad}, "vault-full": {334, Bad},

	"outside-good": {341, Good}, "outside-none": {342, Skipped}, "outside-closed": {343, Bad}, "outside-silent": {344, Bad},
	"outside-name": {345, Bad}, "outside-certificate": {346, Bad}, "outside-unhealthy": {347, Bad}, "outside-identity": {348, Bad},

	"ledger-good": {351, Good}, "ledger-suspect": {352, Warn}, "ledger-damaged": {353, Bad}, "ledger-held": {354, Warn},
	"ledger-missing": {355, Skipped},

	"members-good": {361, Good}, "members-closed": {362, Bad}, "members-silent": {363, Bad}, "members-name": {364, Bad},
	"members-other": {365, Bad}, "members-refused": {366, Bad},

	"web-good": {371, Good}, "web-silent": {372, Bad},

	"tunnel-good": {381, Good}, "tunnel-no-route": {382, Bad}, "tunnel-closed": {383, Bad}, "tunnel-mute": {384, Bad},
	"tunnel-cut": {385, Bad}, "tunnel-other-hub": {386, Bad}, "tunnel-hub-expired": {387, Bad}, "tunnel-version": {388, Bad},
	"tunnel-revoked": {389, Bad}, "tunnel-stranger": {390, Bad}, "tunnel-own-expired": {391, Bad}, "tunnel-busy": {392, Warn},
	"tunnel-failed": {393, Bad},
}

// Number gives the number that is said on the telephone, 0 for a code that this
// program does not know.
func (c Code) Number() int { return codes[c].number }

// State gives what the code means for its step; an unknown one is bad.
func (c Code) State() State {
	if known, ok := codes[c]; ok {
		return known.state
	}
	return Bad
}

// Codes lists all codes by number.
func Codes() []Code {
	out := make([]Code, 0, len(codes))
	for c := range codes {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Code) int { return codes[a].number - codes[b].number })
	return out
}

// Steps lists the names of all steps, of all programs.
func Steps() []string {
	return []string{
		"config", "disk", "sync", "keys", "certificates", "journal", "ledger", "process", "leader", "ports", "vault",
		"clock", "names", "reach", "tunnel", "path", "link", "backlog", "receipt", "desk", "printer", "device", "outside",
		"members", "web",
	}
}
