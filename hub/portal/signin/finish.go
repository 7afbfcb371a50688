package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// skew is how much the clocks of portal and provider may differ.
const skew = time.Minute

// Finish takes what the browser brings back. It counts once, whatever comes of
// it; only an answer that belongs to no attempt of this browser changes nothing.
// Errors: a fault whose cause is one of Codes.
func (s *SignIn) Finish(r *http.Request) (Signed, error) {
	back, err := readAnswer(r)
	if err != nil {
		return Signed{}, err
	}
	a, err := s.pending.take(back.state, s.browser(r), time.Now())
	if err != nil {
		return Signed{}, err
	}
	p, err := s.ask(r.Context(), opFinish)
	if err != nil {
		return Signed{}, err
	}
	if back.issuer != s.cfg.Issuer && (back.issuer != "" || p.saysIssuer) {
		return Signed{}, refuse(fault.Denied, opFinish, CodeMixed, "iss")
	}
	if back.failure != "" {
		return Signed{}, refusal(back.failure)
	}
	answer, err := s.exchange(r.Context(), p, a, back.code)
	if err != nil {
		return Signed{}, err
	}
	id, err := s.verify(r.Context(), p, a, answer)
	if err != nil {
		return Signed{}, err
	}
	return s.signed(r.Context(), p, a, id)
}

// answer is what a browser brought.
type answer struct{ state, code, issuer, failure string }

// maxParameter caps one parameter, in bytes.
const maxParameter = 2048

// readAnswer takes each parameter at most once.
func readAnswer(r *http.Request) (answer, error) {
	var a answer
	q := r.URL.Query()
	for name, into := range map[string]*string{"state": &a.state, "code": &a.code, "iss": &a.issuer, "error": &a.failure} {
		values := q[name]
		if len(values) > 1 || (len(values) == 1 && len(values[0]) > maxParameter) {
			return a, refuse(fault.Invalid, opFinish, CodeMalformed, name)
		}
		if len(values) == 1 {
			*into = values[0]
		}
	}
	if r.Method != http.MethodGet || a.state == "" || (a.code == "") == (a.failure == "") {
		return a, refuse(fault.Invalid, opFinish, CodeMalformed, "code or error, and state")
	}
	return a, nil
}

// refusal translates an error of the standard.
func refusal(failure string) error {
	switch failure {
	case "access_denied", "login_required", "interaction_required", "consent_required", "account_selection_required":
		return refuse(fault.Denied, opFinish, CodeCanceled, "authorization")
	case "unmet_authentication_requirements":
		return refuse(fault.Denied, opFinish, CodeLevel, "authorization")
	case "temporarily_unavailable", "server_error":
		return down(opFinish, "authorization")
	default:
		return refuse(fault.Denied, opFinish, CodeRefused, "authorization")
	}
}

// exchange redeems the code.
func (s *SignIn) exchange(ctx context.Context, p *provider, a attempt, code string) (*oauth2.Token, error) {
	options, err := s.proof.options(s.cfg.ClientID, s.cfg.Issuer)
	if err != nil {
		return nil, err
	}
	options = append(options, oauth2.VerifierOption(a.verifier))
	got, err := s.oauth(p).Exchange(oidc.ClientContext(ctx, s.client), code, options...)
	if err == nil {
		return got, nil
	}
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || refused.Response == nil || refused.Response.StatusCode >= http.StatusInternalServerError {
		return nil, down(opFinish, "exchange: "+plain(err))
	}
	switch refused.ErrorCode {
	case "invalid_client", "unauthorized_client":
		return nil, down(opFinish, "exchange: the provider does not know this client") // the operator mends it, not the person
	case "":
		return nil, down(opFinish, "exchange: "+errUnreadable.Error())
	default:
		return nil, refuse(fault.Denied, opFinish, CodeRefused, "exchange")
	}
}

// signed makes the result of a token that holds.
func (s *SignIn) signed(ctx context.Context, p *provider, a attempt, id identity) (Signed, error) {
	out := Signed{Subject: subjectOf(s.cfg.Issuer, id.subject), Level: id.level, AuthTime: id.proved, Fresh: a.want.Fresh, Return: a.want.Return, topic: topicOf(s.cfg.Issuer, id.subject)}
	if a.want.Subject != "" && subtle.ConstantTimeCompare([]byte(a.want.Subject), []byte(out.Subject)) != 1 {
		return Signed{}, refuse(fault.Denied, opFinish, CodeOtherPerson, "subject")
	}
	if s.cfg.Profile != National {
		return out, nil
	}
	person, released, err := readPerson(id.claims.Verified)
	if err != nil {
		return Signed{}, err
	}
	if out.Receipt, err = s.receipt(ctx, p, a, expected{identity: id, released: released}); err != nil {
		return Signed{}, err
	}
	out.Person, out.Released = person, released
	age, err := person.Birth.AgeOn(consular.DateOf(time.Now()))
	if err != nil || age < s.cfg.MinAge {
		return Signed{}, refuse(fault.Denied, opFinish, CodeUnderage, "age")
	}
	return out, nil
}
