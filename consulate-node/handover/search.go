package handover

import "jaliya/consulate-node/spelling"

// term is something that a card is found by, brought to one spelling.
type term = spelling.Term

const bySerial = "serial"

// termsOf gives all terms of a card: its serials and its names.
func termsOf(c *card) []term {
	list := []term{{Kind: bySerial, Text: c.Serial}}
	for _, s := range c.Spoilt {
		list = append(list, term{Kind: bySerial, Text: s})
	}
	return append(list, spelling.Names(c.Family, c.Given)...)
}
