package localnet

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// shortSecret is what a text of a person must have to be looked for: shorter ones
// stand in other words.
const shortSecret = 5

// supportFile enrols somebody, and looks through both support files, that of the
// command with the whole log of the node and that of the desk, for what was said
// of the person.
func (t *teller) supportFile(ctx context.Context, p *Post) error {
	const op = "localnet: write support file"
	v := t.people.visitor(p)
	r, err := enrol(ctx, newClient(p, p.account(access.Agent)), newClient(p, p.account(access.Supervisor)), v)
	if err != nil {
		return err
	}
	t.step(r.Level, "a visit is saved at %s under reference %s", p.City, r.Printed)
	hidden := append(secrets([]any{v.Groups["person"], v.Groups["contact"]}),
		r.Reference, r.Printed, strings.ReplaceAll(r.Printed, " ", ""), r.SlipCode, p.Accounts[0].Token)
	for _, w := range p.Staff {
		hidden = append(hidden, w.Name, w.Staff, w.Password, w.Secret)
	}
	file := filepath.Join(t.net.dir, "support.zip")
	if _, _, err = t.net.doctor(ctx, "--config", p.config, "--json", "--support", file,
		"--log", filepath.Join(t.net.dir, p.process.name+".log")); err != nil {
		return err
	}
	raw, err := os.ReadFile(file) //nolint:gosec // our own file
	if err != nil {
		return fault.New(fault.Storage, op, file, err)
	}
	if err := t.holdsNothing(raw, hidden, "log.txt"); err != nil {
		return err
	}
	desk, err := p.signedIn(ctx, access.Agent)
	if err != nil {
		return err
	}
	err = eventually(ctx, "the desk to say the sentence", linkLimit, func() (bool, error) {
		err := desk.open(ctx, p.Desk+"/connection")
		return strings.Contains(desk.page.text, "all 18 steps are good"), err
	})
	if err != nil {
		return err
	}
	t.step("", "the desk of %s says that all is good", p.City)
	if err := desk.open(ctx, p.Desk+"/connection/support.zip"); err != nil {
		return err
	}
	return t.holdsNothing(desk.page.raw, hidden, "inside.json")
}

// holdsNothing looks through every file of an archive.
func (t *teller) holdsNothing(raw []byte, hidden []string, wanted string) error {
	const op = "localnet: look through support file"
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return fault.New(fault.Corrupt, op, "", err)
	}
	size, looked, names := 0, 0, []string{}
	for _, f := range archive.File {
		text, err := unpack(f)
		if err != nil {
			return fault.New(fault.Corrupt, op, f.Name, err)
		}
		names, size = append(names, f.Name), size+len(text)
		looked = 0
		for _, one := range hidden {
			if len(one) < shortSecret {
				continue
			}
			if looked++; strings.Contains(strings.ToLower(text), strings.ToLower(one)) {
				return fault.New(fault.Internal, op, f.Name+" holds something of a person", nil)
			}
		}
	}
	for _, name := range []string{"CONTENTS.txt", "doctor.en.txt", "inside.json", "config.toml", wanted} {
		if !slices.Contains(names, name) {
			return fault.New(fault.Internal, op, name+" is not in it", nil)
		}
	}
	t.step("", "the support file holds %d files, %d bytes, and nothing of the person: %d texts were looked for", len(names), size, looked)
	return nil
}

// secrets are all texts that were entered of a person: names, numbers, dates,
// places, addresses.
func secrets(v any) (out []string) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return nil
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, one := range v {
				walk(one)
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		case string:
			out = append(out, v)
		}
	}
	walk(tree)
	return out
}

func unpack(f *zip.File) (string, error) {
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(r)
	return string(raw), errors.Join(err, r.Close())
}
