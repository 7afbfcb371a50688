package localnet

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// waitingCase is one case that waits for a verifier.
type waitingCase struct {
	Order     uint64 `json:"order"`
	Reference string `json:"reference"`
}

// waiting lists the cases that wait for a verifier, oldest first.
func (d *day) waiting(ctx context.Context) (list []waitingCase, err error) {
	said, err := d.hub(ctx, "verify list", "--json")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(said), &list); err != nil {
		return nil, fault.New(fault.Invalid, "localnet: list cases", "", err)
	}
	slices.SortFunc(list, func(a, b waitingCase) int { return cmp.Compare(a.Order, b.Order) })
	return list, nil
}

// verify decides what waits, but for the oldest few, which are left to whoever
// signs in as a verifier.
func (d *day) verify(ctx context.Context) error {
	if err := d.rest(ctx, dayLook); err != nil {
		return err
	}
	list, err := d.waiting(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	list = slices.DeleteFunc(list, func(w waitingCase) bool { return d.held[w.Reference] })
	d.mu.Unlock()
	if len(list) == 0 {
		d.unlook("verify")
	} else {
		d.look("verify", d.net.Console+"/verify", "verify", "name", d.net.officer(access.Verifier).Name)
	}
	for _, w := range list[min(dayForPeople, len(list)):] {
		if err := d.decide(ctx, w.Reference); err != nil {
			return err
		}
	}
	return nil
}

// decide lets a case pass, or has a few people come again.
func (d *day) decide(ctx context.Context, reference string) error {
	d.mu.Lock()
	bad := d.bad < dayBad && d.random.IntN(12) == 0
	if bad {
		d.bad++
	}
	d.mu.Unlock()
	if !bad {
		_, err := d.hub(ctx, "verify pass", reference)
		return err
	}
	d.forget(reference)
	_, err := d.hub(ctx, "verify recapture", reference, "--reason", "portrait-quality")
	return err
}

// passes waits until a case waits for a verifier, and lets it pass.
func (d *day) passes(ctx context.Context, reference string) error {
	if err := d.toVerify(ctx, reference); err != nil {
		return err
	}
	_, err := d.hub(ctx, "verify pass", reference)
	return err
}

func (d *day) toVerify(ctx context.Context, reference string) error {
	return eventually(ctx, "the case to wait for a verifier", l2Limit, func() (bool, error) {
		if err := d.rest(ctx, dayStep/2); err != nil {
			return false, err
		}
		list, err := d.waiting(ctx)
		return slices.ContainsFunc(list, func(w waitingCase) bool { return w.Reference == reference }), err
	})
}

// hold keeps a case from the day's own verifier.
func (d *day) hold(reference string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held[reference] = true
}

// figures are what the day says of itself from time to time.
type figures struct {
	released, handed, records int
}

func (d *day) count(of *int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*of++
}

// tells says once a minute how the day goes.
func (d *day) tells(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(time.Minute):
	}
	d.mu.Lock()
	f, open := d.figures, len(d.book)
	d.mu.Unlock()
	weight, err := d.net.weigh(ctx)
	if err != nil {
		return err
	}
	d.step("", "%d visits released, %d cards handed over, %d records asked for; %d people wait for a card; %s", f.released, f.handed, f.records, open, weight)
	return nil
}
