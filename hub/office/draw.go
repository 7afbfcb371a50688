package office

import (
	"fmt"
	"strings"
)

// Draw gives the machine as the text of a Mermaid stateDiagram-v2: DESIGN.md
// holds it and a test compares.
func Draw() string {
	type ends struct{ from, to State }
	labels := map[ends][]string{}
	var order []ends
	leaves := make(map[State]bool)
	for _, row := range Table() {
		e := ends{row.From, row.To}
		if _, seen := labels[e]; !seen {
			order = append(order, e)
		}
		text := row.On.String()
		if row.If != Always {
			text += " [" + guardNames[row.If] + "]"
		}
		labels[e] = append(labels[e], text)
		if row.From != row.To {
			leaves[row.From] = true
		}
	}
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> MATCHING\n")
	for _, e := range order {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", e.from, e.to, strings.Join(labels[e], " / "))
	}
	for _, s := range States() {
		if !leaves[s] {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	return b.String()
}
