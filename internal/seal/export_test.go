package seal

// SealFramed seals bytes as the inside of an envelope, without compression or
// padding, as a hostile sender would.
func (v *Visit) SealFramed(framed, aad []byte) ([]byte, error) {
	aead, err := newGCM("test", v.keys.body)
	if err != nil {
		return nil, err
	}
	out := append([]byte(nil), v.head...)
	return gcmSeal(aead, out, framed, bodyAAD(v.head, aad)), nil
}

// WriteRaw puts bytes into the plaintext of a bundle, as a hostile sender would.
func (b *BundleWriter) WriteRaw(p []byte) error { return b.out.write(p) }

// FinishRaw seals the last chunk without stop mark or padding.
func (b *BundleWriter) FinishRaw() error { return b.out.flush(true) }

// SetDictionary changes the dictionary number that the head names.
func (v *Visit) SetDictionary(id uint16) { v.head[16], v.head[17] = byte(id>>8), byte(id) }
