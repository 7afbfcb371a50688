package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub"
)

func TestConsoleAddress(t *testing.T) {
	here, err := os.Hostname()
	require.NoError(t, err)
	for _, c := range []struct {
		name, listen, cert, want string
	}{
		{"OKEverywhere", ":443", "console.pem", "https://" + here + "/"},
		{"OKEverywhereByAddress", "0.0.0.0:8443", "console.pem", "https://" + here + ":8443/"},
		{"OKName", "hub.example.org:443", "console.pem", "https://hub.example.org/"},
		{"OKLoopback", "127.0.0.1:8080", "", "http://127.0.0.1:8080/"},
		{"OKSix", "[2001:db8::1]:443", "console.pem", "https://[2001:db8::1]/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, consoleAddress(hub.ConsoleConfig{Listen: c.listen, Cert: c.cert}))
		})
	}
}
