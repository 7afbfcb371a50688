// Package doctor is the shape of a self-test: steps in the order of a path,
// what each found, and the sentence that somebody reads over the telephone. It
// stands beside the path of a record; the checks themselves belong to who knows
// the thing checked: package node, package hub, the portal.
//
// Guarantees: a code keeps its number for ever, because people note it down; a
// step that needs a broken one is not tried and says so, so that the first bad
// step is the cause; a check that hangs ends with its time; nothing here changes
// a state. What facts may hold is left to the checks: addresses, sizes, times
// and file names, nothing of a person.
package doctor
