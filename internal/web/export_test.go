package web

// Texts gives the whole catalog to its test.
func Texts() map[string]map[Language]Text { return texts }
