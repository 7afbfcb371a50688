package opener

import (
	"bytes"
	"context"
	"io"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Target is who may read what is sealed anew: a key made for one reading, and
// what binds the reading.
type Target struct {
	Key     seal.PostPublic
	Context string
	AAD     []byte
}

// Pass opens a package of the vault and seals its content to another key: the
// text, and the document if there is one. What passes is not looked at.
func (s *Sealer) Pass(ctx context.Context, object wire.Digest, to Target) (body, bundle []byte, err error) {
	const op = "opener: pass on document"
	raw, err := s.object(ctx, object)
	if err != nil {
		return nil, nil, err
	}
	p, err := wire.ParsePackage(raw)
	if err != nil {
		return nil, nil, fault.New(fault.Corrupt, op, object.String(), err)
	}
	opened, err := s.keys.Open(p.Body, p.Record, wire.PackageAAD(p.Record))
	if err != nil {
		return nil, nil, fault.New(fault.KindOf(err), op, object.String(), err)
	}
	defer opened.Destroy()
	delivery, err := seal.NewDelivery(to.Key, to.Context, s.dicts)
	if err != nil {
		return nil, nil, err
	}
	defer delivery.Destroy()
	if bundle, err = passBundle(opened, delivery, p.Bundle); err != nil {
		return nil, nil, fault.New(fault.KindOf(err), op, object.String(), err)
	}
	body, err = delivery.SealBody(opened.Body(), to.AAD)
	return body, bundle, err
}

// passBundle gives nil for a package without a document.
func passBundle(opened *seal.Opened, to *seal.Visit, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	from, err := opened.OpenBundle(bytes.NewReader(sealed))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	writer, err := to.FixedBundleWriter(&out, wire.DocumentSize)
	if err != nil {
		return nil, err
	}
	_, err = from.Each(func(head seal.PartHead, r io.Reader) error {
		_, err := writer.Add(head.Name, head.MediaType, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	_, err = writer.Finish()
	return out.Bytes(), err
}

// object reads a small object of the vault.
func (s *Sealer) object(ctx context.Context, digest wire.Digest) (raw []byte, err error) {
	file, err := s.images.Open(digest)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := file.Close(); err == nil && cerr != nil {
			err = ours(digest, cerr)
		}
	}()
	raw, err = io.ReadAll(io.LimitReader(file, wire.MaxPackage+1))
	switch {
	case err != nil:
		return nil, ours(digest, err)
	case len(raw) > wire.MaxPackage:
		return nil, fault.New(fault.TooLarge, "opener: read object", digest.String(), nil)
	case ctx.Err() != nil:
		return nil, fault.New(fault.Timeout, "opener: read object", digest.String(), ctx.Err())
	}
	return raw, nil
}

// PrintKey opens the post's print.begun and gives the key made for it.
func (s *Sealer) PrintKey(begun ledger.Print) (seal.PostPublic, error) {
	const op = "opener: read print key"
	found, err := s.state.ByCommit(begun.Commit)
	if err != nil {
		return seal.PostPublic{}, err
	}
	act, err := s.act(found)
	if err != nil {
		return seal.PostPublic{}, err
	}
	key, err := seal.ParsePostPublic(act.Key)
	if err != nil {
		return seal.PostPublic{}, fault.New(fault.Invalid, op, begun.Record.String(), err)
	}
	return key, nil
}

// Answer opens what the person answered to the issuer's question.
func (s *Sealer) Answer(commit uint64) (string, error) {
	found, err := s.state.ByCommit(commit)
	if err != nil {
		return "", err
	}
	act, err := s.act(found)
	return act.Text, err
}

func (s *Sealer) act(found ledger.Found) (wire.RecordAct, error) {
	const op = "opener: open act"
	header, err := wire.DecodeHeader(found.Header)
	if err != nil {
		return wire.RecordAct{}, fault.New(fault.Corrupt, op, "header", err)
	}
	opened, err := s.keys.Open(found.Body, header.Record, wire.BodyAAD(header.Record, header.Kind))
	if err != nil {
		return wire.RecordAct{}, fault.New(fault.KindOf(err), op, header.Record.String(), err)
	}
	defer opened.Destroy()
	act, err := wire.DecodeRecordAct(opened.Body(), header.Kind)
	if err == nil && act.Reference.Digits() != header.Reference {
		err = fault.New(fault.Invalid, op, "another request's", nil)
	}
	return act, err
}
