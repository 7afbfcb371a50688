package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// Picture gives an image of a draft for the eyes of those who work on it, with
// its media type. Errors: NotFound, Conflict with CodeUploadIncomplete, and
// those of Draft.
func (d *Desk) Picture(ctx context.Context, p access.Principal, visit wire.RecordID, name string) (raw []byte, media string, err error) {
	const op = "desk: show image"
	if err := p.Require(access.VisitRead); err != nil {
		return nil, "", err
	}
	if err := ctx.Err(); err != nil {
		return nil, "", fault.New(fault.Timeout, op, "", err)
	}
	defer d.lock(visit)()
	o, err := d.load(visit)
	if err != nil {
		return nil, "", err
	}
	defer o.close()
	m, err := o.image(op, name)
	if err != nil {
		return nil, "", err
	}
	if !m.Complete {
		return nil, "", fault.New(fault.Conflict, op, visit.String(), web.CodeUploadIncomplete.Cause())
	}
	file, err := d.openImage(o, name, os.O_RDONLY)
	if err != nil {
		return nil, "", err
	}
	raw, err = io.ReadAll(&reader{file: file})
	if err = errors.Join(err, file.f.Close()); err != nil {
		return nil, "", fault.New(fault.KindOf(err), op, visit.String(), err)
	}
	return raw, m.MediaType, nil
}

// WholeImage is an image that is there in one piece.
type WholeImage struct {
	Visit wire.RecordID
	Name  string
	Bytes []byte
}

// PutImage takes a whole image at once, in the place of another one of that
// name: what a form without a script sends. Errors: those of StartImage and
// AppendImage.
func (d *Desk) PutImage(ctx context.Context, p access.Principal, in WholeImage) (ImageStatus, error) {
	if err := p.Require(access.VisitWrite); err != nil {
		return ImageStatus{}, err
	}
	st, err := d.StartImage(ctx, p, ImageInput{
		Visit: in.Visit, Name: in.Name, Size: int64(len(in.Bytes)), Digest: sha256.Sum256(in.Bytes), Replace: true,
	})
	if err != nil || st.Complete {
		return st, err
	}
	return d.AppendImage(ctx, p, AppendInput{
		Visit: in.Visit, Name: in.Name, Offset: st.Offset, Body: bytes.NewReader(in.Bytes[st.Offset:]),
	})
}

// image shows a picture. It is bytes of a stranger: no browser may take it for
// anything but a picture, and what is no picture is not shown but saved.
func (s *Screens) image(c *gin.Context, who access.Principal) {
	id, err := visitOf(c)
	var raw []byte
	var media string
	if err == nil {
		raw, media, err = s.desk.Picture(c.Request.Context(), who, id, c.Param("name"))
	}
	if err != nil {
		s.fail(c, who, err)
		return
	}
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox")
	if media != mediaJPEG && media != mediaPNG {
		c.Header("Content-Disposition", "attachment")
	}
	c.Data(http.StatusOK, media, raw)
}

// upload takes one file of a plain form.
func (s *Screens) upload(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	name := c.Param("name")
	sent, err := s.takeFile(at, "file", name)
	if err == nil && !sent {
		err = refuse("desk: upload image", "images."+name, "required")
	}
	if err != nil {
		s.uploadRefused(at, name, err)
		return
	}
	web.See(c, s.backTo(c, name))
}

// uploadRefused shows the page of the image again and says why it was not
// kept; what has nothing to do with the image is told as everywhere.
func (s *Screens) uploadRefused(at screen, name string, err error) {
	if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.TooLarge) {
		s.fail(at.c, at.who, err)
		return
	}
	v, ok := s.visit(at)
	step := stepFor("images." + name)
	if !ok {
		return
	}
	if !slices.Contains(stepsOf(v.Review), step) {
		s.fail(at.c, at.who, err)
		return
	}
	_, said := web.Tell(at.p, err)
	s.showStep(at, v, step, func(page *web.Page, data *stepPage) {
		page.Notice = &web.Notice{Kind: "bad", Title: said.Title, Text: said.Means + " " + said.Next}
		for i := range data.Captures {
			if data.Captures[i].Name == name {
				data.Captures[i].Error = said.Title
			}
		}
	})
}

func (s *Screens) backTo(c *gin.Context, name string) string {
	return stepPath(c.Param("visit"), stepFor("images."+name)) + "#images." + name
}

// takeFile stores the file of one part of a form. It reports false when no
// file was chosen.
func (s *Screens) takeFile(at screen, part, name string) (sent bool, err error) {
	const op = "desk: read upload"
	id, err := visitOf(at.c)
	if err != nil {
		return false, err
	}
	head, err := at.c.FormFile(part)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return false, nil
	}
	if err != nil {
		if _, big := errors.AsType[*http.MaxBytesError](err); big {
			return false, fault.New(fault.TooLarge, op, "body", nil)
		}
		return false, fault.New(fault.Invalid, op, "form", nil)
	}
	if head.Size == 0 {
		return false, nil
	}
	raw, err := readPart(head)
	if err != nil {
		return false, err
	}
	_, err = s.desk.PutImage(at.c.Request.Context(), at.who, WholeImage{Visit: id, Name: name, Bytes: raw})
	return err == nil, err
}

// readPart reads a file of a form. The engine keeps forms of up to 32 MiB in
// memory and takes no body over web.MaxBody, so none is ever written to disk
// in clear.
func readPart(head *multipart.FileHeader) (raw []byte, err error) {
	const op = "desk: read upload"
	if head.Size > MaxImage {
		return nil, fault.New(fault.TooLarge, op, "file", nil)
	}
	f, err := head.Open()
	if err != nil {
		return nil, fault.New(fault.Storage, op, "file", err)
	}
	raw, err = io.ReadAll(io.LimitReader(f, MaxImage+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fault.New(fault.Storage, op, "file", err)
	}
	return raw, nil
}

func (s *Screens) drop(c *gin.Context, who access.Principal) {
	id, err := visitOf(c)
	if err == nil {
		_, err = s.desk.DropImage(c.Request.Context(), who, id, c.Param("name"))
	}
	if err != nil && !fault.Is(err, fault.NotFound) { // dropped twice is dropped
		s.fail(c, who, err)
		return
	}
	web.See(c, s.backTo(c, c.Param("name")))
}

// Uploads in pieces are those of the API, for the session of a browser.
func (s *Screens) pieces() *API { return &API{desk: s.desk, auth: s.o.Auth} }

func (s *Screens) startPieces(c *gin.Context, who access.Principal) { s.pieces().startImage(c, who) }

func (s *Screens) piecesStatus(c *gin.Context, who access.Principal) { s.pieces().imageStatus(c, who) }

func (s *Screens) appendPieces(c *gin.Context, who access.Principal) { s.pieces().appendImage(c, who) }

// capture gives the panel of one image.
func (s *Screens) capture(at screen, v visitState, name string, wrong []FieldRule) web.Capture {
	base := "/visits/" + v.Visit + "/images/" + name
	one := web.Capture{
		Name: name, Title: imageLabel(at.p, name), Action: base, Upload: base + "/pieces", Version: v.Version,
		Accept: strings.Join(mediaFor(name), ","), Camera: name == namePortrait, Pad: name == nameSignature,
		Error: sentences(at.p, wrong)["images."+name],
	}
	if key := "desk.image.hint." + name; at.p.Has(key) {
		one.Hint = at.p.T(key)
	}
	if held, ok := v.image(name); ok {
		one.Complete, one.Held, one.Drop = held.Complete, imageWords(at.p, held), base+"/drop"
		if held.Complete && (held.MediaType == mediaJPEG || held.MediaType == mediaPNG) {
			one.Preview = base + "?v=" + strconv.FormatUint(held.Version, 10)
		}
	}
	return one
}

// imageWords tells what is there: "JPEG, 840 × 1080, 212 kB".
func imageWords(p lang.Printer, i ImageStatus) string {
	if !i.Complete {
		return p.T("desk.image.partly")
	}
	parts := []string{strings.ToUpper(strings.TrimPrefix(strings.TrimPrefix(i.MediaType[strings.Index(i.MediaType, "/")+1:], "x-"), "vnd."))}
	if i.Width > 0 {
		parts = append(parts, strconv.Itoa(i.Width)+" × "+strconv.Itoa(i.Height))
	}
	return lang.LTR(strings.Join(parts, ", ")) + " · " + p.T("desk.image.size", "size", p.Number((i.Size+1023)/1024))
}
