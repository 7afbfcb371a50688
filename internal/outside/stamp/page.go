package stamp

import (
	"html/template"
	"net/http"

	"golang.org/x/text/language"

	"jaliya/internal/consular"
	"jaliya/internal/outside"
)

// words are the texts of the page.
type words struct{ Lang, Dir, Title, Amount, Pay, Refuse, Paid, Expired, Training string }

var texts = []words{
	{"ar", "rtl", "أداء رسوم التنبر", "المبلغ", "أداء", "رفض", "تم الأداء. يمكنكم إغلاق هذه الصفحة.", "انتهت مدة هذا الأداء.", "للتدريب: لا يُقتطع أي مبلغ."},
	{"fr", "ltr", "Paiement du timbre", "Montant", "Payer", "Refuser", "Paiement reçu. Vous pouvez fermer cette page.", "Ce paiement a expiré.", "Pour la formation : rien n'est débité."},
	{"en", "ltr", "Payment of stamp duty", "Amount", "Pay", "Refuse", "Payment received. You may close this page.", "This payment has expired.", "For training: nothing is charged."},
}

var matcher = language.NewMatcher([]language.Tag{language.Arabic, language.French, language.English})

var page = template.Must(template.New("pay").Parse(`<!doctype html><html lang="{{.Lang}}" dir="{{.Dir}}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}}</title>
<style>body{font:1.1rem/1.6 sans-serif;margin:0;color:#1b1b1b;background:#fff}main{max-width:24rem;margin:0 auto;padding:1.5rem 1rem}
button{font:inherit;padding:.7rem 1.4rem;margin-inline-end:.7rem;border:2px solid #0b5d3b;border-radius:.3rem;background:#fff;color:#0b5d3b}
button.first{background:#0b5d3b;color:#fff}.sum{font-size:1.6rem;font-weight:bold}nav a{display:inline-block;margin-inline-end:1rem;color:#0b5d3b}</style>
<main><nav><a href="?lang=ar" lang="ar">العربية</a><a href="?lang=fr" lang="fr">Français</a><a href="?lang=en" lang="en">English</a></nav>
<h1>{{.Title}}</h1><p>{{.Amount}}<br><bdi class="sum">{{.Sum}}</bdi></p>
{{if eq .State "open"}}<form method="post"><button class="first" name="do" value="pay">{{.Pay}}</button><button name="do" value="refuse">{{.Refuse}}</button></form>
{{else if eq .State "expired"}}<p role="status">{{.Expired}}</p>{{else}}<p role="status">{{.Paid}}</p>{{end}}<p>{{.Training}}</p></main></html>
`))

// Pages gives the pages where citizens pay. They are for browsers and ask for
// no token: who has the address may pay.
func (s *Simulator) Pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pay/{page}", s.showPage)
	mux.HandleFunc("POST /pay/{page}", s.click)
	return &outside.Service{Mux: mux, Faults: s.faults, Log: s.log}
}

// find gives the payment of a page; mu is held.
func (s *Simulator) find(r *http.Request) (id string, p *payment) {
	for id, p := range s.s.Payments {
		if p.Page == r.PathValue("page") {
			return id, p
		}
	}
	return "", nil
}

func (s *Simulator) showPage(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	_, p := s.find(r)
	var view struct {
		words

		Sum, State string
	}
	if p != nil {
		view.Sum, view.State = p.Request.Amount.String(), p.state(s.cfg.Clock.Now())
	}
	s.mu.Unlock()
	if p == nil {
		http.NotFound(w, r)
		return
	}
	_, i := language.MatchStrings(matcher, r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
	view.words = texts[i]
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	_ = page.Execute(w, view) // a reader that is gone is no matter
}

// click pays or refuses and sends the browser back. A second click on an open
// page that was paid meanwhile pays nothing.
func (s *Simulator) click(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	s.mu.Lock()
	defer s.mu.Unlock()
	id, p := s.find(r)
	if p == nil {
		http.NotFound(w, r)
		return
	}
	back := p.Request.Return
	if r.PostFormValue("do") == "pay" && p.state(s.cfg.Clock.Now()) == "open" {
		s.receive(id, p)
		if s.save() != nil {
			http.Error(w, "storage", http.StatusInternalServerError)
			return
		}
		s.signal()
		if _, yes := s.faults.Fires(ReturnLost, ""); yes {
			back = r.URL.Path
		}
	}
	http.Redirect(w, r, back, http.StatusSeeOther) //nolint:gosec // G710: the hub named the address when it created the payment
}

// String gives the amount as a person reads it.
func (m money) String() string {
	return consular.Money{Minor: m.Minor, Currency: consular.Currency(m.Currency)}.String()
}
