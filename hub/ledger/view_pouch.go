package ledger

import (
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// PouchView is a pouch with its manifest.
type PouchView struct {
	CaseView
	Items []Item
}

// Label is the number on the outside of the bag.
func (p PouchView) Label() consular.PouchID { return consular.PouchID(p.Reference) }

// Pouch gives a pouch by its label, fault.NotFound when there is none.
func (v Views) Pouch(label consular.PouchID) (PouchView, error) {
	return view(v, func(r kv.Reader) (PouchView, error) {
		c, _, err := load[Cluster](r, inMeta, keyCluster)
		if err != nil {
			return PouchView{}, err
		}
		key := r.Get(inRefs, referenceKey(c.Secret, string(label)))
		if key == nil || label.Validate() != nil {
			return PouchView{}, fault.New(fault.NotFound, "ledger: read pouch", "", nil)
		}
		return pouchAt(r, toNumber(key))
	})
}

// PouchNumber gives a pouch by the number of its case.
func (v Views) PouchNumber(n uint64) (PouchView, error) {
	return view(v, func(r kv.Reader) (PouchView, error) { return pouchAt(r, n) })
}

func pouchAt(r kv.Reader, n uint64) (p PouchView, err error) {
	c, found, err := load[Case](r, inCases, number(n))
	if err == nil && (!found || r.Get(inPouches, number(n)) == nil) {
		err = fault.New(fault.NotFound, "ledger: read pouch", "", nil)
	}
	if err != nil {
		return PouchView{}, err
	}
	if p.CaseView, err = withTimeline(r, c); err != nil {
		return PouchView{}, err
	}
	p.Items, err = itemsOf(r, n, 0, MaxItems)
	return p, err
}

// Pouches gives the pouches after a case number, oldest first, without their
// manifests.
func (v Views) Pouches(after uint64, n int) ([]Case, error) {
	return view(v, func(r kv.Reader) (pouches []Case, err error) {
		r.Ascend(inPouches, number(after+1), func(key, _ []byte) bool {
			c, found, e := load[Case](r, inCases, key)
			if err = e; found {
				pouches = append(pouches, c)
			}
			return err == nil && len(pouches) < bounded(n)
		})
		return pouches, err
	})
}

// Packing gives the pouches that are open for cards, one a post.
func (v Views) Packing() ([]Case, error) {
	return view(v, func(r kv.Reader) (pouches []Case, err error) {
		r.Ascend(inPacking, nil, func(_, n []byte) bool {
			c, found, e := load[Case](r, inCases, n)
			if err = e; found {
				pouches = append(pouches, c)
			}
			return err == nil
		})
		return pouches, err
	})
}

// Openings gives the list of packets that people read, after a number.
func (v Views) Openings(after uint64, n int) ([]Opening, error) {
	return list[Opening](v, inOpenings, after, n)
}
