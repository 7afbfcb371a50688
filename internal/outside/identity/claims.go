package identity

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"jaliya/internal/consular"
)

// needed are the attributes without which nobody signs in, optional those that
// a person may hold back, as they stand on the page.
var (
	needed   = []string{"family_name", "given_name", "birthdate", "gender", "national_number"}
	optional = []string{"father", "mother", "nationalities", "place_of_birth"}
)

// attributes gives the claims about a person, by name.
func attributes(p consular.Person) map[string]any {
	all := map[string]any{
		"birthdate": birthdate(p.Birth), "gender": gender(p.Sex), "national_number": string(p.NationalNumber),
		"nationalities": []string{string(p.Nationality)},
		"place_of_birth": map[string]any{
			"locality": p.BirthPlace.Latin, "locality#ar": p.BirthPlace.Arabic, "country": string(p.BirthCountry),
		},
	}
	put(all, "family_name", p.Family)
	put(all, "given_name", p.Given)
	for name, parent := range map[string]consular.PersonName{"father": p.Father, "mother": p.Mother} {
		if parent.IsZero() {
			continue
		}
		one := map[string]any{}
		put(one, "family_name", parent.Family)
		put(one, "given_name", parent.Given)
		all[name] = one
	}
	return all
}

func put(into map[string]any, name string, n consular.Name) {
	if n.Latin != "" {
		into[name] = n.Latin
	}
	if n.Arabic != "" {
		into[name+"#ar"] = n.Arabic
	}
}

// released gives what a person agreed to, and the names for the receipt.
func released(p consular.Person, agreed []string) (claims map[string]any, names []string) {
	claims = attributes(p)
	for key := range claims {
		name := strings.TrimSuffix(key, "#ar")
		if !slices.Contains(needed, name) && !slices.Contains(agreed, name) {
			delete(claims, key)
			continue
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return claims, names
}

func birthdate(b consular.BirthDate) string {
	year, month, day := b.Parts()
	switch {
	case month == 0:
		return fmt.Sprintf("%04d", year)
	case day == 0:
		return fmt.Sprintf("%04d-%02d", year, month)
	default:
		return fmt.Sprintf("%04d-%02d-%02d", year, month, day)
	}
}

func gender(s consular.Sex) string {
	if s == consular.Female {
		return "female"
	}
	return "male"
}

// idToken gives the claims of the token about a sign-in.
func (p *Provider) idToken(g grant, now time.Time) map[string]any {
	claims, _ := released(g.citizen.Person, g.agreed)
	return map[string]any{
		"iss": p.cfg.Issuer, "aud": g.client.ID, "sub": p.subject(g), "nonce": g.nonce,
		"iat": now.Unix(), "exp": now.Add(tokenLife).Unix(), "auth_time": g.proved.Unix(),
		"acr": g.level, "amr": methods(g.level),
		"verified_claims": map[string]any{
			"verification": map[string]any{
				"trust_framework": "ma_tcn", "assurance_level": g.level, "verification_process": g.id,
				"time": g.proved.UTC().Format(time.RFC3339),
			},
			"claims": claims,
		},
	}
}

// receipt gives the claims of the authentication receipt.
func (p *Provider) receipt(g grant, now time.Time) map[string]any {
	_, names := released(g.citizen.Person, g.agreed)
	return map[string]any{
		"iss": p.cfg.Issuer, "aud": g.client.ID, "sub": p.subject(g), "jti": g.id,
		"iat": now.Unix(), "auth_time": g.proved.Unix(), "acr": g.level, "amr": methods(g.level),
		"nonce_s256": digest(g.nonce), "attributes": names,
	}
}

// Levels of a sign-in.
const (
	levelSubstantial = "substantial"
	levelHigh        = "high"
)

func methods(level string) []string {
	if level == levelHigh {
		return []string{"sc", "pin", "face"}
	}
	return []string{"app", "pin"}
}
