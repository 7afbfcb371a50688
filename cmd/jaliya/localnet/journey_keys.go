package localnet

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

const (
	opKeys      = "localnet: keys"
	rotateLimit = time.Minute
	beforeAfter = 3 // visits that are waited for before and after each change
)

// rotated makes every key of the hub anew while clerks enrol at all posts: what
// was confirmed before, meanwhile and after is secured and answered, receipts of
// the old key are proved by the old key and those of the new one by the new one,
// also after hub and post were started again.
func rotated(ctx context.Context, t *teller) error {
	working, stop := context.WithCancel(ctx)
	defer stop()
	held := &book{}
	var clerks errgroup.Group
	for _, post := range t.net.Posts {
		clerks.Go(func() error { return clerk(working, post, t.people, held) })
	}
	if err := t.more(ctx, held); err != nil {
		return err
	}
	post := t.net.Posts[0]
	agent := newClient(post, post.account(access.Agent))
	first := held.of(post)[0]
	if err := t.secured(ctx, agent, first, time.Now()); err != nil {
		return err
	}
	old, err := agent.receipt(ctx, first)
	if err != nil {
		return err
	}
	for _, change := range []func(context.Context) error{t.rotateIntake, t.rotateReceipt, t.renewAuthorities} {
		if err := change(ctx); err != nil {
			return err
		}
		if err := t.more(ctx, held); err != nil {
			return err
		}
	}
	stop()
	if err := clerks.Wait(); err != nil {
		return err
	}
	if err := t.account(ctx, held); err != nil {
		return err
	}
	return t.afterRotation(ctx, post, first, old)
}

// afterRotation starts hub and post again and sees that both kinds of receipts are
// proved, each by its own key. It is given a visit from before and its receipt.
func (t *teller) afterRotation(ctx context.Context, post *Post, first released, old string) error {
	agent, supervisor := newClient(post, post.account(access.Agent)), newClient(post, post.account(access.Supervisor))
	if err := t.net.killAndRestart(ctx, 0); err != nil {
		return err
	}
	if err := t.awaitLink(ctx, agent, true); err != nil {
		return err
	}
	last, err := enrol(ctx, agent, supervisor, t.people.visitor(post))
	if err != nil {
		return err
	}
	if err := t.secured(ctx, agent, last, time.Now()); err != nil {
		return err
	}
	young, err := agent.receipt(ctx, last)
	if err != nil {
		return err
	}
	if err := t.eachByItsKey(ctx, old, young); err != nil {
		return err
	}
	if err := t.verifyOffline(ctx, post, agent, []released{first, last}); err != nil {
		return err
	}
	return t.rotateByHand(ctx, post)
}

// rotateByHand is a post that has only files while the receipt key is made anew:
// the answer to its first one, signed with the key that it knows, brings the next
// key, and the answer to the second one is signed with that.
func (t *teller) rotateByHand(ctx context.Context, post *Post) error {
	agent, supervisor := newClient(post, post.account(access.Agent)), newClient(post, post.account(access.Supervisor))
	post.relay.Cut()
	if err := t.awaitLink(ctx, agent, false); err != nil {
		return err
	}
	bag := filepath.Join(t.net.dir, "bag")
	if err := os.MkdirAll(bag, 0o700); err != nil {
		return fault.New(fault.Storage, opKeys, bag, err)
	}
	for i, rotate := range [][]string{{"--receipt"}, {"--receipt", "--now"}} {
		said, err := t.hubKeys(ctx, rotate...)
		if err != nil {
			return err
		}
		if signs := strings.Contains(said, "Receipts are signed"); signs != (i == 1) {
			return fault.New(fault.Corrupt, opKeys, "the key of a post without a line: "+oneLine(said), nil)
		}
		r, err := enrol(ctx, agent, supervisor, t.people.visitor(post))
		if err != nil {
			return err
		}
		name := filepath.Join(bag, strings.Join(rotate, "-")+".pouch")
		if err := t.toHub(ctx, post, name, name+".answer"); err != nil {
			return err
		}
		if err := t.toPost(ctx, post, name+".answer"); err != nil {
			return err
		}
		if err := t.allAt(ctx, agent, []released{r}, "L2"); err != nil {
			return err
		}
	}
	t.step("L2", "a post without a line learned the next receipt key from an answer by hand, and takes answers that it signed")
	return nil
}

// of gives what was confirmed at one post.
func (b *book) of(p *Post) (all []released) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, line := range b.lines {
		if line.post == p {
			all = append(all, line.released)
		}
	}
	return all
}

// more waits until every post has confirmed some more visits.
func (t *teller) more(ctx context.Context, b *book) error {
	want := map[*Post]int{}
	for _, p := range t.net.Posts {
		want[p] = len(b.of(p)) + beforeAfter
	}
	return eventually(ctx, "more visits at each post", l2Limit, func() (bool, error) {
		for p, n := range want {
			if len(b.of(p)) < n {
				return false, nil
			}
		}
		return true, nil
	})
}

func (t *teller) hubKeys(ctx context.Context, args ...string) (string, error) {
	return t.net.programs.run(ctx, "hub", append([]string{"keys", "rotate", "--config", t.net.hubConfig()}, args...)...)
}

func (t *teller) rotateIntake(ctx context.Context) error {
	said, err := t.hubKeys(ctx, "--intake")
	if err == nil {
		t.step("", "%s", oneLine(said))
	}
	return err
}

// rotateReceipt publishes the next receipt key and asks until every post has
// heard it and it signs.
func (t *teller) rotateReceipt(ctx context.Context) error {
	asked := 0
	err := eventually(ctx, "the posts to hear the next receipt key", rotateLimit, func() (bool, error) {
		said, err := t.hubKeys(ctx, "--receipt", "--json")
		if err != nil {
			return false, err
		}
		var r struct {
			Signs   bool `json:"signs"`
			Waiting []struct{}
		}
		if err := json.Unmarshal([]byte(said), &r); err != nil {
			return false, fault.New(fault.Invalid, opKeys, "answer", err)
		}
		if asked++; asked == 1 && (r.Signs || len(r.Waiting) != len(t.net.Posts)) {
			return false, fault.New(fault.Corrupt, opKeys, "a key signs that no post has heard", nil)
		}
		return r.Signs, nil
	})
	if err == nil {
		t.step("", "every post has heard the next receipt key, and it signs")
	}
	return err
}

// renewAuthorities is refused without the root's passphrase, and done with it.
func (t *teller) renewAuthorities(ctx context.Context) error {
	wrong := filepath.Join(t.net.dir, "passphrase.wrong")
	if err := write(wrong, "another one\n"); err != nil {
		return err
	}
	trust := filepath.Join(t.net.dir, "hub", "keys", "trust.pem")
	before, err := os.ReadFile(trust) //nolint:gosec // our own directory
	if err != nil {
		return fault.New(fault.Storage, opKeys, trust, err)
	}
	renew := func(passphrase string) (string, error) {
		return t.net.programs.run(ctx, "hub", "ca", "renew", "--config", t.net.hubConfig(),
			"--root", filepath.Join(t.net.dir, "hub", "keys", "root.age"), "--passphrase", passphrase)
	}
	_, refused := renew(wrong)
	same, err := os.ReadFile(trust) //nolint:gosec // our own directory
	if err != nil || refused == nil || string(same) != string(before) {
		return fault.New(fault.Corrupt, opKeys, "authorities were renewed without the passphrase", err)
	}
	said, err := renew(filepath.Join(t.net.dir, "passphrase"))
	if err != nil {
		return err
	}
	after, err := os.ReadFile(trust) //nolint:gosec // our own directory
	if err != nil || string(after) == string(before) {
		return fault.New(fault.Corrupt, opKeys, "the authorities are the same", err)
	}
	t.step("", "%s", oneLine(said))
	return nil
}

// eachByItsKey proves the old receipt by the first key alone and the young one by
// the last alone, and neither by the other's.
func (t *teller) eachByItsKey(ctx context.Context, old, young string) error {
	text, err := t.net.programs.run(ctx, "hub", "keys", "--config", t.net.hubConfig())
	if err != nil {
		return err
	}
	keys := strings.Fields(text)
	if len(keys) != 2 {
		return fault.New(fault.Corrupt, opKeys, "not two receipt keys: "+text, nil)
	}
	files := [2]string{filepath.Join(t.net.dir, "key.old"), filepath.Join(t.net.dir, "key.young")}
	for i, file := range files {
		if err := write(file, keys[i]+"\n"); err != nil {
			return err
		}
	}
	proves := func(file, proof string) bool {
		_, err := t.net.programs.run(ctx, "jaliya", "verify", "receipt", "--keys", file, proof)
		return err == nil
	}
	if !proves(files[0], old) || !proves(files[1], young) || proves(files[1], old) || proves(files[0], young) {
		return fault.New(fault.Corrupt, opKeys, "a receipt is not proved by the key that signed it", nil)
	}
	t.step("L2", "a receipt from before is proved by the old key, one from after by the new one, neither by the other's")
	return nil
}
