package main

import (
	"context"
	"fmt"

	"jaliya/hub"
	"jaliya/internal/cli"
	"jaliya/internal/consular"
)

type postCommand struct {
	List postListCommand `cmd:"" help:"List the posts with telephone and opening hours."`
	Set  postSetCommand  `cmd:"" help:"Note whom operators call at a post, and when it is open."`

	Forks   postForksCommand   `cmd:"" help:"Show both histories of each machine whose history is not the hub's."`
	Unfence postUnfenceCommand `cmd:"" help:"Decide that a fenced machine is the true one: it goes on in a new incarnation."`
	ShutOut postShutOutCommand `cmd:"" help:"Decide that a fenced machine is a copy or not to be trusted: it never comes back."`
}

type postListCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run lists posts.
func (c *postListCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	lines, err := hub.AskPosts(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return cli.PrintJSON(s.Out, lines)
	}
	for _, l := range lines {
		hours := l.Hours
		if hours == "" {
			hours = "usual hours"
		}
		fmt.Fprintf(s.Out, "%-8s %-22s %-20s %s\n", l.Post, l.City, l.Telephone, hours)
	}
	return nil
}

type postSetCommand struct {
	configFlag
	Post      string   `required:"" help:"Post, such as FR-LYO."`
	Telephone string   `help:"Number that operators call, such as +33 4 72 00 00 00."`
	Hours     string   `help:"Opening hours by the post's own clock, such as 'Mon-Thu 09:00-15:00, Fri 09:00-12:00'; none: the usual ones of its country."`
	Closed    []string `help:"Days on which it is closed, such as 2026-11-18; several with commas."`
}

// Run notes what was given; what is left out is forgotten.
func (c *postSetCommand) Run(ctx context.Context, s cli.Streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	post, err := consular.ParsePostID(c.Post)
	if err != nil {
		return err
	}
	in := hub.PostLine{Post: post, Telephone: c.Telephone, Hours: c.Hours}
	for _, text := range c.Closed {
		day, err := consular.ParseDate(text)
		if err != nil {
			return err
		}
		in.Closed = append(in.Closed, day)
	}
	if err := hub.AskPost(ctx, cfg, in); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "%s is noted.\n", post)
	return err
}
