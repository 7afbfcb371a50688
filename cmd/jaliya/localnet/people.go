package localnet

import (
	"sync"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/specimen"
)

// people makes visitors, each another person, for all posts of a network.
type people struct {
	mu    sync.Mutex // guards maker's choice of files
	maker *specimen.Maker
}

func newPeople(seed uint64) *people { return &people{maker: specimen.New(seed)} }

// fileOptions are small pictures from a common stock: a visitor of localnet is
// one of very many.
var fileOptions = specimen.FileOptions{Light: true, Shared: true}

// visitor gives the next person who comes to a post for a first card.
func (p *people) visitor(post *Post) visitor {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.maker.Person(specimen.PersonOptions{
		Service: consular.CNIEFirst, Post: post.place, On: consular.DateOf(time.Now()),
	})
	out := visitor{Service: v.Service.String(), Pickup: string(v.Delivery.Post), Groups: groups(v)}
	for _, f := range p.maker.Files(v, fileOptions) {
		out.Files = append(out.Files, file{Name: f.Name, Data: f.Data})
	}
	return out
}

// groups gives the forms of a visit in the shape that the desk's API takes.
func groups(v specimen.Visit) map[string]any {
	held := make([]map[string]any, 0, len(v.Documents))
	for _, d := range v.Documents {
		held = append(held, map[string]any{"kind": d.Kind, "issued": d.Issued})
	}
	reports := make([]map[string]any, 0, len(v.Fingers))
	for _, f := range v.Fingers {
		report := map[string]any{"finger": f.Finger, "quality": f.Quality, "attempts": 1}
		if f.Exception != 0 {
			report["exception"] = f.Exception
		}
		reports = append(reports, report)
	}
	out := map[string]any{
		"person": v.Person, "contact": v.Contact, "delivery": v.Delivery,
		"documents": map[string]any{"held": held}, "fingers": map[string]any{"reports": reports},
	}
	if v.Guardian != nil {
		out["guardian"] = v.Guardian
	}
	return out
}
