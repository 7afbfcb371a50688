package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"jaliya/hub"
	"jaliya/hub/backup"
	"jaliya/internal/cli"
	"jaliya/internal/config"
)

type backupCommand struct {
	Take   backupTake   `cmd:"" default:"withargs" help:"Back up a running hub: state, keys and sealed objects, proved before they count."`
	Keygen backupKeygen `cmd:"" help:"Make the offline identity that alone opens backups, and print its recipient."`
	List   backupList   `cmd:"" help:"List the backups in a directory, and verify what signs them."`
}

type backupTake struct {
	Config    string `required:"" type:"path" help:"Configuration of the running hub." placeholder:"FILE"`
	To        string `required:"" type:"path" help:"Directory of this hub's backups: its own, or an empty one." placeholder:"DIR"`
	Recipient string `required:"" type:"path" help:"File with the recipient that backup keygen printed." placeholder:"FILE"`
	JSON      bool   `name:"json" help:"Print the result as JSON."`
}

// Run takes a backup.
func (c *backupTake) Run(ctx context.Context, s cli.Streams) error {
	var cfg hub.Config
	if err := config.Load(c.Config, &cfg); err != nil {
		return err
	}
	recipient, err := backup.ReadRecipient(c.Recipient)
	if err != nil {
		return err
	}
	tell, end := progress(s.Err)
	done, err := hub.Backup(ctx, cfg, hub.BackupOptions{To: c.To, Recipient: recipient, Progress: tell})
	end()
	if done.Name == "" {
		return err
	}
	if c.JSON {
		return errors.Join(err, cli.PrintJSON(s.Out, done))
	}
	m := done.Manifest
	fmt.Fprintf(s.Out, "%s\n%d entries, %d cases, state hash %s at log position %d.\n%d objects (%s), %d of them copied now.\n",
		done.Name, m.Entries, m.Cases, m.Hash, m.Index, m.Objects.Count, bytesOf(m.Objects.Bytes), done.Copied)
	if m.Proved {
		fmt.Fprintln(s.Out, "Proved: it was decrypted again, opened, audited and compared with the running hub.")
	}
	return err
}

type backupKeygen struct {
	Out string `required:"" type:"path" help:"File to write the identity into; it must not be there." placeholder:"FILE"`
}

// Run makes an identity. What it prints is a file of recipients as it stands.
func (c *backupKeygen) Run(s cli.Streams) error {
	recipient, err := backup.NewIdentity(c.Out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, recipient)
	return err
}

type backupList struct {
	Dir  string `arg:"" type:"path" help:"Directory of backups."`
	JSON bool   `name:"json" help:"Print as JSON."`
}

// listedBackup is one line of the list.
type listedBackup struct {
	Name     string           `json:"name"`
	Manifest *backup.Manifest `json:"manifest,omitempty"`
	SignedBy string           `json:"signed_by,omitempty"` // id of the receipt key
	Unusable string           `json:"unusable,omitempty"`
}

// Run lists; one that cannot be read fails the command, after all are shown.
func (c *backupList) Run(s cli.Streams) error {
	archive, err := backup.Read(c.Dir)
	if err != nil {
		return err
	}
	list, err := archive.List()
	if err != nil {
		return err
	}
	lines := make([]listedBackup, 0, len(list))
	for _, l := range list {
		line := listedBackup{Name: l.Name}
		if l.Err != nil {
			line.Unusable = l.Err.Error()
			err = errors.Join(err, l.Err)
		} else {
			line.Manifest, line.SignedBy = &l.Signed.Manifest, l.Signed.Key.KeyID.String()
		}
		lines = append(lines, line)
	}
	if c.JSON {
		return errors.Join(err, cli.PrintJSON(s.Out, lines))
	}
	for _, l := range lines {
		fmt.Fprintln(s.Out, l.text())
	}
	return err
}

func (l listedBackup) text() string {
	if l.Manifest == nil {
		return l.Name + "  cannot be used: " + l.Unusable
	}
	m := l.Manifest
	state := "proved"
	if !m.Proved {
		state = fmt.Sprintf("not proved: %d objects are missing", len(m.Objects.Missing))
	}
	return fmt.Sprintf("%s  %s, %d entries, %d objects, %s", l.Name, state, m.Entries, m.Objects.Count,
		bytesOf(m.State.Bytes+m.Keys.Bytes+m.Objects.Bytes))
}

// bytesOf writes a size for people.
func bytesOf(n int64) string {
	const unit = 1 << 10
	f, i := float64(n), 0
	names := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	for f >= unit && i < len(names)-1 {
		f, i = f/unit, i+1
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, names[i])
}

// progressEvery is how often a line of progress is drawn again.
const progressEvery = 100 * time.Millisecond

// progress draws one line on a terminal, and nothing elsewhere.
func progress(w io.Writer) (tell func(hub.BackupStride), end func()) {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil, func() {}
	}
	var last time.Time
	step := ""
	tell = func(p hub.BackupStride) {
		if now := time.Now(); p.Step != step || p.Done == p.Total || now.Sub(last) >= progressEvery {
			last, step = now, p.Step
			fmt.Fprintf(w, "\r\x1b[K%s", strideText(p))
		}
	}
	return tell, func() { fmt.Fprintf(w, "\r\x1b[K") }
}

func strideText(p hub.BackupStride) string {
	switch {
	case p.Step == "state" && p.Total > 0:
		return fmt.Sprintf("state: %s of %s", bytesOf(p.Done), bytesOf(p.Total))
	case p.Total > 0 && p.Step == "objects":
		return fmt.Sprintf("objects: %d of %d (%d %%)", p.Done, p.Total, 100*p.Done/p.Total)
	}
	return p.Step + " ..."
}
