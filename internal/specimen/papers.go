package specimen

import (
	"image"
	"strings"

	"golang.org/x/image/draw"

	"jaliya/internal/consular"
)

// paperText is what a written paper says: who issued it, its title, a sentence.
type paperText struct{ issuer, title, body string }

// paperTexts gives the texts of written papers; the offices are made up.
func paperTexts() map[consular.DocumentKind]paperText {
	const (
		consulate = "Poste consulaire (fictif)"
		civil     = "Bureau de l'état civil (fictif)"
		holder    = "Établi par la personne intéressée"
	)
	return map[consular.DocumentKind]paperText{ //nolint:exhaustive // cards and photographs are drawn otherwise
		consular.DocRegistration:     {consulate, "CERTIFICAT D'IMMATRICULATION CONSULAIRE", "La personne désignée ci-dessous est inscrite au registre de ce poste et demeure à l'adresse indiquée."},
		consular.DocFamilyBooklet:    {civil, "LIVRET DE FAMILLE (page)", "Extrait du livret de famille où figure la personne désignée ci-dessous."},
		consular.DocBirthCopy:        {civil, "COPIE INTÉGRALE D'ACTE DE NAISSANCE", "Copie conforme au registre. Les noms figurent au registre dans les deux écritures."},
		consular.DocBirthExtract:     {civil, "EXTRAIT D'ACTE DE NAISSANCE", "Extrait délivré sur demande, valable trois mois à compter de sa date."},
		consular.DocMarriageAct:      {civil, "ACTE DE MARIAGE", "Acte dressé en présence de deux témoins et transcrit au registre."},
		consular.DocDeathCertificate: {civil, "CERTIFICAT DE DÉCÈS", "Certificat relatif au conjoint de la personne désignée ci-dessous."},
		consular.DocLossStatement:    {holder, "DÉCLARATION SUR L'HONNEUR DE PERTE", "Je déclare sur l'honneur avoir perdu ma carte nationale d'identité et ne pas l'avoir cédée."},
		consular.DocPoliceReport:     {"Police locale (fictive)", "RÉCÉPISSÉ DE DÉCLARATION DE VOL", "La personne désignée ci-dessous a déclaré le vol de ses documents."},
		consular.DocChangeProof:      {civil, "JUGEMENT RECTIFICATIF", "Il est ordonné la rectification de l'acte de la personne désignée ci-dessous."},
		consular.DocGuardianRequest:  {holder, "DEMANDE DU REPRÉSENTANT LÉGAL", "Je demande, en qualité de représentant légal, l'établissement d'une carte pour la personne mineure."},
		consular.DocMinorResidence:   {consulate, "ATTESTATION DE RÉSIDENCE", "La personne mineure désignée ci-dessous demeure à l'adresse indiquée."},
		consular.DocCourtDecision:    {"Tribunal (fictif)", "DÉCISION DE TUTELLE", "La personne désignée ci-dessous est placée sous la tutelle de son représentant."},
		consular.DocPowerOfAttorney:  {holder, "PROCURATION SPÉCIALE LÉGALISÉE", "Je donne pouvoir à mon mandataire de déposer en mon nom la présente demande."},
		consular.DocRequestLetter:    {holder, "LETTRE DE DEMANDE", "Je sollicite la délivrance du document désigné dans ma demande."},
	}
}

// field is a row of a paper.
type field struct{ label, value string }

// fields lists what the paper knows, in the order of a form.
func (p Paper) fields() []field {
	place := p.Person.BirthPlace.Latin
	if p.Person.BirthCountry != "" {
		place += " (" + p.Person.BirthCountry.String() + ")"
	}
	out := []field{
		{"Nom", strings.ToUpper(p.Person.Family.Latin)},
		{"Prénom", p.Person.Given.Latin},
		{"Sexe", sexLetter(p.Person.Sex)},
		{"Date de naissance", p.Person.Birth.Value()},
		{"Lieu de naissance", place},
		{"Père", p.Person.Father.Given.Latin},
		{"Mère", strings.TrimSpace(p.Person.Mother.Given.Latin + " " + p.Person.Mother.Family.Latin)},
		{"Acte n°", p.Person.ActNumber},
		{"Numéro national", p.Person.NationalNumber.Value()},
		{"Conjoint", p.Person.Spouse.Latin},
	}
	if !p.Address.IsZero() {
		out = append(out, field{"Adresse", p.Address.Street.Latin}, field{"", p.Address.Postcode + " " + p.Address.City.Latin})
	}
	if p.Guardian != nil {
		out = append(out, field{"Représentant légal", p.Guardian.Name.Given.Latin + " " + p.Guardian.Name.Family.Latin})
	}
	return out
}

// sexLetter is empty where the sex is not given.
func sexLetter(s consular.Sex) string {
	if s.Validate() != nil {
		return ""
	}
	return s.String()
}

// written sets a paper of text: issuer, title, table, sentence, stamp, signature.
func (g *page) written(p Paper) {
	text := paperTexts()[p.Kind]
	g.text("ROYAUME DU MAROC, document fictif", setting{at: point{pageMargin, 260}, size: 44, bold: true, paint: inkBlack})
	g.text(text.issuer, setting{at: point{pageMargin, 325}, size: 44, paint: inkBlack})
	g.text(text.title, setting{at: point{pageUnits / 2, 560}, size: 72, bold: true, centered: true, paint: inkBlack})
	g.box(inkBlack, point{pageMargin + 300, 605}, point{pageUnits - pageMargin - 300, 610})
	y := 780.0
	for _, line := range wrapped(text.body, 70) {
		g.text(line, setting{at: point{pageMargin, y}, size: 46, paint: inkBlack})
		y += 70
	}
	y += 70
	for _, row := range p.fields() {
		if strings.TrimSpace(row.value) == "" {
			continue
		}
		g.text(row.label, setting{at: point{pageMargin, y}, size: 40, paint: inkGray})
		g.text(row.value, setting{at: point{pageMargin + 560, y}, size: 48, bold: true, paint: inkBlack})
		g.box(faint(inkGray, 0.5), point{pageMargin, y + 26}, point{pageUnits - pageMargin, y + 29})
		y += 100
	}
	if p.Issued != "" {
		g.text("Fait le "+p.Issued.String(), setting{at: point{pageMargin, 2440}, size: 44, paint: inkBlack})
	}
	g.stamp(point{1180, 2520})
	g.sign(generator(p.Seed, streamSignature), point{1300, 2430}, 1)
}

// wrapped breaks a sentence into lines of at most so many letters.
func wrapped(s string, limit int) []string {
	var out []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && len(line)+1+len(word) > limit {
			out, line = append(out, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(out, line)
}

// card sets a copy of a card: front with a portrait, back with a
// machine-readable zone that no reader takes, since its check digits are X.
func (g *page) card(p Paper) {
	title := "COPIE DE CARTE"
	if p.Kind == consular.DocPassportCopy {
		title = "COPIE DE PASSEPORT"
	}
	if p.Kind == consular.DocGuardianCard {
		title = "COPIE DE CARTE DU REPRÉSENTANT LÉGAL"
	}
	g.text(title, setting{at: point{pageUnits / 2, 380}, size: 60, bold: true, centered: true, paint: inkBlack})
	const left, top, wide, tall = 350, 560, 1400, 880
	for i := range 2 {
		y := float64(top + i*(tall+120))
		g.box(rgb(0xe3ebe6), point{left, y}, point{left + wide, y + tall})
		g.frame(inkGray, point{left, y}, point{left + wide, y + tall})
		g.text("SPECIMEN, carte fictive", setting{at: point{left + 60, y + 90}, size: 48, bold: true, paint: rgb(0x2f5a44)})
	}
	p = p.ofHolder()
	g.paste(drawPortrait(p.Seed, p.Person.Sex, p.Age, portraitLight), point{left + 60, top + 190}, 420)
	y := top + 220.0
	for _, row := range p.fields()[:5] {
		if row.value == "" {
			continue
		}
		g.text(row.label, setting{at: point{left + 540, y}, size: 30, paint: inkGray})
		g.text(row.value, setting{at: point{left + 540, y + 52}, size: 48, bold: true, paint: inkBlack})
		y += 122
	}
	zone := top + tall + 120 + 560.0
	for _, line := range []string{"I<MAR" + or(p.Person.NationalNumber.Value(), "ZZ000000") + "XX", "000000X" + "000000XMAR", "SPECIMEN<<SPECIMEN"} {
		line += strings.Repeat("<", max(0, 30-len(line)))
		for i, r := range line {
			g.text(string(r), setting{at: point{left + 70 + float64(i)*42, zone}, size: 52, paint: inkBlack})
		}
		zone += 100
	}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// ofHolder gives the paper about whoever holds the card: the guardian, for the
// guardian's card.
func (p Paper) ofHolder() Paper {
	if p.Kind != consular.DocGuardianCard || p.Guardian == nil {
		return p
	}
	sex := consular.Male
	if p.Guardian.Name == p.Person.Mother {
		sex = consular.Female
	}
	holder := consular.Person{
		Family: p.Guardian.Name.Family, Given: p.Guardian.Name.Given, Sex: sex, NationalNumber: p.Guardian.NationalNumber,
	}
	return Paper{Kind: p.Kind, Person: holder, Seed: p.Seed + 1, Age: 41, Address: p.Address}
}

// photograph pastes a print of 35 x 45 mm, enlarged, as on a scanner's glass.
func (g *page) photograph(p Paper) {
	g.text("PHOTOGRAPHIE 35 x 45 mm", setting{at: point{pageUnits / 2, 380}, size: 60, bold: true, centered: true, paint: inkBlack})
	g.box(rgb(0xffffff), point{580, 580}, point{1520, 1776})
	g.frame(inkGray, point{580, 580}, point{1520, 1776})
	g.paste(drawPortrait(p.Seed, p.Person.Sex, p.Age, portraitLight), point{620, 620}, 860)
}

// paste puts a picture so many units wide at a place.
func (g *page) paste(img image.Image, at point, wide float64) {
	tall := wide * float64(img.Bounds().Dy()) / float64(img.Bounds().Dx())
	to := image.Rect(
		int(at.x*g.scale), int(at.y*g.scale), int((at.x+wide)*g.scale), int((at.y+tall)*g.scale),
	)
	draw.ApproxBiLinear.Scale(g.img, to, img, img.Bounds(), draw.Over, nil)
}
