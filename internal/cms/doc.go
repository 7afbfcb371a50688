// Package cms makes and reads the one form of signed message (RFC 5652) that
// documents and times need: one signer, SHA-2, signed attributes with the
// signer's certificate among them (CAdES: ESS signing-certificate-v2, RFC
// 5035), no signing-time, one time-stamp token as the only unsigned attribute.
// It stands beside the path of a record; packages pades and timestamp use it.
//
// Libraries that make such messages always add signing-time, which PAdES
// baseline signatures leave to the PDF; those that read them pass over what
// they do not know. This reader refuses it: nothing in a message that Check
// and Chain accept can be changed without their noticing, the signature value
// itself excepted, which the caller may have stamped.
//
// We sign with ECDSA. RSA is read too, because time-stamping authorities of
// others use it.
package cms
