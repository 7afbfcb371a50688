package main

import (
	"time"

	"jaliya/internal/access"
	"jaliya/internal/cli"
)

type tokenCommand struct {
	Name string `required:"" help:"Who will use it."`
	Role string `required:"" help:"Role of the account, such as pouch-officer or auditor."`
	Days int    `default:"365" help:"How many days it is good; 0: until its lines are removed."`
}

// Run prints a token once, and the lines that admit it at the console.
func (c *tokenCommand) Run(s cli.Streams) error {
	token, account, err := access.DrawToken(c.Name, c.Role, c.Days, time.Now())
	if err != nil {
		return err
	}
	return access.PrintToken(s.Out, "console", token, account)
}

type accountsCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run lists the service accounts of the console, by its configuration.
func (c *accountsCommand) Run(s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	lines := access.AccountLines(cfg.Console.Accounts, time.Now())
	if c.JSON {
		return cli.PrintJSON(s.Out, lines)
	}
	return access.PrintAccounts(s.Out, lines)
}
