// Command consulate-node is a post's node: join once, then serve.
package main

import (
	"os"
	_ "time/tzdata" // a post's zone must load on a bare machine; the system's data goes first

	"jaliya/internal/cli"
)

func main() {
	os.Exit(cli.Main("consulate-node", "A consular post's node: enrols offline, replicates to the hub.", &grammar{}))
}

type grammar struct {
	Join       joinCommand       `cmd:"" help:"Make this machine the node of a post, by a one-time invitation."`
	Serve      serveCommand      `cmd:"" help:"Run the node."`
	Status     statusCommand     `cmd:"" help:"Show what a running node says of itself."`
	Doctor     doctorCommand     `cmd:"" help:"Look at the whole path from this machine to the hub, and say what is wrong and what to do."`
	Compact    compactCommand    `cmd:"" help:"Have the running node give the free space of its journal back to the disk."`
	Checkpoint checkpointCommand `cmd:"" help:"Print the newest checkpoint of the national log that this post was shown and has proved."`
	Token      tokenCommand      `cmd:"" help:"Draw a bearer token for a service account."`
	Version    versionCommand    `cmd:"" help:"Show the version."`

	Accounts accountsCommand `cmd:"" help:"List the service accounts of the desk."`
}
