package crash

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/durable"
)

// script is a workload whose operations are written down: "ack" is an
// acknowledgement that file f holds its newest generation.
type script []durable.Op

var (
	opAck     = durable.Op{}
	opCreate  = durable.Op{Kind: durable.OpCreate, Path: "f"}
	opSync    = durable.Op{Kind: durable.OpSync, Path: "f"}
	opSyncDir = durable.Op{Kind: durable.OpSyncDir, Path: "."}
)

const blocks = 4

// write is generation g of the file: blocks sectors of the byte g.
func write(path string, g byte) durable.Op {
	return durable.Op{Kind: durable.OpWrite, Path: path, Data: bytes.Repeat([]byte{g}, blocks*sector)}
}

func (s script) record() recording[byte] {
	log := recording[byte]{seed: 1}
	var g byte
	for _, op := range s {
		if op.Kind == durable.OpWrite {
			g = op.Data[0]
		}
		if op.Kind == 0 {
			log.acked = append(log.acked, g)
		}
		log.events = append(log.events, event{op})
	}
	return log
}

func (script) Run(string, *rand.Rand, func(byte)) error { return errors.New("unused") }

// Verify wants the acknowledged generation or a newer one, unmixed.
func (script) Verify(dir string, acked []byte) error {
	if len(acked) == 0 {
		return nil
	}
	got, err := os.ReadFile(filepath.Join(dir, "f"))
	if err != nil {
		return err
	}
	for _, b := range got {
		if b != got[0] || b < acked[len(acked)-1] {
			return fmt.Errorf("generation %d mixed with %d", b, got[0])
		}
	}
	if len(got) != blocks*sector {
		return fmt.Errorf("%d bytes", len(got))
	}
	return nil
}

func TestExploreRun(t *testing.T) {
	viaRename := []durable.Op{
		{Kind: durable.OpCreate, Path: "f.tmp"},
		write("f.tmp", 2),
		{Kind: durable.OpSync, Path: "f.tmp"},
		{Kind: durable.OpRename, Path: "f.tmp", To: "f"},
	}
	first := script{opCreate, write("f", 1), opSync, opSyncDir, opAck}
	tests := map[string]struct {
		run     script
		control Control
		lost    bool
	}{
		"OKSynced":               {first, NoControl, false},
		"OKReplacedByRename":     {append(append(first[:5:5], viaRename...), opSyncDir, opAck), NoControl, false},
		"LostContent":            {script{opCreate, write("f", 1), opSyncDir, opAck}, NoControl, true},
		"LostName":               {script{opCreate, write("f", 1), opSync, opAck}, NoControl, true},
		"LostRename":             {append(append(first[:5:5], viaRename...), opAck), NoControl, true},
		"TornInPlace":            {append(first[:5:5], write("f", 2), opSync, opAck), NoControl, true},
		"ControlDropsSync":       {first, DropSync, true},
		"ControlDropsDirSync":    {first, DropDirSync, true},
		"ControlWithoutDataSync": {first, DropDataSync, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var rep Report
			o := Options{PerBoundary: 60, Scratch: t.TempDir(), Control: tt.control}
			require.NoError(t, exploreRun(tt.run, tt.run.record(), o, &rep))
			require.Positive(t, rep.States)
			require.Equal(t, tt.lost, rep.Lost > 0, "%v", rep.First)
			left, err := os.ReadDir(o.Scratch)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestLengthsAreExplored(t *testing.T) {
	d := newDisk()
	for _, op := range []durable.Op{opCreate, write("f", 1), opSync, opSyncDir, {Kind: durable.OpTruncate, Path: "f", Offset: 1 << 20}} {
		d.apply(op)
	}
	b := boundaryOf(d, 0, 0)
	require.Equal(t, int64(blocks*sector), b.cut(fate{keep: 0})["f"].size)
	require.Equal(t, int64(1<<20), b.cut(fate{keep: 1})["f"].size)
	require.Len(t, b.cut(fate{keep: 1})["f"].data, blocks*sector, "the rest is a hole")
}

// TestDisksLoseByThemselves wants states in which one disk has all and the other
// nothing.
func TestDisksLoseByThemselves(t *testing.T) {
	d := newDisk()
	for _, name := range []string{"a/f", "b/f"} {
		d.apply(durable.Op{Kind: durable.OpCreate, Path: name})
		d.apply(write(name, 7))
	}
	b := boundaryOf(d, 0, 0)
	for _, kept := range []string{"a", "b"} {
		f := fate{keep: 1}
		for _, dir := range []string{"a", "b"} {
			one := disked{dir: dir}
			if dir == kept {
				one.keep = 1
			}
			f.disks = append(f.disks, one)
		}
		s := b.cut(f)
		require.Len(t, s, 1)
		require.Equal(t, int64(blocks*sector), s[kept+"/f"].size)
	}
}

func TestRelative(t *testing.T) {
	op, ours := relative("/a", durable.Op{Path: "/a/b/c", To: "/a/d"})
	require.True(t, ours)
	require.Equal(t, "b/c d", op.Path+" "+op.To)
	_, ours = relative("/a", durable.Op{Path: "/ab"})
	require.False(t, ours)
}

func TestFromEnv(t *testing.T) {
	t.Setenv("JALIYA_CRASH_TIME", "2m")
	t.Setenv("JALIYA_CRASH_SEED", "7")
	o, err := FromEnv()
	require.NoError(t, err)
	require.InDelta(t, 2, o.Time.Minutes(), 0)
	require.Equal(t, uint64(7), o.Seed)
	t.Setenv("JALIYA_CRASH_TIME", "long")
	_, err = FromEnv()
	require.ErrorContains(t, err, "JALIYA_CRASH_TIME")
}
