package contract_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	contracts "jaliya/deploy/openapi"
	"jaliya/internal/consular"
	"jaliya/internal/specimen"
	"jaliya/internal/wire"
	"jaliya/tools/contract/client/desk"
)

// counter is a post's desk as one program sees it.
type counter struct {
	t *testing.T
	*desk.ClientWithResponses
}

func newCounter(t *testing.T, base, token string) counter {
	t.Helper()
	c, err := desk.NewClientWithResponses(base, desk.WithHTTPClient(held(t, contracts.Desk)), desk.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Accept-Language", "en")
		return nil
	}))
	require.NoError(t, err)
	return counter{t: t, ClientWithResponses: c}
}

func quoted(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// shaped gives a value of ours the generated type, by its JSON; a member that
// the document does not know is an error.
func shaped[T any](t *testing.T, value any) (out T) {
	t.Helper()
	raw, err := json.Marshal(value)
	require.NoError(t, err)
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&out))
	return out
}

// visitor is the next person who comes to Lyon for a first card.
func visitor(t *testing.T, post string) (specimen.Visit, []specimen.File) {
	t.Helper()
	directory, err := consular.BuiltInDirectory()
	require.NoError(t, err)
	place, err := directory.Lookup(consular.PostID(post))
	require.NoError(t, err)
	maker := specimen.New(11)
	v := maker.Person(specimen.PersonOptions{Service: consular.CNIEFirst, Post: place, On: consular.DateOf(time.Now())})
	return v, maker.Files(v, specimen.FileOptions{Light: true, Shared: true})
}

// enrol captures one person and gives the version to release.
func (c counter) enrol(post string, v specimen.Visit, files []specimen.File) (string, int64) {
	t, ctx := c.t, c.t.Context()
	id := wire.NewRecordID().String()
	service, pickup := v.Service.String(), post
	begun, err := c.BeginVisitWithResponse(ctx, desk.BeginInput{Visit: id, Service: service, Pickup: &pickup})
	require.NoError(t, err)
	require.NotNil(t, begun.JSON201, "%s", begun.Body)
	now := begun.JSON201.Version
	again, err := c.BeginVisitWithResponse(ctx, desk.BeginInput{Visit: id, Service: service, Pickup: &pickup})
	require.NoError(t, err)
	require.Equal(t, now, again.JSON201.Version, "the same id begins nothing twice")

	saved := func(got *desk.Visit, body []byte, err error) {
		t.Helper()
		require.NoError(t, err)
		require.NotNil(t, got, "%s", body)
		require.Greater(t, got.Version, now)
		now = got.Version
	}
	person, err := c.PutPersonWithResponse(ctx, id, &desk.PutPersonParams{IfMatch: quoted(now)}, shaped[desk.PersonFormInput](t, v.Person))
	saved(person.JSON200, person.Body, err)
	contact, err := c.PutContactWithResponse(ctx, id, &desk.PutContactParams{IfMatch: quoted(now)}, shaped[desk.ContactFormInput](t, v.Contact))
	saved(contact.JSON200, contact.Body, err)
	delivery, err := c.PutDeliveryWithResponse(ctx, id, &desk.PutDeliveryParams{IfMatch: quoted(now)}, shaped[desk.DeliveryFormInput](t, v.Delivery))
	saved(delivery.JSON200, delivery.Body, err)
	documents, err := c.PutDocumentsWithResponse(ctx, id, &desk.PutDocumentsParams{IfMatch: quoted(now)},
		shaped[desk.DocumentsFormInput](t, map[string]any{"held": v.Documents}))
	saved(documents.JSON200, documents.Body, err)
	reports := []map[string]any{}
	for _, f := range v.Fingers {
		report := map[string]any{"finger": f.Finger, "quality": f.Quality, "attempts": 1}
		if f.Exception != 0 {
			report["exception"] = f.Exception
		}
		reports = append(reports, report)
	}
	fingers, err := c.PutFingersWithResponse(ctx, id, &desk.PutFingersParams{IfMatch: quoted(now)},
		shaped[desk.FingersFormInput](t, map[string]any{"reports": reports}))
	saved(fingers.JSON200, fingers.Body, err)
	if v.Guardian != nil {
		guardian, err := c.PutGuardianWithResponse(ctx, id, &desk.PutGuardianParams{IfMatch: quoted(now)}, shaped[desk.GuardianFormInput](t, v.Guardian))
		saved(guardian.JSON200, guardian.Body, err)
	}
	other := shaped[desk.ContactFormInput](t, v.Contact)
	other.Phone = new("+33600000000")
	stale, err := c.PutContactWithResponse(ctx, id, &desk.PutContactParams{IfMatch: quoted(1)}, other)
	require.NoError(t, err)
	require.NotNil(t, stale.ApplicationProblemJSON409, "%s", stale.Body)
	require.Equal(t, "version-conflict", stale.ApplicationProblemJSON409.Code)
	require.Equal(t, now, *stale.ApplicationProblemJSON409.Next.Version)
	for _, f := range files {
		now = c.upload(id, f)
	}
	paid, err := c.PayVisitWithResponse(ctx, id, &desk.PayVisitParams{IfMatch: quoted(now)}, desk.PayInput{Method: "cash", Received: new("200")})
	saved(paid.JSON200, paid.Body, err)
	review, err := c.ReviewVisitWithResponse(ctx, id)
	require.NoError(t, err)
	require.NotNil(t, review.JSON200, "%s", review.Body)
	require.Empty(t, review.JSON200.Violations)
	require.True(t, review.JSON200.Ready)
	return id, now
}

// upload sends an image in two pieces and asks between them how far it came.
func (c counter) upload(visit string, f specimen.File) int64 {
	t, ctx := c.t, c.t.Context()
	sum := sha256.Sum256(f.Data)
	begun, err := c.StartImageWithResponse(ctx, visit, f.Name, desk.ImageInput{Size: int64(len(f.Data)), Sha256: hex.EncodeToString(sum[:])})
	require.NoError(t, err)
	require.NotNil(t, begun.JSON201, "%s", begun.Body)
	half := len(f.Data) / 2
	piece := func(from, to int) *desk.ImageStatus {
		got, err := c.AppendImageWithBodyWithResponse(ctx, visit, f.Name,
			&desk.AppendImageParams{UploadOffset: strconv.Itoa(from)}, "application/offset+octet-stream", bytes.NewReader(f.Data[from:to]))
		require.NoError(t, err)
		require.NotNil(t, got.JSON200, "%s", got.Body)
		return got.JSON200
	}
	require.False(t, piece(0, half).Complete)
	status, err := c.ImageStatusWithResponse(ctx, visit, f.Name)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status.StatusCode())
	require.Equal(t, strconv.Itoa(half), status.HTTPResponse.Header.Get("Upload-Offset"))
	require.Equal(t, "?0", status.HTTPResponse.Header.Get("Upload-Complete"))
	last := piece(half, len(f.Data))
	require.True(t, last.Complete)
	return last.Version
}
