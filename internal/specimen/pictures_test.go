package specimen_test

import (
	"bytes"
	"image"
	"image/color"
	_ "image/jpeg" // portraits and scans
	_ "image/png"  // prints and signatures
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/specimen"
)

// requirePicture asks for a picture of a format and size, with a number of
// bytes within bounds.
func requirePicture(tb testing.TB, data []byte, format string, size image.Point) image.Image {
	tb.Helper()
	img, got, err := image.Decode(bytes.NewReader(data))
	require.NoError(tb, err)
	require.Equal(tb, format, got)
	require.Equal(tb, size, img.Bounds().Size())
	return img
}

func TestPortrait(t *testing.T) {
	for _, sex := range consular.Sexes() {
		for _, age := range []int{0, 6, 25, 104} {
			data := specimen.Portrait(3, sex, age)
			require.Greater(t, len(data), 60_000)
			require.Less(t, len(data), 200_000)
			img := requirePicture(t, data, "jpeg", image.Pt(840, 1080))
			light := func(x, y int) uint8 { return color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y }
			require.Greater(t, light(20, 20), uint8(200), "light ground")
			require.Greater(t, light(820, 200), uint8(200), "light ground")
		}
	}
	require.Equal(t, specimen.Portrait(1, consular.Female, 30), specimen.Portrait(1, consular.Female, 30))
	require.NotEqual(t, specimen.Portrait(1, consular.Female, 30), specimen.Portrait(2, consular.Female, 30))
}

func TestFingerprint(t *testing.T) {
	for _, finger := range []consular.Finger{consular.RightThumb, consular.RightIndex, consular.LeftLittle} {
		img := requirePicture(t, specimen.Fingerprint(11, finger), "png", image.Pt(400, 500))
		gray, ok := img.(*image.Gray)
		require.True(t, ok, "8-bit gray")
		dark, light := 0, 0
		for y := 150; y < 350; y++ {
			for x := 120; x < 280; x++ {
				switch v := gray.GrayAt(x, y).Y; {
				case v < 100:
					dark++
				case v > 180:
					light++
				}
			}
		}
		const all = 200 * 160
		require.Greater(t, dark, all/5, "ridges")
		require.Greater(t, light, all/8, "valleys")
		require.Greater(t, gray.GrayAt(3, 3).Y, uint8(230), "ground")
	}
	require.Equal(t, specimen.Fingerprint(1, consular.LeftRing), specimen.Fingerprint(1, consular.LeftRing))
	require.NotEqual(t, specimen.Fingerprint(1, consular.LeftRing), specimen.Fingerprint(1, consular.RightRing))
	require.NotEqual(t, specimen.Fingerprint(1, consular.LeftRing), specimen.Fingerprint(2, consular.LeftRing))
}

func TestSignature(t *testing.T) {
	for seed := range uint64(6) {
		img := requirePicture(t, specimen.Signature(seed), "png", image.Pt(600, 200))
		for x := range 600 { // the pen stays on the pad
			require.Equal(t, color.Gray{Y: 255}, color.GrayModel.Convert(img.At(x, 0)))
			require.Equal(t, color.Gray{Y: 255}, color.GrayModel.Convert(img.At(x, 199)))
		}
	}
	require.NotEqual(t, specimen.Signature(1), specimen.Signature(2))
}

func TestScan(t *testing.T) {
	v := specimen.New(4).Person(specimen.PersonOptions{MaxAge: 12, On: today})
	for _, kind := range []consular.DocumentKind{
		consular.DocRegistration, consular.DocGuardianRequest, consular.DocGuardianCard, consular.DocPassportCopy, consular.DocPhotograph,
	} {
		t.Run("OK/"+kind.String(), func(t *testing.T) {
			data := specimen.Paper{
				Kind: kind, Person: v.Person, Guardian: v.Guardian, Address: v.Contact.Address, Issued: v.On, Seed: v.Seed, Age: v.Age,
			}.JPEG()
			requirePicture(t, data, "jpeg", image.Pt(1240, 1754))
			require.Greater(t, len(data), 150_000)
			require.Less(t, len(data), 310_000)
		})
	}
	require.Equal(t, specimen.Scan(consular.DocOldCard, v.Person), specimen.Scan(consular.DocOldCard, v.Person))
}

// TestEveryPaperIsTypeset draws each kind small, about nobody and somebody.
func TestEveryPaperIsTypeset(t *testing.T) {
	made, light := specimen.New(4), specimen.FileOptions{Light: true}
	v := made.Person(specimen.PersonOptions{Service: consular.RecordJustice, MinAge: 12, MaxAge: 16, On: today})
	for _, person := range []consular.Person{{}, v.Person} {
		v.Person, v.Documents = person, nil
		for _, kind := range consular.DocumentKinds() {
			v.Documents = append(v.Documents, consular.DocumentHeld{Kind: kind, Issued: today})
		}
		seen := map[string]bool{}
		for _, f := range made.Files(v, light) {
			require.False(t, seen[string(f.Data)], "%s looks like another paper", f.Name)
			seen[string(f.Data)] = true
		}
	}
}

// names gives what a visit has to bring, in order.
func names(v specimen.Visit) []string {
	out, missing := []string{"portrait"}, false
	for _, f := range v.Fingers {
		if f.Exception == 0 {
			out = append(out, "print-"+f.Finger.String())
		}
		missing = missing || f.Exception != 0
	}
	if missing {
		out = append(out, "exceptions")
	}
	if v.Age >= 7 {
		out = append(out, "signature")
	}
	for _, d := range v.Documents {
		out = append(out, "scan-"+d.Kind.String())
	}
	return out
}

func TestFiles(t *testing.T) {
	card, child := consular.CNIERenewal, specimen.PersonOptions{Service: consular.CNIEFirst, MaxAge: 6, On: today}
	light := specimen.FileOptions{Light: true, Shared: true}
	for _, tc := range []struct {
		name   string
		person specimen.PersonOptions
		files  specimen.FileOptions
		most   int // bytes in all
	}{
		{"OKRecordFull", specimen.PersonOptions{Service: consular.RecordPolice, On: today}, specimen.FileOptions{}, 1_500_000},
		{"OKMinorLight", specimen.PersonOptions{Service: card, MinAge: 12, MaxAge: 15, On: today}, specimen.FileOptions{Light: true}, 400_000},
		{"OKAdultLightShared", specimen.PersonOptions{Service: card, On: today}, light, 400_000},
		{"OKChildLight", child, specimen.FileOptions{Light: true}, 200_000},
		{"OKChildShared", child, specimen.FileOptions{Light: true, Shared: true}, 200_000},
		{"OKRecordLightShared", specimen.PersonOptions{Service: consular.RecordPolice, On: today}, light, 200_000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			made := specimen.New(21)
			v := made.Person(tc.person)
			if len(v.Fingers) > 0 {
				v.Fingers[0].Quality, v.Fingers[0].Exception = 0, consular.Bandaged
			}
			got := made.Files(v, tc.files)
			total, found := 0, []string{}
			for _, f := range got {
				found = append(found, f.Name)
				total += len(f.Data)
				config, format, err := image.DecodeConfig(bytes.NewReader(f.Data))
				require.NoError(t, err)
				require.Equal(t, f.MediaType, "image/"+format)
				if f.Name == "portrait" {
					require.GreaterOrEqual(t, config.Width, 413, "the least that a desk takes")
					require.GreaterOrEqual(t, config.Height, 531)
				}
			}
			require.Equal(t, names(v), found)
			require.LessOrEqual(t, len(got), 24, "the most that a desk takes")
			require.LessOrEqual(t, total, tc.most)
			if tc.files.Light {
				require.Equal(t, got, made.Files(v, tc.files), "again the same")
				require.Equal(t, got, specimen.New(21).Files(v, tc.files), "by another maker of the seed too")
			}
		})
	}
}

func TestSharedFilesAreFew(t *testing.T) {
	made, faces := specimen.New(2), map[string]bool{}
	for range 60 {
		v := made.Person(specimen.PersonOptions{Service: consular.RecordJustice, MinAge: 30, MaxAge: 44, On: today})
		faces[string(made.Files(v, specimen.FileOptions{Light: true, Shared: true})[0].Data)] = true
	}
	require.Len(t, faces, 8, "four of each sex")
}

func BenchmarkPortrait(b *testing.B) {
	for seed := uint64(0); b.Loop(); seed++ {
		specimen.Portrait(seed, consular.Female, 40)
	}
}

func BenchmarkFingerprint(b *testing.B) {
	for seed := uint64(0); b.Loop(); seed++ {
		specimen.Fingerprint(seed, consular.RightIndex)
	}
}

func BenchmarkSignature(b *testing.B) {
	for seed := uint64(0); b.Loop(); seed++ {
		specimen.Signature(seed)
	}
}

func BenchmarkScan(b *testing.B) {
	v := specimen.New(1).Person(specimen.PersonOptions{On: today})
	for b.Loop() {
		specimen.Scan(consular.DocBirthExtract, v.Person)
	}
}

func BenchmarkFiles(b *testing.B) {
	for how, o := range map[string]specimen.FileOptions{
		"Full": {}, "Light": {Light: true}, "Shared": {Shared: true}, "LightShared": {Light: true, Shared: true},
	} {
		b.Run(how, func(b *testing.B) {
			made, total, n := specimen.New(1), 0, 0
			for b.Loop() {
				v := made.Person(specimen.PersonOptions{Service: consular.CNIERenewal, On: today})
				for _, f := range made.Files(v, o) {
					total += len(f.Data)
				}
				n++
			}
			b.ReportMetric(float64(total)/float64(n), "bytes/visit")
		})
	}
}
