package consular

// Delivery is how and where a document reaches the person.
type Delivery struct {
	Mode    DeliveryMode `cbor:"1,keyasint" json:"mode"`
	Post    PostID       `cbor:"2,keyasint,omitempty" json:"post,omitempty"`
	Address Address      `cbor:"3,keyasint,omitzero" json:"address,omitzero"`
}

// ValidateFor checks that the mode fits the service and that post and address
// are there exactly when the mode needs them. Paths begin with "delivery".
func (d Delivery) ValidateFor(s Service) error {
	var c, inner checks
	inner.add("mode", deliveryModeTerms.rule(d.Mode))
	if len(inner.found) == 0 && !d.Mode.AllowedFor(s) {
		inner.add("mode", RuleNotAllowed)
	}
	switch {
	case d.Mode.NeedsPost():
		inner.add("post", d.Post.rule())
	case d.Post != "":
		inner.add("post", RuleNotAllowed)
	}
	switch {
	case d.Mode.NeedsAddress():
		inner.under("address", d.Address.violations())
	case !d.Address.IsZero():
		inner.add("address", RuleNotAllowed)
	}
	c.under("delivery", inner.found)
	return c.err()
}
