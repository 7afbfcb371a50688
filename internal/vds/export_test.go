package vds

// Parts of the format that tests check on their own.
var (
	EncodeC40, DecodeC40       = encodeC40, decodeC40
	EncodeDate                 = encodeDate
	EncodeBase45, DecodeBase45 = encodeBase45, decodeBase45
)
