package pki

import (
	"net"
	"regexp"
	"slices"
	"strings"

	"jaliya/internal/fault"
)

// lanSuffixes end names that no public zone has (RFC 6762, RFC 8375, and ICANN's
// reservation of internal).
var lanSuffixes = []string{".local", ".lan", ".internal", ".home.arpa", ".test"}

var lanLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

const maxLANDNS = 200 // bytes of a whole name

// LANNames splits the names by which workstations reach a desk into DNS names
// and addresses. It takes names of a local network only: a single label, or one
// under a private suffix, and private or loopback addresses. Workstations trust
// the root, so a desk's certificate must never be good for a site of the world.
// Errors: Invalid with the name.
func LANNames(names []string) (dns []string, addresses []net.IP, err error) {
	const op = "pki: check name of a desk"
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			if !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
				return nil, nil, fault.New(fault.Invalid, op, name+" is no address of a local network", nil)
			}
			addresses = append(addresses, ip)
			continue
		}
		name = strings.ToLower(name)
		if !lanName(name) {
			return nil, nil, fault.New(fault.Invalid, op, name+" is no name of a local network", nil)
		}
		dns = append(dns, name)
	}
	return dns, addresses, nil
}

func lanName(name string) bool {
	if len(name) > maxLANDNS {
		return false
	}
	labels := strings.Split(name, ".")
	private := len(labels) == 1 || slices.ContainsFunc(lanSuffixes, func(s string) bool { return strings.HasSuffix(name, s) })
	return private && !slices.ContainsFunc(labels, func(l string) bool { return !lanLabel.MatchString(l) })
}
