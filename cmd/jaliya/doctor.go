package main

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/pelletier/go-toml/v2"

	"jaliya/internal/doctor"
	"jaliya/internal/fault"
)

// doctorCommand hands over to the program that the configuration is of: only it
// knows its own files (internal/doctor/DESIGN.md).
type doctorCommand struct {
	doctor.Command
	Role string `enum:"auto,node,member,portal" default:"auto" help:"Of which program the configuration is; auto goes by its keys."`
}

// Validate finds out whose configuration it is; not to know is wrong usage.
func (c *doctorCommand) Validate() error {
	if c.Role != "auto" {
		return nil
	}
	raw, err := os.ReadFile(c.Config)
	if err != nil {
		return fault.New(fault.NotFound, "jaliya: examine", c.Config+" cannot be read; --role says whose it is", nil)
	}
	keys := map[string]any{}
	if err := toml.Unmarshal(raw, &keys); err != nil {
		return fault.New(fault.Invalid, "jaliya: examine", c.Config+" is no TOML; --role says whose it is", err)
	}
	if c.Role = roleOf(keys); c.Role == "" {
		return fault.New(fault.Invalid, "jaliya: examine", c.Config+" could be any program's; --role says whose it is", nil)
	}
	return nil
}

// roleOf knows a program by the keys that no other has, and a bare file by what
// lies in its directory.
func roleOf(keys map[string]any) string {
	has := func(names ...string) bool {
		for _, name := range names {
			if _, ok := keys[name]; ok {
				return true
			}
		}
		return false
	}
	switch {
	case has("members", "address", "signin", "proxies"):
		return "portal"
	case has("hubs", "journal", "printer"):
		return "node"
	case has("nodes", "cluster", "vault", "centre", "portals", "console", "records", "stamp", "mail", "sms", "pouch"):
		return "member"
	case has("contract", "release", "document", "timestamp"):
		return "" // the record office's, which no doctor examines
	case has("desk"):
		return "node"
	}
	dir, _ := keys["dir"].(string)
	if _, err := os.Stat(filepath.Join(dir, "keys", "cluster.id")); dir != "" && err == nil {
		return "member"
	}
	if _, err := os.Stat(filepath.Join(dir, "identity.cbor")); dir != "" && err == nil {
		return "node"
	}
	return ""
}

// Run becomes the other program, so that its words and its exit code are ours.
func (c *doctorCommand) Run() error {
	const op = "jaliya: examine"
	self, err := os.Executable()
	if err != nil {
		return fault.New(fault.NotFound, op, "this program", err)
	}
	name := "hub"
	if c.Role == "node" {
		name = "consulate-node"
	}
	path := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(path); err != nil {
		return fault.New(fault.NotFound, op, path, nil)
	}
	args := []string{name, "doctor", "--config", c.Config, "--language", c.Language}
	if name == "hub" {
		args = append(args, "--role", c.Role)
	}
	if c.JSON {
		args = append(args, "--json")
	}
	for flag, value := range map[string]string{"--support": c.Support, "--unit": c.Unit, "--log": c.Log} {
		if value != "" {
			args = append(args, flag, value)
		}
	}
	if err := syscall.Exec(path, args, os.Environ()); err != nil { //nolint:gosec // the program beside this one
		return fault.New(fault.Unavailable, op, path, err)
	}
	return nil
}
