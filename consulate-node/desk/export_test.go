package desk

import "jaliya/internal/consular"

// OnStep makes fn decide after each step of a release whether the process goes
// on; an error stands for its end.
func (d *Desk) OnStep(fn func(step string) error) { d.step = fn }

// Steps lists the steps of a release.
func Steps() []string {
	return []string{stepChecked, stepBundle, stepSealed, stepCommitted, stepForgotten}
}

// Assess judges a visit of which one group is filled.
func (d *Desk) Assess(form Form) Review {
	o := &open{Draft: Draft{Service: consular.CNIEFirst, Pickup: d.o.Post.ID}}
	form.into(&o.Forms)
	return d.assess(o)
}
