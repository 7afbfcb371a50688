package main

import (
	"context"
	"fmt"
	"time"

	"jaliya/hub"
	"jaliya/hub/backup"
	"jaliya/internal/cli"
)

type restoreCommand struct {
	From     string `required:"" type:"path" help:"Directory of backups." placeholder:"DIR"`
	Identity string `required:"" type:"path" help:"The offline identity, as backup keygen wrote it." placeholder:"FILE"`
	To       string `required:"" type:"path" help:"Data directory of the hub to be; it must be empty or not there." placeholder:"HUBDIR"`
	At       string `help:"Which backup, by its name; the newest when not given." placeholder:"NAME"`
	Keys     string `type:"path" help:"File of receipt keys, as hub keys prints them: one of them must have signed the backup." placeholder:"FILE"`
	Address  string `name:"cluster-address" help:"host:port of cluster.listen, where it is not as before." placeholder:"ADDRESS"`
	JSON     bool   `name:"json" help:"Print the result as JSON."`
}

// Run restores a hub.
func (c *restoreCommand) Run(ctx context.Context, s cli.Streams) error {
	id, err := backup.ReadIdentity(c.Identity)
	if err != nil {
		return err
	}
	o := hub.RestoreOptions{From: c.From, At: c.At, Identity: id, To: c.To, Address: c.Address}
	if c.Keys != "" {
		if o.Keys, err = (keysFlag{Keys: c.Keys}).load(); err != nil {
			return err
		}
	}
	var end func()
	o.Progress, end = progress(s.Err)
	done, err := hub.Restore(ctx, o)
	end()
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, done)
	}
	m := done.Manifest
	fmt.Fprintf(s.Out, "Restored %s of %s into %s.\n%d entries, %d cases, state hash %s at log position %d; %d objects. All proved.\n",
		done.Name, m.Created.Format(time.RFC3339), c.To, m.Entries, m.Cases, m.Hash, m.Index, m.Objects.Count)
	if n := len(m.Objects.Missing); n > 0 {
		fmt.Fprintf(s.Out, "%d objects were missing already then: posts that have them are asked for them.\n", n)
	}
	_, err = fmt.Fprintf(s.Out, "It goes on as %s, alone in the cluster, its keys under custody of keys/kek.\n"+
		"The old machines must never run again: destroy their disks before hub serve.\n", done.Member)
	return err
}
