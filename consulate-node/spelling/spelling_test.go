package spelling_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/spelling"
	"jaliya/internal/consular"
)

func TestFound(t *testing.T) {
	terms := spelling.Names(consular.Name{Arabic: "الإدريسي", Latin: "El Idrissi"}, consular.Name{Arabic: "أسماء", Latin: "Asmaâ-Rîm"})
	found := func(text string) bool {
		q := spelling.Ask(text)
		has := func(all []spelling.Term) bool {
			return len(all) > 0 && !slices.ContainsFunc(all, func(one spelling.Term) bool { return !slices.Contains(terms, one) })
		}
		return has(q.Whole) || has(q.Words)
	}
	for text, want := range map[string]bool{
		"el idrissi": true, "ELIDRISSI": true, "Asmaa": true, "asmaa rim el-idrissi": true, "الادريسي": true, "اسماء": true,
		"idris": false, "": false, "علوي": false, "El Idrissi Karim": false,
	} {
		require.Equal(t, want, found(text), text)
	}
}
