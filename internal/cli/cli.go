// Package cli runs a command line the same way in every program: usage errors
// exit 2, failures exit 1 with one sentence on standard error, and an interrupt
// ends the context that commands run under. It stands at the very edge, above
// step 1 and beside package hub and package node.
package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes of every program (design.md section 8).
const (
	ExitGood   = 0
	ExitFailed = 1
	ExitUsage  = 2
)

// Streams are where a command reads and writes.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Standard gives the process's own streams.
func Standard() Streams { return Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr} }

// Main parses the process's arguments into grammar, runs the chosen command
// with a context that an interrupt or a termination signal ends, and gives the
// exit code.
func Main(name, description string, grammar any) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return Run(ctx, Program{Name: name, Description: description, Grammar: grammar, Args: os.Args[1:]}, Standard())
}

// Program is one command line.
type Program struct {
	Name        string
	Description string
	Grammar     any
	Args        []string
}

// Run is Main without the process.
func Run(ctx context.Context, p Program, s Streams) int {
	code := -1
	parser, err := kong.New(p.Grammar, kong.Name(p.Name), kong.Description(p.Description), kong.Writers(s.Out, s.Err),
		kong.UsageOnError(), kong.Exit(func(c int) { code = c }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s))
	if err != nil {
		fmt.Fprintf(s.Err, "%s: %v\n", p.Name, err)
		return ExitUsage
	}
	command, err := parser.Parse(p.Args)
	if code >= 0 { // --help and the like
		return code
	}
	if err != nil {
		fmt.Fprintf(s.Err, "%s: %v\nTry %s --help.\n", p.Name, err, p.Name)
		return ExitUsage
	}
	if err := command.Run(); err != nil {
		fmt.Fprintf(s.Err, "%s: %v\n", p.Name, err)
		return ExitFailed
	}
	return ExitGood
}

// PrintJSON writes v indented.
func PrintJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
