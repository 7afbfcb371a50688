package hub

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"filippo.io/age"

	"jaliya/hub/backup"
	"jaliya/hub/ledger"
	"jaliya/internal/byhand"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/telemetry"
	"jaliya/internal/wire"
)

const opBackup = "hub: back up"

// BackupOptions say where to and for whom.
type BackupOptions struct {
	To        string
	Recipient string             // as backup.ReadRecipient gives it
	Progress  func(BackupStride) // may be nil
}

// BackupStride is how far a backup or a restore has come.
type BackupStride struct {
	Step        string // what it does now
	Done, Total int64  // objects, or bytes of the state
}

// BackupDone is a backup that has its name.
type BackupDone struct {
	Name     string          `json:"name"`
	Manifest backup.Manifest `json:"manifest"`
	Copied   int             `json:"copied"` // objects that the target did not have
}

// taking is one backup under way.
type taking struct {
	cfg     Config
	o       BackupOptions
	archive *backup.Archive
	draft   *backup.Draft
	m       backup.Manifest
	done    BackupDone
}

// Backup asks a running member for all of a backup, proves it, and gives it its
// name. One that lacks objects, because the vault does, is kept, and is an error
// all the same.
func Backup(ctx context.Context, c Config, o BackupOptions) (done BackupDone, err error) {
	c = c.WithDefaults()
	if o.Progress == nil {
		o.Progress = func(BackupStride) {}
	}
	raw, err := os.ReadFile(c.keyPath(fileCluster))
	if err != nil {
		return BackupDone{}, fault.New(fault.NotFound, opBackup, c.Dir, err)
	}
	cluster, err := wire.ParseClusterID(string(raw))
	if err != nil {
		return BackupDone{}, err
	}
	if _, err := AskStatus(ctx, c); err != nil { // before anything is made
		return BackupDone{}, err
	}
	t := &taking{cfg: c, o: o}
	if t.archive, err = backup.Write(o.To, cluster); err != nil {
		return BackupDone{}, err
	}
	defer func() { err = errors.Join(err, t.archive.Close()) }()
	if t.draft, err = t.archive.Begin(); err != nil {
		return BackupDone{}, err
	}
	if err := t.run(ctx); err != nil {
		return BackupDone{}, errors.Join(err, t.draft.Abort())
	}
	if n := len(t.m.Objects.Missing); n > 0 {
		return t.done, fault.New(fault.Corrupt, opBackup, fmt.Sprintf(
			"%s is written and not proved: the vault lacks %d objects that the state names, first %s", t.done.Name, n, t.m.Objects.Missing[0]), nil)
	}
	return t.done, nil
}

func (t *taking) run(ctx context.Context) error {
	t.m.Program, t.m.Created = telemetry.Version, time.Now().UTC().Truncate(time.Second)
	copied, err := t.state(ctx)
	if err != nil {
		return err
	}
	if err := t.keys(ctx, copied.Cluster); err != nil {
		return err
	}
	if err := t.objects(ctx, copied.Objects); err != nil {
		return err
	}
	t.m.Proved = len(t.m.Objects.Missing) == 0
	text, err := t.m.Encode()
	if err != nil {
		return err
	}
	signed, err := ask[backupSignReply](ctx, t.cfg, http.MethodPost, "/backup/sign", backupSignRequest{Manifest: text})
	if err != nil {
		return err
	}
	if !knows(copied.Cluster, signed.Key) {
		return rotated()
	}
	t.done.Name, t.done.Manifest = t.m.Name(), t.m
	return t.draft.Commit(backup.Seal(text, signed.Key, signed.Signature))
}

// state takes the state, encrypts it, decrypts what the target has of it into a
// throw-away copy here, and proves that.
func (t *taking) state(ctx context.Context) (ledger.Copied, error) {
	offline, err := backup.Recipients(t.o.Recipient)
	if err != nil {
		return ledger.Copied{}, err
	}
	to, witness, err := backup.WithWitness(offline)
	if err != nil {
		return ledger.Copied{}, err
	}
	head, err := t.takeState(ctx, to)
	if err != nil {
		return ledger.Copied{}, err
	}
	t.m.Stand(head.Point)
	copied, err := t.prove(head, witness)
	if err == nil && copied.Point != head.Point {
		err = fault.New(fault.Corrupt, opBackup, "what was written is not what the hub has", nil)
	}
	return copied, err
}

func (t *taking) takeState(ctx context.Context, to []age.Recipient) (head stateHead, err error) {
	body, err := stream(ctx, t.cfg, "/backup/state")
	if err != nil {
		return head, err
	}
	defer func() { _ = body.Close() }() // only read
	from := bufio.NewReaderSize(body, 256<<10)
	line, err := from.ReadSlice('\n')
	if err == nil {
		err = json.Unmarshal(line, &head)
	}
	if err != nil {
		return head, fault.New(fault.Unavailable, opBackup, "state", err)
	}
	sum := sha256.New()
	t.m.State, err = t.draft.Encrypt(backup.FileState, to, func(w io.Writer) error {
		in := &counted{from: io.LimitReader(from, head.Size), tell: func(n int64) {
			t.o.Progress(BackupStride{Step: "state", Done: n, Total: head.Size})
		}}
		n, err := io.Copy(io.MultiWriter(w, sum), in)
		if err == nil && n != head.Size {
			err = fault.New(fault.Unavailable, opBackup, "state", io.ErrUnexpectedEOF)
		}
		return err
	})
	if err != nil {
		return head, err
	}
	trailer := make([]byte, sha256.Size)
	if _, err := io.ReadFull(from, trailer); err != nil || !bytes.Equal(trailer, sum.Sum(nil)) {
		return head, fault.New(fault.Corrupt, opBackup, "state: other bytes came than were sent", err)
	}
	return head, nil
}

// prove restores the state into a file that nobody else sees and that ends with
// the process. It is on the hub's own disk, where the state lies anyway, and not
// on the target, which leaves the house; it keeps to the reserve.
func (t *taking) prove(head stateHead, witness age.Identity) (copied ledger.Copied, err error) {
	t.o.Progress(BackupStride{Step: "proof", Total: head.Size})
	free, err := kv.FreeSpace(t.cfg.Dir)
	if err != nil {
		return ledger.Copied{}, err
	}
	if free < t.cfg.Vault.Reserve.Bytes()+head.Size {
		return ledger.Copied{}, fault.New(fault.Full, opBackup, "no room in "+t.cfg.Dir+" to prove the backup", nil)
	}
	f, err := os.CreateTemp(t.cfg.Dir, "backup-*.tmp")
	if err != nil {
		return ledger.Copied{}, fault.New(fault.Storage, opBackup, t.cfg.Dir, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := os.Remove(f.Name()); err != nil {
		return ledger.Copied{}, fault.New(fault.Storage, opBackup, f.Name(), err)
	}
	if err := t.draft.Decrypt(backup.FileState, t.m.State, witness, f); err != nil {
		return ledger.Copied{}, err
	}
	return ledger.OpenCopy(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
}

func (t *taking) keys(ctx context.Context, of ledger.Cluster) (err error) {
	got, err := ask[backupKeysReply](ctx, t.cfg, http.MethodPost, "/backup/keys", backupKeysRequest{Recipient: t.o.Recipient})
	if err != nil {
		return err
	}
	if !knows(of, got.Receipt) {
		return rotated()
	}
	t.m.Keys, err = t.draft.Put(backup.FileKeys, got.Sealed)
	return err
}

func rotated() error {
	return fault.New(fault.Conflict, opBackup, "the receipt key was rotated meanwhile: run it again", nil)
}

// objects makes sure that each object is in the target, proved.
func (t *taking) objects(ctx context.Context, named []wire.Digest) error {
	store := t.archive.Vault()
	held := make([]wire.Digest, 0, len(named))
	for i, digest := range named {
		t.o.Progress(BackupStride{Step: "objects", Done: int64(i), Total: int64(len(named))})
		if err := ctx.Err(); err != nil {
			return fault.New(fault.Unavailable, opBackup, "interrupted", err)
		}
		size, copied, err := store.Keep(digest, func() (io.ReadCloser, error) {
			return stream(ctx, t.cfg, "/backup/objects/"+digest.String())
		})
		switch {
		case fault.Is(err, fault.NotFound) && len(t.m.Objects.Missing) < backup.MaxMissing:
			t.m.Objects.Missing = append(t.m.Objects.Missing, digest.String())
			continue
		case err != nil:
			return err
		}
		if copied {
			t.done.Copied++
		}
		t.m.Objects.Bytes += size
		held = append(held, digest)
	}
	t.o.Progress(BackupStride{Step: "objects", Done: int64(len(named)), Total: int64(len(named))})
	t.m.Objects.Count, t.m.Objects.Digest = len(held), backup.DigestOf(held).String()
	return store.Settle()
}

// counted tells how much was read.
type counted struct {
	from io.Reader
	n    int64
	tell func(int64)
}

// Read implements io.Reader.
func (c *counted) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	c.n += int64(n)
	c.tell(c.n)
	return n, err
}

// stream asks a running member for bytes. What it refuses keeps its kind.
func stream(ctx context.Context, c Config, path string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://hub"+path, http.NoBody)
	if err != nil {
		return nil, fault.New(fault.Internal, opBackup, path, err)
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, // the transport ends with the answer
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return byhand.Dial(ctx, c.Admin.Socket)
		},
	}}
	response, err := client.Do(request)
	if err != nil {
		return nil, fault.New(fault.Unavailable, opBackup, "nothing answers at "+c.Admin.Socket, err)
	}
	if response.StatusCode == http.StatusOK {
		return response.Body, nil
	}
	defer func() { _ = response.Body.Close() }() // only read
	var f Failure
	if err := json.NewDecoder(io.LimitReader(response.Body, 16<<10)).Decode(&f); err != nil {
		return nil, fault.New(fault.Unavailable, opBackup, path, err)
	}
	kind := fault.Conflict
	if f.Kind == fault.NotFound.String() {
		kind = fault.NotFound
	}
	return nil, fault.New(kind, opBackup, f.Text, nil)
}
