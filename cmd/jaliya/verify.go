package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/hub/ledger"
	"jaliya/internal/checkpoint"
	"jaliya/internal/cli"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

type verifyCommand struct {
	Journal verifyJournal `cmd:"" help:"Prove every link, body, receipt and image of a journal that no node holds open."`
	Receipt verifyReceipt `cmd:"" help:"Prove a printed receipt."`
	Ledger  verifyLedger  `cmd:"" help:"Prove every node's chain, receipt and notice log in the state of a stopped hub."`

	Document verifyDocument `cmd:"" help:"Prove a criminal record: the issuer's signed PDF, or the seal of its paper."`
}

// keysFlag names the public keys that prove receipts, as hub keys prints them.
type keysFlag struct {
	Keys string `required:"" type:"path" help:"File of receipt keys, as hub keys prints them." placeholder:"FILE"`
}

// maxKeysFile bounds the file of keys, in bytes.
const maxKeysFile = 64 << 10

func (f keysFlag) load() (wire.KeySet, error) {
	const op = "jaliya: read receipt keys"
	text, err := readLimited(f.Keys, maxKeysFile)
	if err != nil {
		return nil, err
	}
	var raw [][]byte
	for line := range strings.FieldsSeq(text) {
		key, err := hex.DecodeString(line)
		if err != nil {
			return nil, fault.New(fault.Invalid, op, f.Keys, err)
		}
		raw = append(raw, key)
	}
	if len(raw) == 0 {
		return nil, fault.New(fault.Invalid, op, f.Keys+" holds no key", nil)
	}
	return wire.ParseKeySet(raw)
}

// readLimited reads a small text file.
func readLimited(path string, limit int64) (text string, err error) {
	const op = "jaliya: read file"
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if errors.Is(err, fs.ErrNotExist) {
		return "", fault.New(fault.NotFound, op, path, nil)
	}
	if err != nil {
		return "", fault.New(fault.Denied, op, path, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	raw, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(raw)) > limit {
		err = fault.New(fault.TooLarge, op, path, nil)
	}
	return string(raw), err
}

type verifyJournal struct {
	keysFlag
	Path   string `arg:"" type:"path" help:"journal.db of a stopped node, or a copy of it."`
	Mirror string `type:"path" help:"Directory of its second disk: proved as well, and compared." placeholder:"DIR"`
	JSON   bool   `name:"json" help:"Print the result as JSON."`
}

// Run proves the journal and says what was proved.
func (c *verifyJournal) Run(s cli.Streams) error {
	keys, err := c.load()
	if err != nil {
		return err
	}
	r, err := journal.Verify(c.Path, keys)
	if err != nil {
		return err
	}
	if r.Missing > 0 {
		return fault.New(fault.Corrupt, "jaliya: verify journal", fmt.Sprintf("%d of %d images are missing or damaged", r.Missing, r.Images), nil)
	}
	if c.Mirror != "" {
		if err := sameAsMirror(r, c.Mirror, keys); err != nil {
			return err
		}
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, r)
	}
	_, err = fmt.Fprintf(s.Out, "The journal of %s holds.\n%d entries chained without a gap, %d receipts proved up to sequence %d, %d notices, %d images.\n",
		r.Identity.Post, r.Entries, r.Receipts, r.Receipted, r.Notices, r.Images)
	if err != nil || r.Chapters == 1 {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "%d incarnations: %d entries stand again in a newer one, %d bodies were erased by the hub, %d images are at the hub alone, %d entries gave way.\n",
		r.Chapters, r.Again, r.Stubs, r.Away, r.Aside)
	return err
}

// sameAsMirror proves the mirror too and wants the same of it.
func sameAsMirror(r journal.Report, dir string, keys wire.KeySet) error {
	const op = "jaliya: verify mirror"
	m, err := journal.VerifyMirror(dir, keys)
	switch {
	case err != nil:
		return err
	case m.Missing > 0:
		return fault.New(fault.Corrupt, op, fmt.Sprintf("%d of %d images are missing or damaged", m.Missing, m.Images), nil)
	case m != r:
		return fault.New(fault.Conflict, op, fmt.Sprintf("it holds the entries up to %s, the journal up to %s", m.Head, r.Head), nil)
	}
	return nil
}

type verifyReceipt struct {
	keysFlag
	Receipt string `arg:"" help:"The receipt's text, a file that holds it, or - for standard input."`
	JSON    bool   `name:"json" help:"Print the result as JSON."`
}

// proved is what a receipt says once it is proved.
type proved struct {
	Entry   string    `json:"entry"` // hash of the entry
	Node    string    `json:"node"`
	Seq     uint64    `json:"sequence"`
	Cluster string    `json:"cluster"`
	Index   uint64    `json:"log_index"`
	Time    time.Time `json:"time"`
}

// Run proves the receipt and says what it means.
func (c *verifyReceipt) Run(s cli.Streams) error {
	keys, err := c.load()
	if err != nil {
		return err
	}
	text, err := c.text(s)
	if err != nil {
		return err
	}
	p, err := wire.ParseProof(text)
	if err != nil {
		return err
	}
	r, err := p.Verify(keys)
	if err != nil {
		return err
	}
	out := proved{
		Entry: p.Hash.String(), Node: r.Node.String(), Seq: p.Seq, Cluster: r.Cluster.String(),
		Index: r.Index, Time: time.UnixMilli(r.Time).UTC(),
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, out)
	}
	_, err = fmt.Fprintf(s.Out, "The receipt holds: secured nationally at %s, log position %d.\nEntry %s\n",
		out.Time.Format(time.RFC3339), out.Index, out.Entry)
	return err
}

func (c *verifyReceipt) text(s cli.Streams) (string, error) {
	switch {
	case c.Receipt == "-":
		raw, err := io.ReadAll(io.LimitReader(s.In, maxKeysFile))
		return string(raw), err
	case strings.HasPrefix(strings.ToUpper(c.Receipt), "JR1-"):
		return c.Receipt, nil
	}
	return readLimited(c.Receipt, maxKeysFile)
}

type verifyLedger struct {
	Path        string   `arg:"" type:"path" help:"ledger.db of a stopped hub, or a copy of it."`
	Checkpoints []string `name:"checkpoint" type:"path" help:"Signed checkpoint that somebody kept: the state must begin with its log." placeholder:"FILE"`
	Keys        string   `type:"path" help:"File of receipt keys, as hub keys prints them: they prove the checkpoints." placeholder:"FILE"`
	Witness     string   `type:"path" help:"File with a witness's key line: each checkpoint must have its cosignature." placeholder:"FILE"`
	JSON        bool     `name:"json" help:"Print the result as JSON."`
}

// Run audits the state and says what was proved.
func (c *verifyLedger) Run(s cli.Streams) error {
	r, err := ledger.AuditFile(c.Path)
	if err != nil {
		return err
	}
	if err := r.Err(); err == nil { // a tree that does not prove has no root to compare
		if err := c.compare(); err != nil {
			return err
		}
	}
	if c.JSON {
		err = cli.PrintJSON(s.Out, r)
	} else {
		_, err = fmt.Fprintf(s.Out, "%d entries of %d histories chained without a gap, %d receipts, %d notices, %d cases; state hash %s at log position %d.\n"+
			"The log has %d leaves, its root is %s. %d checkpoints agree.\n",
			r.Entries, r.Incarnations, r.Receipts, r.Notices, r.Cases, r.Hash, r.Index, r.Leaves, r.Root, len(c.Checkpoints))
	}
	return errors.Join(err, r.Err())
}

// reader opens checkpoints, of a witness where one is named.
func (c *verifyLedger) reader() (func([]byte, string, ...seal.VerifyKey) (checkpoint.Checkpoint, error), error) {
	if c.Witness == "" {
		return checkpoint.Open, nil
	}
	line, err := readLimited(c.Witness, maxKeysFile)
	if err != nil {
		return nil, err
	}
	w, err := checkpoint.ParseWitness(line)
	if err != nil {
		return nil, err
	}
	return func(raw []byte, origin string, keys ...seal.VerifyKey) (checkpoint.Checkpoint, error) {
		held, _, err := checkpoint.Witnessed(raw, origin, w, keys...)
		return held, err
	}, nil
}

// compare wants the log of each checkpoint at the beginning of the state's.
func (c *verifyLedger) compare() error {
	const op = "jaliya: compare with checkpoint"
	if len(c.Checkpoints) == 0 {
		return nil
	}
	if c.Keys == "" {
		return fault.New(fault.Invalid, op, "--keys is missing: a state may name keys of its own", nil)
	}
	keys, err := keysFlag{Keys: c.Keys}.load()
	if err != nil {
		return err
	}
	open, err := c.reader()
	if err != nil {
		return err
	}
	for _, path := range c.Checkpoints {
		raw, err := readLimited(path, checkpoint.MaxBytes)
		if err != nil {
			return err
		}
		cluster, root := wire.ClusterID{}, wire.Digest{}
		kept, err := ledger.LogAt(c.Path, func(id wire.ClusterID) (size uint64, err error) {
			cluster = id
			held, err := open([]byte(raw), checkpoint.Origin(id), keys.List()...)
			root = held.Root
			return held.Size, err
		})
		switch {
		case fault.Is(err, fault.NotFound):
			return fault.New(fault.Corrupt, op, path+": the state is older than it, or its end was cut off", err)
		case err != nil:
			return err
		case kept != root:
			return fault.New(fault.Corrupt, op, path+": the history of "+cluster.String()+" was rewritten", nil)
		}
	}
	return nil
}
