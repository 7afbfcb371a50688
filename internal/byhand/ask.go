package byhand

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

const opAsk = "byhand: ask the running daemon"

// AskExport has the daemon behind a socket write a file, which has its name
// only when it is complete. A file that is there already is not overwritten.
func AskExport(ctx context.Context, socket, path string) error {
	return save(path, func(to io.Writer) error {
		return ask(ctx, socket, http.MethodGet, PathExport, nil, to)
	})
}

// AskImport gives the daemon behind a socket a file and writes its answer.
func AskImport(ctx context.Context, socket string, from io.Reader, to io.Writer) error {
	return ask(ctx, socket, http.MethodPost, PathImport, from, to)
}

// AskImportInto is AskImport with an answer that becomes a file, as AskExport
// makes one.
func AskImportInto(ctx context.Context, socket string, from io.Reader, path string) error {
	return save(path, func(to io.Writer) error { return AskImport(ctx, socket, from, to) })
}

func ask(ctx context.Context, socket, method, path string, body io.Reader, to io.Writer) error { //nolint:revive // argument-limit: an HTTP request has these parts
	request, err := http.NewRequestWithContext(ctx, method, "http://daemon"+path, body)
	if err != nil {
		return fault.New(fault.Internal, opAsk, path, err)
	}
	if err := say(request, body); err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return Dial(ctx, socket)
	}}}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return fault.New(fault.Unavailable, opAsk, "nothing answers at "+socket, err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	if response.StatusCode != http.StatusOK {
		return refused(response)
	}
	if _, err := io.Copy(to, response.Body); err != nil {
		return fault.New(fault.Unavailable, opAsk, "it broke off", err)
	}
	return nil
}

// say puts the length of a file on the request: the daemon looks for room before
// it takes any of it. The transport would close the file, which is the caller's.
func say(request *http.Request, body io.Reader) error {
	file, ok := body.(*os.File)
	if !ok {
		return nil
	}
	info, err := file.Stat()
	if err != nil {
		return fault.New(fault.NotFound, opAsk, file.Name(), err)
	}
	request.ContentLength, request.Body = info.Size(), io.NopCloser(file)
	return nil
}

// maxFailure bounds what is read of a refusal, in bytes.
const maxFailure = 16 << 10

func refused(response *http.Response) error {
	var f Failure
	if err := json.NewDecoder(io.LimitReader(response.Body, maxFailure)).Decode(&f); err != nil {
		return fault.New(fault.Unavailable, opAsk, response.Status, err)
	}
	return fault.New(fault.Conflict, opAsk, f.Text, nil)
}

// save writes a file beside its name, syncs it, and gives it its name.
func save(path string, fill func(io.Writer) error) error {
	const op = "byhand: save file"
	if _, err := os.Lstat(path); err == nil {
		return fault.New(fault.Exists, op, path+" is there already; name another file", nil)
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fault.New(fault.Storage, op, part, err)
	}
	f, err := durable.Create(part, 0o600)
	if err != nil {
		return fault.New(fault.Storage, op, part, err)
	}
	if err := fill(f); err != nil {
		return errors.Join(err, f.Close(), os.Remove(part))
	}
	if err := errors.Join(durable.Sync(f), f.Close()); err != nil {
		return errors.Join(fault.New(fault.Storage, op, part, err), os.Remove(part))
	}
	if err := durable.Rename(part, path); err != nil {
		return fault.New(fault.Storage, op, path, err)
	}
	if err := durable.SyncDir(filepath.Dir(path)); err != nil {
		return fault.New(fault.Storage, op, path, err)
	}
	return nil
}
