package peer

import "crypto/tls"

// TLS gives the configuration by which the system is reached, for a doctor that
// looks whether it is there.
func (e Endpoint) TLS() (*tls.Config, error) { return e.tlsConfig() }
