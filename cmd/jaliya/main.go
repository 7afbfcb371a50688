// Command jaliya is the operator's and developer's tool.
package main

import (
	"os"

	"jaliya/internal/cli"
)

func main() {
	os.Exit(cli.Main("jaliya", "Runs a whole network on loopback, and verifies journals and receipts offline.", &grammar{}))
}

type grammar struct {
	Localnet localnetCommand `cmd:"" help:"Run a hub and posts on loopback as separate processes."`
	Code     codeCommand     `cmd:"" help:"Show the sign-in code of a member of staff of localnet."`
	Bench    benchCommand    `cmd:"" help:"Measure a node, a hub and a portal as processes: saves, start, memory, entries and pages a second, a flood."`
	Flood    floodCommand    `cmd:"" hidden:"" help:"Flood a portal until interrupted, as bench does."`
	Doctor   doctorCommand   `cmd:"" help:"Look at the whole path of a post, a member or a portal, and say what is wrong and what to do."`
	Verify   verifyCommand   `cmd:"" help:"Prove a journal or a receipt offline."`
	Pouch    pouchCommand    `cmd:"" help:"Carry a post's work to the hub in a file, where no link does, and the receipts back."`
	Backup   backupCommand   `cmd:"" help:"Back up a running hub, encrypted to an offline key, and look at backups."`
	Restore  restoreCommand  `cmd:"" help:"Make a hub out of a backup, in an empty directory."`
	Sim      simCommand      `cmd:"" help:"Simulators of the outside systems."`

	Dictionary dictionaryCommand `cmd:"" help:"Train and measure what bodies are compressed with."`

	OpenAPI openapiCommand `cmd:"" name:"openapi" help:"Print the OpenAPI 3.1 document of desk, console or portal."`
	Version versionCommand `cmd:"" help:"Show the version."`
}
