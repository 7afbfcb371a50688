package localnet

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
)

func person(seed uint64, p *Post) visitor {
	img := image.NewGray(image.Rect(0, 0, 420, 540))
	for i := range img.Pix {
		img.Pix[i] = byte(uint64(i)*seed%251 + uint64(i)/999)
	}
	img.Set(0, 0, color.White)
	var b bytes.Buffer
	_ = png.Encode(&b, img)
	name := func(a, l string) map[string]string { return map[string]string{"arabic": a, "latin": l} }
	pn := func(fa, fl, ga, gl string) map[string]any {
		return map[string]any{"family_name": name(fa, fl), "given_name": name(ga, gl)}
	}
	fingers := []map[string]any{}
	files := []file{{Name: "portrait", Data: b.Bytes()}, {Name: "signature", Data: b.Bytes()}}
	for _, f := range []string{"right-thumb", "right-index", "right-middle", "right-ring", "right-little", "left-thumb", "left-index", "left-middle", "left-ring", "left-little"} {
		fingers = append(fingers, map[string]any{"finger": f, "quality": 70, "attempts": 1})
		files = append(files, file{Name: "print-" + f, Data: b.Bytes()})
	}
	for _, d := range []string{"registration-certificate", "birth-extract", "photograph"} {
		files = append(files, file{Name: "scan-" + d, Data: b.Bytes()})
	}
	return visitor{Service: "cnie.first", Pickup: string(p.ID), Files: files, Groups: map[string]any{
		"person": map[string]any{
			"family_name": name("الإدريسي", "El Idrissi"), "given_name": name("فاطمة", "Fatima"), "sex": "F",
			"birth_date": "1990-01-01", "birth_place": name("فاس", "Fès"), "birth_country": "MA", "nationality": "MA",
			"father": pn("الإدريسي", "El Idrissi", "أحمد", "Ahmed"), "mother": pn("العلوي", "Alaoui", "خديجة", "Khadija"),
		},
		"contact":   map[string]any{"phone": "+33612345678", "language": "fr"},
		"delivery":  map[string]any{"mode": "collect", "post": p.ID},
		"documents": map[string]any{"held": []map[string]string{{"kind": "registration-certificate"}, {"kind": "birth-extract", "issued": "2026-10-20"}, {"kind": "photograph"}}},
		"fingers":   map[string]any{"reports": fingers},
	}}
}
