package portal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"time"

	"jaliya/hub/rpc"
	"jaliya/internal/config"
	"jaliya/internal/doctor"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/telemetry"
)

// patient is the portal under examination.
type patient struct {
	path    string
	cfg     Config
	wrong   error
	trust   *pki.TrustBundle
	ring    *pki.Keyring
	running bool
	health  telemetry.Report
}

// Examine is `hub doctor` for a portal. It changes nothing.
func Examine(ctx context.Context, path string) doctor.Examined {
	p := &patient{path: path}
	p.wrong = config.Load(path, &p.cfg)
	p.cfg = p.cfg.WithDefaults()
	r := doctor.Run(ctx, doctor.Patient{Role: "portal", Who: p.cfg.Address}, p.checks(), nil)
	return doctor.Examined{Report: r, Parts: p.parts(ctx)}
}

func (p *patient) checks() []doctor.Check {
	return []doctor.Check{
		{Step: "config", Run: func(context.Context) []doctor.Finding {
			return []doctor.Finding{doctor.Config(p.path, p.wrong)}
		}},
		{Step: "disk", Needs: []string{"config"}, Run: func(context.Context) []doctor.Finding { return doctor.Disk(p.cfg.Dir, 1<<20) }},
		{Step: "keys", Needs: []string{"config", "disk"}, Run: p.checkKeys},
		{Step: "process", Needs: []string{"config"}, Run: p.checkProcess},
		{Step: "certificates", Needs: []string{"config", "keys"}, Run: p.checkCertificates},
		{Step: "names", Needs: []string{"config"}, Run: func(ctx context.Context) []doctor.Finding { return doctor.Names(ctx, p.cfg.Members) }},
		{Step: "members", Needs: []string{"config", "keys", "names"}, Run: p.checkMembers},
		{Step: "web", Needs: []string{"config", "process"}, Run: p.checkWeb},
		{Step: "outside", Needs: []string{"config"}, Run: p.checkOutside},
	}
}

func one(code doctor.Code, facts doctor.Facts) []doctor.Finding {
	return []doctor.Finding{{Code: code, Facts: facts}}
}

// checkKeys opens what the portal holds; opening a ring makes its directory, so
// one that is not there is not opened.
func (p *patient) checkKeys(context.Context) []doctor.Finding {
	var err error
	if p.trust, err = loadTrust(p.cfg); err != nil {
		return doctor.Keys(err)
	}
	if _, err = os.Stat(p.cfg.path(ringDir)); err != nil {
		return doctor.Keys(fault.New(fault.NotFound, "portal: examine keys", ringDir, err))
	}
	p.ring, err = openRing(p.cfg)
	return doctor.Keys(err)
}

func (p *patient) checkProcess(ctx context.Context) []doctor.Finding {
	err := doctor.Ask(ctx, p.cfg.Admin.Listen, "/readyz", &p.health)
	p.running = err == nil
	return doctor.Process(p.health, err)
}

func (p *patient) checkCertificates(context.Context) []doctor.Finding {
	var list []doctor.Certificate
	if held, err := p.ring.Credential(pki.SlotWorking); err == nil {
		list = append(list, doctor.Certificate{Name: "working", Leaf: held.Leaf})
	}
	if p.cfg.Cert != "" {
		pair, err := tls.LoadX509KeyPair(p.cfg.Cert, p.cfg.Key)
		if err != nil {
			return one("certificates-missing", nil)
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			return one("certificates-missing", nil)
		}
		list = append(list, doctor.Certificate{Name: "web", Leaf: leaf})
	}
	return doctor.Certificates(list, time.Now())
}

// checkMembers asks each member for its public keys, over mutual TLS: the one
// question that needs nobody's data.
func (p *patient) checkMembers(ctx context.Context) []doctor.Finding {
	v := &pki.Verifier{Trust: p.trust, Roles: []pki.Role{pki.Member}, Now: time.Now}
	conf, err := pki.MutualClient(p.ring.Source(pki.SlotWorking), v, "http/1.1")
	if err != nil {
		return one("members-refused", nil)
	}
	var out []doctor.Finding
	good := false
	for _, address := range p.cfg.Members {
		f := doctor.Finding{Subject: address, Code: "members-good", Facts: doctor.Facts{"address": address}}
		if err := askMember(ctx, address, conf); err != nil {
			f.Code = map[string]doctor.Code{
				"name": "members-name", "closed": "members-closed", "certificate": "members-other", "identity": "members-refused",
			}[doctor.Reason(err)]
			if f.Code == "" {
				f.Code = "members-silent"
			}
		}
		good = good || f.Code == "members-good"
		out = append(out, f)
	}
	for i := range out {
		out[i].Relieve = good
	}
	return out
}

func askMember(ctx context.Context, address string, conf *tls.Config) error {
	ctx, cancel := context.WithTimeout(ctx, memberWait)
	defer cancel()
	member, err := rpc.NewClient([]string{address}, conf)
	if err != nil {
		return err
	}
	defer member.Close()
	_, err = member.Keys(ctx)
	return err
}

// checkWeb opens the first page as a browser on this machine does.
func (p *patient) checkWeb(ctx context.Context) []doctor.Finding {
	address := doctor.Near(p.cfg.Listen)
	facts := doctor.Facts{"address": address}
	ctx, cancel := context.WithTimeout(ctx, memberWait)
	defer cancel()
	scheme := "http"
	if p.cfg.secure() {
		scheme = "https"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+address+"/", nil)
	if err != nil {
		return one("web-silent", facts)
	}
	// Reached by address: the name in the certificate is looked at in another step.
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}} //nolint:gosec // our own listener
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return one("web-silent", facts)
	}
	_ = response.Body.Close() // only the status counts
	if response.StatusCode >= http.StatusInternalServerError {
		return one("web-silent", facts)
	}
	return one("web-good", facts)
}

// checkOutside looks for the provider with whom citizens sign in.
func (p *patient) checkOutside(ctx context.Context) []doctor.Finding {
	c := p.cfg.SignIn
	if c == nil {
		return one("outside-none", nil)
	}
	ctx, cancel := context.WithTimeout(ctx, memberWait)
	defer cancel()
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		raw, err := os.ReadFile(c.CAFile)
		if err != nil {
			return []doctor.Finding{doctor.Outside("identity", c.Issuer, 0, err)}
		}
		conf.RootCAs = x509.NewCertPool()
		conf.RootCAs.AppendCertsFromPEM(raw)
	}
	status, err := doctor.Reach(ctx, strings.TrimSuffix(c.Issuer, "/")+"/.well-known/openid-configuration", conf)
	return []doctor.Finding{doctor.Outside("identity", c.Issuer, status, err)}
}

func (p *patient) parts(ctx context.Context) []doctor.Part {
	if !p.running {
		return nil
	}
	out := []doctor.Part{doctor.JSON("health.json", "functions of the running portal", p.health)}
	if metrics, err := doctor.Fetch(ctx, p.cfg.Admin.Listen, "/metrics"); err == nil {
		out = append(out, doctor.Part{Name: "metrics.txt", About: "what the running portal has counted", Data: metrics})
	}
	return out
}
