package node

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/internal/link/pki"
)

// What a workstation needs before it can trust the desk; neither is secret.
const (
	pathRoot         = "/ca.pem"
	pathInstructions = "/workstation"
)

// deskTLS serves the desk's certificate as it is now: a renewed one counts from
// the next handshake on.
func (n *Node) deskTLS() *tls.Config {
	source := n.keys.ring.Source(pki.SlotDesk)
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return source() },
	}
}

// registerWorkstation puts the root and the instructions on the desk's engine.
func (n *Node) registerWorkstation(e *gin.Engine) {
	root := n.uplink.trust.Root.Raw
	file := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})
	text := n.instructions(root)
	e.GET(pathRoot, func(c *gin.Context) {
		c.Header("Content-Disposition", `attachment; filename="jaliya-ca.pem"`)
		c.Data(http.StatusOK, "application/x-pem-file", file)
	})
	e.GET(pathInstructions, func(c *gin.Context) {
		c.Data(http.StatusOK, "text/plain; charset=utf-8", text)
	})
}

// instructions are for whoever sets up a workstation. The fingerprint stands in
// them in both forms that tools show; it is compared with the one that the hub's
// operator reads out, never with this page alone.
func (n *Node) instructions(root []byte) []byte {
	sum := sha256.Sum256(root)
	var colons []string
	for _, b := range sum {
		colons = append(colons, strings.ToUpper(hex.EncodeToString([]byte{b})))
	}
	scheme := "http"
	if n.cfg.Desk.secure() {
		scheme = "https"
	}
	address := "the name of this machine"
	if names := n.cfg.Desk.names(); len(names) > 0 {
		address = names[0]
	}
	var b bytes.Buffer
	for _, line := range []string{
		"A workstation of " + string(n.who.Post), "",
		"1. Save " + pathRoot + " from this server as jaliya-ca.pem.", "",
		"2. Compare its SHA-256 fingerprint with the one that the operator of the",
		"   national platform reads out by telephone. Go on only if they are equal.",
		"     " + pki.Fingerprint(sum).String(),
		"     " + strings.Join(colons[:16], ":"), "     " + strings.Join(colons[16:], ":"), "",
		"   Windows, in PowerShell:",
		"             (Get-PfxCertificate jaliya-ca.pem).GetCertHashString('SHA256')",
		"   Linux:    openssl x509 -in jaliya-ca.pem -noout -fingerprint -sha256", "",
		"3. Trust it on this workstation, as its administrator.",
		"   Windows:  certutil -addstore -f Root jaliya-ca.pem",
		"   Debian, Ubuntu:  install -m 644 jaliya-ca.pem /usr/local/share/ca-certificates/jaliya-ca.crt",
		"                    update-ca-certificates",
		"   Fedora, RHEL:    install -m 644 jaliya-ca.pem /etc/pki/ca-trust/source/anchors/",
		"                    update-ca-trust",
		"   Firefox:  Settings, Certificates, Authorities, Import; or set the policy",
		"             Certificates.ImportEnterpriseRoots to true. Chromium on Linux:",
		"             certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n jaliya -i jaliya-ca.pem", "",
		"4. Open " + scheme + "://" + address + portOf(n.cfg.Desk.Listen) + "/ and see that the browser does not warn.", "",
		"The desk's own certificate lives 90 days and is renewed by itself; the root",
		"lives 10 years, so this is done once for a workstation.",
	} {
		b.WriteString(line + "\n")
	}
	return b.Bytes()
}

func portOf(listen string) string {
	if i := strings.LastIndexByte(listen, ':'); i >= 0 {
		return listen[i:]
	}
	return ""
}
