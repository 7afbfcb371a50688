package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/pelletier/go-toml/v2"

	"jaliya/internal/byhand"
	"jaliya/internal/cli"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

type pouchCommand struct {
	Export pouchExport `cmd:"" help:"At a post: write what the hub has not signed for into a file that travels by hand."`
	Import pouchImport `cmd:"" help:"At the hub: take such a file and write the answer. At the post: take the answer."`
	Show   pouchShow   `cmd:"" help:"Say what a file is, and whether it is whole."`
}

const opPouch = "jaliya: pouch"

// daemonFlag names a daemon by its configuration, of which only the place of
// the admin socket is read.
type daemonFlag struct {
	Config string `required:"" type:"path" help:"Configuration of the running node or hub." placeholder:"FILE"`
}

func (f daemonFlag) socket() (string, error) {
	text, err := readLimited(f.Config, 1<<20)
	if err != nil {
		return "", err
	}
	var c struct {
		Dir   string `toml:"dir"`
		Admin struct {
			Socket string `toml:"socket"`
		} `toml:"admin"`
	}
	if err := toml.Unmarshal([]byte(text), &c); err != nil {
		return "", fault.New(fault.Invalid, opPouch, f.Config, err)
	}
	switch {
	case c.Admin.Socket != "":
		return c.Admin.Socket, nil
	case c.Dir != "":
		return filepath.Join(c.Dir, byhand.Socket), nil
	}
	return "", fault.New(fault.Invalid, opPouch, f.Config+" says neither dir nor admin.socket", nil)
}

type pouchExport struct {
	daemonFlag
	File string `arg:"" type:"path" help:"File to write; it must not be there."`
}

// Run has the node write the file, and looks at it as the hub will.
func (c *pouchExport) Run(ctx context.Context, s cli.Streams) error {
	socket, err := c.socket()
	if err != nil {
		return err
	}
	if err := byhand.AskExport(ctx, socket, c.File); err != nil {
		return err
	}
	return show(s, c.File, false)
}

type pouchImport struct {
	daemonFlag
	File   string `arg:"" type:"path" help:"File that came."`
	Answer string `type:"path" help:"At the hub: file to write the answer into." placeholder:"FILE"`
}

// Run gives the file to the daemon that it is for.
func (c *pouchImport) Run(ctx context.Context, s cli.Streams) (err error) {
	socket, err := c.socket()
	if err != nil {
		return err
	}
	file, err := os.Open(c.File)
	if err != nil {
		return fault.New(fault.NotFound, opPouch, c.File, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	head, err := wire.ReadCarriedHead(file)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fault.New(fault.Unavailable, opPouch, c.File, err)
	}
	if head.Direction == wire.ToNode {
		return byhand.AskImport(ctx, socket, file, s.Out)
	}
	if c.Answer == "" {
		return fault.New(fault.Invalid, opPouch, "--answer says where the answer for the post goes", nil)
	}
	if err := byhand.AskImportInto(ctx, socket, file, c.Answer); err != nil {
		return err
	}
	return show(s, c.Answer, false)
}

type pouchShow struct {
	File string `arg:"" type:"path" help:"File."`
	JSON bool   `name:"json" help:"Print as JSON."`
}

// Run looks into the file.
func (c *pouchShow) Run(s cli.Streams) error { return show(s, c.File, c.JSON) }

// carriedShown is what can be told of a file without opening anything sealed.
type carriedShown struct {
	For      string    `json:"for"` // hub or node
	Node     string    `json:"node"`
	Written  time.Time `json:"written"`
	Bytes    int64     `json:"bytes"`
	Batches  uint64    `json:"batches,omitempty"`
	Images   uint64    `json:"images,omitempty"`
	Receipts uint64    `json:"receipts,omitempty"`
	Notices  uint64    `json:"notice_batches,omitempty"`
	Refused  bool      `json:"refused,omitempty"` // the hub did not take all; the node says why when it takes the answer
	Key      string    `json:"signed_with"`
}

func show(s cli.Streams, path string, asJSON bool) (err error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return fault.New(fault.NotFound, opPouch, path, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	c, end, err := wire.InspectCarried(file)
	if err != nil {
		return err
	}
	out := carriedShown{
		For: "hub", Node: c.Head.Node.String(), Written: time.UnixMilli(c.Head.Time).UTC(), Bytes: c.Size,
		Batches: c.Kinds[wire.FrameBatch], Images: c.Kinds[wire.FrameOffer] + c.Kinds[wire.FrameStored],
		Receipts: c.Kinds[wire.FrameReceipt], Notices: c.Kinds[wire.FrameNotices],
		Refused: c.Kinds[wire.FrameRefusal] > 0, Key: end.Key.String(),
	}
	if c.Head.Direction == wire.ToNode {
		out.For = "node"
	}
	if asJSON {
		return cli.PrintJSON(s.Out, out)
	}
	fmt.Fprintf(s.Out, "%s\nfor the %s, node %s, written %s, %d bytes, whole and unchanged\n",
		path, out.For, out.Node, out.Written.Format(time.RFC3339), out.Bytes)
	if c.Head.Direction == wire.ToHub {
		fmt.Fprintf(s.Out, "batches of entries: %d, images: %d\n", out.Batches, out.Images)
		return nil
	}
	fmt.Fprintf(s.Out, "receipts: %d, images stored: %d, batches of notices: %d\n", out.Receipts, out.Images, out.Notices)
	if out.Refused {
		fmt.Fprintln(s.Out, "the hub did not take all of the file; the node says why when it takes this answer")
	}
	return nil
}
