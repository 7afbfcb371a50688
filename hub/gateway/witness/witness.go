// Package witness has somebody outside cosign the log (C2SP tlog-witness): a hub that
// rewrote its history would have to find another witness, who remembers nothing. It
// stands beside step 8, and asks for nobody: only the leader does.
//
// Guarantee: what Held gives is a checkpoint of this log that the witness cosigned; a
// log that does not begin with what the witness saw is a fault.Fork, never a success.
package witness

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/hub/ledger"
	"jaliya/internal/checkpoint"
	"jaliya/internal/config"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Config is the section [witness] of the hub's file. Zero values work where a
// default is named.
type Config struct {
	URL     string             `toml:"url"`     // https, up to and without /add-checkpoint; http on loopback only
	KeyFile string             `toml:"key"`     // key line of the witness
	CAFile  string             `toml:"ca_file"` // roots of its certificate, default the machine's
	Every   config.Duration    `toml:"every"`   // default 10m
	Timeout config.Duration    `toml:"timeout"` // of one question, default 15s
	Breaker peer.BreakerConfig `toml:"breaker"`
}

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	peer.Or(&c.Every, config.Duration(10*time.Minute))
	peer.Or(&c.Timeout, config.Duration(15*time.Second))
	c.Breaker = c.Breaker.WithDefaults()
	return c
}

// Validate names the key that breaks a rule.
func (c Config) Validate() error {
	_, err := peer.CheckURL(c.URL)
	switch {
	case err != nil:
	case c.KeyFile == "":
		err = errors.New("key is the file with the witness's key line")
	case c.Breaker.Failures < 0:
		err = errors.New("breaker.failures cannot be negative")
	default:
		return nil
	}
	return fault.New(fault.Invalid, "witness: validate config", "", err)
}

// Log is the log as this member has applied it.
type Log interface {
	Cluster() (ledger.Cluster, error)
	Root() (size uint64, root wire.Digest, err error)
	Consistency(older, size uint64) ([]wire.Digest, error)
}

// Options is what a Client works with; all fields are required.
type Options struct {
	Config Config
	Log    Log
	Signer func() *seal.SigningKey
	Now    func() time.Time
}

// Client asks the witness. Not safe for concurrent use.
type Client struct {
	Options

	witness checkpoint.Witness
	peer    *peer.Client
	old     uint64 // size that the witness holds, as far as we know
}

// New reads the witness's key and asks nothing yet.
func New(o Options) (*Client, error) {
	o.Config = o.Config.WithDefaults()
	if err := o.Config.Validate(); err != nil {
		return nil, err
	}
	line, err := peer.TextFile(o.Config.KeyFile)
	if err != nil {
		return nil, err
	}
	w, err := checkpoint.ParseWitness(line)
	if err != nil {
		return nil, err
	}
	p, err := peer.New(peer.Options{
		Name: "witness", Endpoint: peer.Endpoint{URL: o.Config.URL, CAFile: o.Config.CAFile}, Timeout: o.Config.Timeout.Std(),
		MaxAnswer: checkpoint.MaxBytes, Breaker: o.Config.Breaker.Rule(), Now: o.Now,
	})
	if err != nil {
		return nil, err
	}
	return &Client{Options: o, witness: w, peer: p}, nil
}

// Cosigned is a checkpoint that the witness cosigned.
type Cosigned struct {
	Note []byte // with both signatures
	Size uint64
	Root wire.Digest
	At   time.Time // the witness's clock
}

// tries is how often a witness may say that it holds another size than we thought.
const tries = 3

// Ask has the witness cosign the log as it is now. Errors: Fork when the witness has
// seen another history; NotFound when it does not know this log; else of the road.
func (c *Client) Ask(ctx context.Context) (Cosigned, error) {
	const op = "witness: ask"
	cluster, err := c.Log.Cluster()
	if err != nil {
		return Cosigned{}, err
	}
	size, root, err := c.Log.Root()
	if err != nil {
		return Cosigned{}, err
	}
	at := checkpoint.Checkpoint{Origin: checkpoint.Origin(cluster.ID), Size: size, Root: root}
	signed, err := checkpoint.Sign(at, c.Signer())
	if err != nil {
		return Cosigned{}, err
	}
	for range tries {
		lines, other, err := c.submit(ctx, at, signed)
		switch {
		case err != nil:
			return Cosigned{}, err
		case lines != nil:
			return c.prove(at, checkpoint.Beneath(signed, lines))
		case other > size:
			return Cosigned{}, fault.New(fault.Fork, op, "the witness has seen "+strconv.FormatUint(other, 10)+" leaves, here are "+strconv.FormatUint(size, 10), nil)
		case other == c.old:
			return Cosigned{}, fault.New(fault.Fork, op, "the witness has seen another log of "+strconv.FormatUint(other, 10)+" leaves", nil)
		}
		c.old = other
	}
	return Cosigned{}, fault.New(fault.Unavailable, op, "the witness says another size each time", nil)
}

// submit gives the lines of the cosignature, or the size that the witness holds.
func (c *Client) submit(ctx context.Context, at checkpoint.Checkpoint, signed []byte) (lines []byte, other uint64, err error) {
	const op = "witness: add checkpoint"
	asked := checkpoint.Submission{Old: min(c.old, at.Size), Note: signed}
	if asked.Old > 0 && asked.Old < at.Size {
		if asked.Proof, err = c.Log.Consistency(asked.Old, at.Size); err != nil {
			return nil, 0, err
		}
	}
	err = c.peer.Ask(ctx, peer.Question{
		Op: op, Method: http.MethodPost, Path: checkpoint.SubmissionPath, Body: asked.Bytes(),
		Media: peer.Media{Body: "text/plain", Answer: "text/plain", No: checkpoint.SizeType},
		Read:  func(raw []byte) error { lines = raw; return nil },
	})
	no, refused := errors.AsType[*peer.AnswerError](err)
	switch {
	case !refused:
		return lines, 0, err
	case no.Status == http.StatusConflict:
		other, err = strconv.ParseUint(strings.TrimSuffix(string(no.Body), "\n"), 10, 63)
		if err != nil {
			err = fault.New(fault.Corrupt, op, "size", nil)
		}
		return nil, other, err
	case no.Status == http.StatusUnprocessableEntity:
		return nil, 0, fault.New(fault.Fork, op, "the witness does not find its log in ours", err)
	}
	return nil, 0, err
}

// Recall proves what an earlier life of the hub was given. Errors: Corrupt, Invalid.
func (c *Client) Recall(raw []byte) (Cosigned, error) {
	cluster, err := c.Log.Cluster()
	if err != nil {
		return Cosigned{}, err
	}
	at, when, err := checkpoint.Witnessed(raw, checkpoint.Origin(cluster.ID), c.witness, c.Signer().Public())
	if err != nil {
		return Cosigned{}, err
	}
	c.old = at.Size
	return Cosigned{Note: raw, Size: at.Size, Root: at.Root, At: when}, nil
}

// prove believes a cosignature only when it is one.
func (c *Client) prove(at checkpoint.Checkpoint, raw []byte) (Cosigned, error) {
	got, when, err := checkpoint.Witnessed(raw, at.Origin, c.witness, c.Signer().Public())
	if err == nil && got != at {
		err = fault.New(fault.Corrupt, "witness: prove", "another checkpoint", nil)
	}
	if err != nil {
		return Cosigned{}, err
	}
	c.old = at.Size
	return Cosigned{Note: raw, Size: at.Size, Root: at.Root, At: when}, nil
}
