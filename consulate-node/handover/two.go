package handover

import (
	"strings"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// pair wants two different persons of the post, of whom one may open pouches.
// Both have shown who they are to whoever calls. Errors: Denied with
// CodeTwoPersons.
func pair(op string, first, second access.Principal) error {
	may := first.Role.Has(access.PouchOpen) || second.Role.Has(access.PouchOpen)
	if second.Require(access.HandoverWrite) != nil || strings.EqualFold(first.ID, second.ID) || !may {
		return fault.New(fault.Denied, op, "", web.CodeTwoPersons.Cause())
	}
	return nil
}

// witnessed wants two different persons of the post, of whom one may destroy
// cards.
func witnessed(op string, first, second access.Principal) error {
	may := first.Role.Has(access.CardDestroy) || second.Role.Has(access.CardDestroy)
	if second.Require(access.HandoverWrite) != nil || strings.EqualFold(first.ID, second.ID) || !may {
		return fault.New(fault.Denied, op, "", web.CodeTwoPersons.Cause())
	}
	return nil
}

// except wants a second person for what is out of the ordinary at a hand-over.
func except(op string, first, second access.Principal) error {
	if second.Require(access.HandoverExcept) != nil || strings.EqualFold(first.ID, second.ID) {
		return fault.New(fault.Denied, op, "", web.CodeTwoPersons.Cause())
	}
	return nil
}

// present wants one of the two who opened the bag, and gives the other: both
// stand at the table.
func (p *pouch) present(op string, who access.Principal) (other string, err error) {
	for i, id := range p.Pair {
		if id != "" && strings.EqualFold(id, who.ID) {
			return p.Pair[1-i], nil
		}
	}
	return "", fault.New(fault.Denied, op, "", web.CodeTwoPersons.Cause())
}

// refuse is the error of one field.
func refuse(op, field string, rule consular.Rule) error {
	return fault.New(fault.Invalid, op, "", web.CodedError{
		Code: web.Code(fault.Invalid.Code()), Violations: consular.Violations{{Field: field, Rule: rule}},
	})
}

func coded(op string, kind fault.Kind, code web.Code) error {
	return fault.New(kind, op, "", code.Cause())
}
