package wire_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func invitation() wire.Invitation {
	return wire.Invitation{
		Version: wire.Version, Secret: bytes.Repeat([]byte{8}, 32), Post: post,
		Addresses: []string{"hub.example.org:4433"}, Root: image, Expires: hubTime,
	}
}

func TestParseInvitation(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*wire.Invitation)
		want   fault.Kind
	}{
		{"OK", func(*wire.Invitation) {}, fault.Other},
		{"ErrVersion", func(i *wire.Invitation) { i.Version = 2 }, fault.Unsupported},
		{"ErrVersionZero", func(i *wire.Invitation) { i.Version = 0 }, fault.Unsupported},
		{"ErrSecret", func(i *wire.Invitation) { i.Secret = i.Secret[:31] }, fault.Invalid},
		{"ErrRoot", func(i *wire.Invitation) { i.Root = wire.Digest{} }, fault.Invalid},
		{"ErrPost", func(i *wire.Invitation) { i.Post = "x\x00" }, fault.Invalid},
		{"ErrNoAddress", func(i *wire.Invitation) { i.Addresses = nil }, fault.Invalid},
		{"ErrTooManyAddresses", func(i *wire.Invitation) { i.Addresses = make([]string, 9) }, fault.Invalid},
		{"ErrSize", func(i *wire.Invitation) { i.Addresses[0] = strings.Repeat("x", 2048) }, fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := invitation()
			tc.change(&want)
			got, err := wire.ParseInvitation("  " + strings.ToLower(want.Text()[:20]) + "\r\n " + want.Text()[20:])
			requireKind(t, tc.want, err)
			if err == nil {
				require.Equal(t, want, got)
				require.Equal(t, want.Name(), got.Name())
			}
		})
	}
	for _, text := range []string{"", "JI1-", "JR1-" + invitation().Text()[4:], invitation().Text()[:50], "JI1-0189"} {
		_, err := wire.ParseInvitation(text)
		require.Error(t, err)
	}
}

func FuzzParseInvitation(f *testing.F) {
	f.Add(invitation().Text())
	f.Fuzz(func(t *testing.T, text string) {
		got, err := wire.ParseInvitation(text)
		if err != nil {
			return
		}
		again, err := wire.ParseInvitation(got.Text())
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}

func memberInvitation() wire.MemberInvitation {
	return wire.MemberInvitation{
		Version: wire.Version, Secret: bytes.Repeat([]byte{8}, 32), Addresses: []string{"hub.example.org:7700"}, Root: image, Expires: hubTime,
	}
}

func TestParseMemberInvitation(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*wire.MemberInvitation)
		want   fault.Kind
	}{
		{"OK", func(*wire.MemberInvitation) {}, fault.Other},
		{"ErrVersion", func(i *wire.MemberInvitation) { i.Version = 2 }, fault.Unsupported},
		{"ErrSecret", func(i *wire.MemberInvitation) { i.Secret = i.Secret[:31] }, fault.Invalid},
		{"ErrRoot", func(i *wire.MemberInvitation) { i.Root = wire.Digest{} }, fault.Invalid},
		{"ErrNoAddress", func(i *wire.MemberInvitation) { i.Addresses = nil }, fault.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := memberInvitation()
			tc.change(&want)
			got, err := wire.ParseMemberInvitation(want.Text())
			requireKind(t, tc.want, err)
			if err == nil {
				require.Equal(t, want, got)
				require.Equal(t, want.Name(), got.Name())
			}
		})
	}
	_, err := wire.ParseMemberInvitation(invitation().Text())
	requireKind(t, fault.Invalid, err)
	_, err = wire.ParseInvitation(memberInvitation().Text())
	requireKind(t, fault.Invalid, err)
}

func FuzzParseMemberInvitation(f *testing.F) {
	f.Add(memberInvitation().Text())
	f.Fuzz(func(t *testing.T, text string) {
		got, err := wire.ParseMemberInvitation(text)
		if err != nil {
			return
		}
		again, err := wire.ParseMemberInvitation(got.Text())
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}
