package vault

// FailForTest latches the vault as a failed sync does.
func (d *Directory) FailForTest(err error) { _ = d.fail(err) }
