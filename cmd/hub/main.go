// Command hub is a member of the national hub.
package main

import (
	"os"
	_ "time/tzdata" // opening hours are judged in the posts' zones, also on a bare machine

	"jaliya/internal/cli"
)

func main() {
	os.Exit(cli.Main("hub", "The national hub: takes entries of posts, drives requests, answers with receipts.", &grammar{}))
}

type grammar struct {
	Init       initCommand       `cmd:"" help:"Make a new national trust and this first member."`
	Join       joinCommand       `cmd:"" help:"Make this machine a member of a hub that is there, by a one-time invitation."`
	Member     memberCommand     `cmd:"" help:"Members of the hub: list, add, promote, remove, transfer."`
	Serve      serveCommand      `cmd:"" help:"Run the member, or the citizens' portal."`
	Certify    certifyCommand    `cmd:"" help:"Certify the key of a portal by its signing request."`
	Portal     portalCommand     `cmd:"" help:"The citizens' process: request and install its certificate."`
	Invite     inviteCommand     `cmd:"" help:"Draw a one-time invitation for a post's machine."`
	Revoke     revokeCommand     `cmd:"" help:"Shut a machine out for good; its connections are cut."`
	Staff      staffCommand      `cmd:"" help:"Add, change, reset, disable and list the staff of posts."`
	Officer    officerCommand    `cmd:"" help:"Add, change, reset, disable and list the officers of the hub."`
	Token      tokenCommand      `cmd:"" help:"Draw a bearer token for a program that reads the console."`
	Post       postCommand       `cmd:"" help:"Posts: telephone and opening hours (list, set), histories that parted (forks, unfence, shut-out)."`
	Alert      alertCommand      `cmd:"" help:"Alerts to those who do not look: test."`
	Verify     verifyCommand     `cmd:"" help:"The verification desk: list, show, pass, refuse, recapture, return."`
	Pouch      pouchCommand      `cmd:"" help:"The pouch desk: open, pack, close, send."`
	Letters    lettersCommand    `cmd:"" help:"List orders to production sites that need a person."`
	Office     officeCommand     `cmd:"" help:"The record office's own desk: keys, officers, revoked documents."`
	Checkpoint checkpointCommand `cmd:"" help:"Print a signed checkpoint of the log, for whoever keeps one to compare with later."`
	Status     statusCommand     `cmd:"" help:"Show the state of a running member."`
	Doctor     doctorCommand     `cmd:"" help:"Look at a member or a portal and all that it needs, and say what is wrong and what to do."`
	Keys       keysCommand       `cmd:"" help:"Print the public keys that prove receipts, one a line, for offline verifiers; rotate keys."`
	CA         caCommand         `cmd:"" name:"ca" help:"The authorities below the national root: renew."`
	Version    versionCommand    `cmd:"" help:"Show the version."`

	Accounts accountsCommand `cmd:"" help:"List the service accounts of the console."`
}
