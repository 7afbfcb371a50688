package localnet

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

const opBackup = "localnet: put back"

// putBack is a post whose machine is put back to an older copy of its disk, and
// then to an older copy of its journal alone. The first time the hub tells; the
// second time the anchor does, before anything is issued and while the post is
// cut off. Each time everything that was secured comes back at L2, and work goes
// on.
func putBack(ctx context.Context, t *teller) error {
	post := t.net.Posts[0]
	b := backup{
		teller: t, post: post, agent: newClient(post, post.account(access.Agent)),
		supervisor: newClient(post, post.account(access.Supervisor)), copy: post.dir + ".copy",
	}
	for _, step := range []func(context.Context) error{b.work, b.take, b.work, b.whole, b.work, b.journalAlone} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := t.verifyOffline(ctx, post, b.agent, b.all); err != nil {
		return err
	}
	return b.ledger(ctx)
}

// backup is the post and what it was told of all its visits.
type backup struct {
	*teller
	post              *Post
	agent, supervisor *client
	copy              string // of the whole data directory
	all               []released
}

func (b *backup) visit(ctx context.Context) (released, error) {
	r, err := enrol(ctx, b.agent, b.supervisor, b.people.visitor(b.post))
	if err == nil {
		b.step(r.Level, "a visit saved at %s under reference %s", b.post.City, r.Printed)
		b.all = append(b.all, r)
	}
	return r, err
}

// work enrols two people, whose visits reach L2.
func (b *backup) work(ctx context.Context) error {
	for range 2 {
		r, err := b.visit(ctx)
		if err == nil {
			err = b.secured(ctx, b.agent, r, time.Now())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take copies the machine's disk while it is stopped.
func (b *backup) take(ctx context.Context) error {
	if err := b.post.process.stop(); err != nil {
		return err
	}
	if err := copyDisk(b.post.dir, b.copy); err != nil {
		return err
	}
	b.step("", "the disk of %s is copied", b.post.City)
	return b.net.serve(ctx, b.post)
}

// replaced stops the machine, puts a part of the copy back, and starts it.
func (b *backup) replaced(ctx context.Context, part string) error {
	if err := b.post.process.stop(); err != nil {
		return err
	}
	to := filepath.Join(b.post.dir, part)
	if err := os.RemoveAll(to); err != nil {
		return fault.New(fault.Storage, opBackup, string(b.post.ID), err)
	}
	if err := copyDisk(filepath.Join(b.copy, part), to); err != nil {
		return err
	}
	return b.net.serve(ctx, b.post)
}

// whole puts the whole disk back, the anchor with it.
func (b *backup) whole(ctx context.Context) error {
	if err := b.replaced(ctx, "."); err != nil {
		return err
	}
	b.step("", "the older copy of the whole disk is put back at %s", b.post.City)
	return b.back(ctx, "the hub was ahead of the journal")
}

// journalAlone puts the journal back while the post is cut off.
func (b *backup) journalAlone(ctx context.Context) error {
	b.post.relay.Cut()
	if err := b.replaced(ctx, "journal"); err != nil {
		return err
	}
	if err := b.says(ctx, "the journal was older than its anchor"); err != nil {
		return err
	}
	b.step("", "the older copy of the journal alone is put back at %s, which is cut off: its anchor tells", b.post.City)
	if _, err := b.visit(ctx); err != nil {
		return err
	}
	b.post.relay.Restore()
	return b.back(ctx, "the journal was older than its anchor")
}

// back waits until all that was ever said to be saved is at L2 again, and status
// says why the journal went on in a new incarnation.
func (b *backup) back(ctx context.Context, why string) error {
	if err := eventually(ctx, "all to come back", l2Limit, func() (bool, error) { return b.quiet(ctx) }); err != nil {
		return err
	}
	for _, r := range b.all {
		s, err := b.agent.follow(ctx, r)
		if err != nil {
			return err
		}
		if s.Level != "L2" {
			return fault.New(fault.Internal, opBackup, r.Printed+" is at "+s.Level, nil)
		}
	}
	if err := b.says(ctx, why); err != nil {
		return err
	}
	b.step("L2", "all %d visits are at L2 again", len(b.all))
	return nil
}

// quiet reports whether the link stands, nothing is on its way back and nothing
// waits to be secured.
func (b *backup) quiet(ctx context.Context) (bool, error) {
	out, err := b.net.programs.run(ctx, "consulate-node", "status", "--json", "--config", b.post.config)
	if err != nil {
		return false, err
	}
	var s struct {
		Link struct {
			Phase   string    `json:"phase"`
			Restore *struct{} `json:"restore"`
		} `json:"link"`
		Journal struct {
			Head      uint64 `json:"head"`
			Receipted uint64 `json:"receipted"`
		} `json:"journal"`
	}
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		return false, fault.New(fault.Invalid, opBackup, "status", err)
	}
	return s.Link.Phase == "following" && s.Link.Restore == nil && s.Journal.Head == s.Journal.Receipted, nil
}

// says asks the node's status.
func (b *backup) says(ctx context.Context, want string) error {
	out, err := b.net.programs.run(ctx, "consulate-node", "status", "--config", b.post.config)
	if err != nil {
		return err
	}
	if !strings.Contains(out, want) {
		return fault.New(fault.Internal, opBackup, "status does not say that "+want+":\n"+out, nil)
	}
	return nil
}

// ledger proves the state of the stopped hub.
func (b *backup) ledger(ctx context.Context) error {
	if err := b.net.Hub.stop(); err != nil {
		return err
	}
	out, err := b.net.programs.run(ctx, "jaliya", "verify", "ledger", filepath.Join(b.net.dir, "hub", "ledger.db"))
	if err == nil {
		b.step("L2", "%s", strings.ReplaceAll(strings.TrimSpace(out), "\n", " "))
	}
	return err
}

// copyDisk copies a directory with the modes of its files, as a backup does: keys
// that others may read are refused. Sockets stay where they are.
func copyDisk(from, to string) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, info.Mode().Perm())
		case !info.Mode().IsRegular():
			return nil
		}
		raw, err := os.ReadFile(path) //nolint:gosec // below the network's own directory
		if err != nil {
			return err
		}
		return os.WriteFile(target, raw, info.Mode().Perm()) //nolint:gosec // likewise
	})
	if err != nil {
		return fault.New(fault.Storage, opBackup, from, err)
	}
	return nil
}
