package ledger

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// featureTopic is the level from which members read topics. Below it they do
// as members do that know no such thing.
const featureTopic = 4

// Whoever files on the portal is told at once that a request for the same is
// open (domain.md G.2, row 3), for the portal names a topic in the header. A
// post cannot: it does not know what other posts were asked. What it filed is
// compared when the opener has read it, and so is one person's request at two
// identity providers. Two names, for the two cannot make each other's.
const (
	topicOfPortal = "jaliya/topic/portal/1"
	topicExamined = "jaliya/topic/examined/1"
)

// topicKey is an HMAC, as that of an owner is.
func topicKey(secret []byte, label string, parts ...wire.Digest) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(label))
	for _, one := range parts {
		mac.Write(one[:])
	}
	return mac.Sum(nil)
}

// forgetTopic takes a topic out of a header that members of the cluster may not
// read yet.
func (t *tx) forgetTopic(h *wire.Header) {
	if t.cluster.Feature < featureTopic {
		h.Topic = nil
	}
}

// topicTaken reports whether who files has an open request for the same. Its
// own record is no other: take has found that before.
func (t *tx) topicTaken(h wire.Header) (bool, error) {
	if h.Topic == nil || h.Owner == nil {
		return false, nil
	}
	_, open, err := openUnder(t.w, topicKey(t.cluster.Secret, topicOfPortal, *h.Owner, *h.Topic))
	return open, err
}

// setTopic makes a new case the one of its topic.
func (t *tx) setTopic(c Case) error {
	if c.Topic.IsZero() {
		return nil
	}
	return t.putRaw(inTopics, topicKey(t.cluster.Secret, topicOfPortal, c.Owner, c.Topic), number(c.Number))
}

// openUnder gives the case that a topic leads to, and whether it goes on.
func openUnder(r reader, key []byte) (Case, bool, error) {
	c, found, err := caseIn(r, inTopics, key)
	return c, found && workflow.Waits(workflow.Kind(c.Flow.Kind), workflow.State(c.Flow.State)), err
}

// examinedTopic judges a request whose packet is good by what the opener says
// that it is about. When the person has another one open, the packet is bad
// for that reason; else it gives the key under which the case is to stand.
func (t *tx) examinedTopic(c *Case, in *workflow.Input, raw []byte) ([]byte, error) {
	if t.cluster.Feature < featureTopic || len(raw) != len(wire.Digest{}) ||
		in.Event != workflow.ExaminedGood || workflow.Kind(c.Flow.Kind) != workflow.KindRecord {
		return nil, nil
	}
	topic := wire.Digest(raw)
	key := topicKey(t.cluster.Secret, topicExamined, topic)
	other, open, err := openUnder(t.w, key)
	if err != nil {
		return nil, err
	}
	if open && other.Number != c.Number {
		in.Event, in.Reason = workflow.ExaminedBad, consular.RefusedDuplicateRequest
		return nil, nil
	}
	c.Examined = topic
	return key, nil
}

// OpenFor gives the open request that keeps a person from filing another one
// for the same. Errors: NotFound.
func (v Views) OpenFor(owner, topic wire.Digest) (CaseView, error) {
	return view(v, func(r kv.Reader) (CaseView, error) {
		cluster, _, err := load[Cluster](r, inMeta, keyCluster)
		if err != nil {
			return CaseView{}, err
		}
		c, open, err := openUnder(r, topicKey(cluster.Secret, topicOfPortal, owner, topic))
		if err == nil && (!open || c.Owner != owner || c.Topic != topic) {
			err = fault.New(fault.NotFound, "ledger: find open request", "", nil)
		}
		if err != nil {
			return CaseView{}, err
		}
		return withTimeline(r, c)
	})
}

// topics lead to cases that are about them.
func (a *auditor) topics() {
	secret := a.cluster.Secret
	a.r.Ascend(inTopics, nil, func(key, raw []byte) bool {
		c, found, err := load[Case](a.r, inCases, raw)
		if !a.check(err == nil && found, "a topic leads to no case") {
			return true
		}
		portal := topicKey(secret, topicOfPortal, c.Owner, c.Topic)
		examined := topicKey(secret, topicExamined, c.Examined)
		a.check(bytes.Equal(key, portal) || bytes.Equal(key, examined), "case %d is not about its topic", c.Number)
		return true
	})
}
