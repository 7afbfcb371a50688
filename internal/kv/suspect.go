package kv

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

const (
	opMark    = "kv: mark store suspect"
	opRewrite = "kv: rewrite store"
)

// Suspect reports whether the store at path had a failed commit and was not
// rewritten since, and why.
func Suspect(path string) (reason string, suspect bool) {
	text, err := os.ReadFile(path + suffixSuspect) //nolint:gosec // beside the operator's own path
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", false
	case err != nil:
		return err.Error(), true
	}
	return string(text), true
}

// needsRewrite tells a failed sync, after which the kernel's copy of the file
// and the disk's may differ for ever (D3), from a write that found no space
// before any sync: that one left only unreachable pages behind, and asking for
// a second copy of the file on a full disk would be no help.
func needsRewrite(err error) bool {
	var write *fs.PathError
	full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
	return !full || !errors.As(err, &write) || write.Op != "write"
}

// markSuspect leaves the mark that makes the next Open refuse. The disk may be
// failing, so this is a best effort.
func markSuspect(path string, cause error) error {
	mark := path + suffixSuspect
	if err := durable.WriteFile(mark, []byte(cause.Error()), fileMode); err != nil {
		return fault.New(fault.Storage, opMark, mark, err)
	}
	return nil
}

// Rewrite copies the store at path into a fresh file, lets verify look at the
// copy, puts it in the place of the old one durably, and removes the mark of a
// failed commit (D3). The verifier proves the hash chain of what is stored, to
// the newest record; its error is returned as it is and leaves all as it was.
// The store must be closed.
func Rewrite(path string, verify func(Reader) error) error {
	if err := replace(opRewrite, path, verify); err != nil {
		return err
	}
	if err := removeFile(path + suffixSuspect); err != nil {
		return fault.New(fault.Storage, opRewrite, path, err)
	}
	return syncDir(path)
}
