package desk

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/paper"
	"jaliya/internal/wire"
)

// Proved is a national receipt with what it says, for whoever prints it.
type Proved struct {
	Reference consular.Reference
	Proof     wire.Proof
	Receipt   wire.Receipt
}

// Proved gives the receipt of a request with what it says. Errors: as Receipt.
func (d *Desk) Proved(ctx context.Context, p access.Principal, reference string) (Proved, error) {
	if err := p.Require(access.RequestRead); err != nil {
		return Proved{}, err
	}
	proof, receipt, err := d.proof(ctx, reference)
	if err != nil {
		return Proved{}, err
	}
	ref, err := consular.ParseReference(reference)
	return Proved{Reference: ref, Proof: proof, Receipt: receipt}, err
}

// receiptPDF prints the national receipt of a request, for the file and for the
// person: it names nobody, and anybody can check it.
func (s *Screens) receiptPDF(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	p, err := s.desk.Proved(c.Request.Context(), who, c.Param("reference"))
	if err == nil && s.o.Press == nil {
		err = fault.New(fault.Unavailable, "desk: print receipt", "no press", nil)
	}
	if err != nil {
		s.fail(c, who, err)
		return
	}
	post, r := s.desk.o.Post, p.Receipt
	raw, err := s.o.Press.Receipt(paper.ReceiptData{
		Kind: post.Kind, Post: post.ID, City: consular.Name{Latin: post.City}, Reference: p.Reference,
		Entry: p.Proof.Hash.String(), Node: r.Node.String(), Sequence: p.Proof.Seq, Cluster: r.Cluster.String(),
		Position: r.Index, Secured: time.UnixMilli(r.Time).UTC(), Key: p.Proof.Receipt.Key.String(), Proof: p.Proof.Text(),
		Zone: s.desk.zone, Language: at.p.Language(), Staff: who.ID, Printed: s.desk.now(),
	})
	if err != nil {
		s.fail(c, who, err)
		return
	}
	s.pdf(c, raw)
}
