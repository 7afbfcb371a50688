package desk

// OnStep makes fn decide after each step of a release whether the process goes
// on; an error stands for its end.
func (d *Desk) OnStep(fn func(step string) error) { d.step = fn }

// Steps lists the steps of a release.
func Steps() []string {
	return []string{stepChecked, stepBundle, stepSealed, stepCommitted, stepForgotten}
}
