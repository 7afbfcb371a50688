package paper_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/paper"
)

// TestIndependentReaders gives the papers to programs that share no code with
// ours. It runs where JALIYA_PDF_TOOLS=1 says that poppler-utils, qpdf and
// zbar-tools are installed, and then none of them may be missing.
func TestIndependentReaders(t *testing.T) {
	if os.Getenv("JALIYA_PDF_TOOLS") != "1" {
		t.Skip("JALIYA_PDF_TOOLS is not 1: poppler-utils, qpdf and zbar-tools are not asked for")
	}
	p := press(t)
	slip, err := p.Slip(slipData(t))
	require.NoError(t, err)
	d := namesData()
	d.Portrait = jpegImage(t)
	names, err := p.NamesProof(d)
	require.NoError(t, err)
	long := slipData(t)
	long.Documents = consular.DocumentKinds()
	two, err := p.Slip(long)
	require.NoError(t, err)
	receipt, err := p.Receipt(receiptData(t))
	require.NoError(t, err)

	for _, test := range []struct {
		name string
		file []byte
		said []string
		read []string // bar codes on the first page
	}{
		{"slip", slip, []string{
			"Récépissé de dépôt", "وصل الإيداع", "FATIMA ZAHRA BENABDERRAHMANE", "فاطمة الزهراء بنعبد الرحمان",
			slipData(t).Reference.String(), "4820 1937", "28 décembre 2026", "دجنبر", "105,00 DH", "LYO-2026-004211",
			"sécurisé au niveau national", "القنصلية العامة للمملكة المغربية", "55-19",
		}, []string{followURL, proofText}},
		{"names", names, []string{"BENABDERRAHMANE", "بنعبد الرحمان", "الدار البيضاء", "BE123456"}, nil},
		{"receipt", receipt, []string{
			"Reçu national", "الوصل الوطني", "L2", receiptData(t).Entry, "90210", "4711", receiptData(t).Key, "15:20", "jaliya verify receipt",
			receiptData(t).Reference.String(), "Held is not accepted", strings.Join(paper.Groups(receiptData(t).Proof), " "),
		}, []string{receiptData(t).Proof}},
		{"long slip", two, []string{"جواز السفر", "Copie du passeport"}, []string{followURL}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "paper.pdf")
			require.NoError(t, os.WriteFile(path, test.file, 0o600))
			require.Contains(t, run(t, "qpdf", "--check", path), "No syntax or stream encoding errors")
			checkFonts(t, run(t, "pdffonts", path))
			text := tidy(run(t, "pdftotext", path, "-"))
			for _, want := range test.said {
				require.Contains(t, text, want)
			}
			run(t, "pdftoppm", "-r", "150", "-png", "-f", "1", "-l", "1", path, path)
			if len(test.read) == 0 {
				return
			}
			drawn, err := filepath.Glob(path + "*.png")
			require.NoError(t, err)
			require.Len(t, drawn, 1)
			codes := run(t, "zbarimg", "-q", drawn[0])
			for _, want := range test.read {
				require.Contains(t, codes, "QR-Code:"+want)
			}
		})
	}
}

// checkFonts asks that each font is embedded, cut down and mapped to Unicode.
func checkFonts(t *testing.T, table string) {
	t.Helper()
	rows := strings.Split(strings.TrimSpace(table), "\n")[2:]
	require.NotEmpty(t, rows)
	for _, row := range rows {
		require.Contains(t, strings.Join(strings.Fields(row), " "), "CID TrueType Identity-H yes yes yes", row)
	}
}

// tidy drops what the reader adds for direction and folds our non-breaking
// signs, so that plain words can be looked for.
func tidy(s string) string {
	s = strings.NewReplacer("\u202a", "", "\u202b", "", "\u202c", "", "\u200e", "", "\u200f", "",
		"\u00a0", " ", "\u202f", " ", "\u2011", "-").Replace(s)
	return strings.Join(strings.Fields(s), " ")
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	require.NoError(t, err, name)
	return string(out)
}
