package ledger

import (
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// MaxCommand is the cap of an encoded command in bytes: what Raft carries as
// one proposal.
const MaxCommand = 256 << 10

// Kind is the first byte of an encoded command. Numbers are append-only.
type Kind uint8

// The kinds of command.
const (
	KindInit          Kind = 1
	KindInviteNode    Kind = 2
	KindJoinNode      Kind = 3
	KindOpenSession   Kind = 4
	KindAdmit         Kind = 5
	KindCompleteOrder Kind = 6
	KindRevoke        Kind = 7
	KindRotateKeys    Kind = 8
	KindTick          Kind = 9
	KindDecide        Kind = 10
	KindRaiseFeature  Kind = 11
	KindErase         Kind = 12
	KindChangeStaff   Kind = 13
	KindOpenPouch     Kind = 14
	KindMovePouch     Kind = 15
	KindTell          Kind = 16
	KindNoteOpening   Kind = 17
	KindFile          Kind = 18
	KindReadOnce      Kind = 19
	KindRetell        Kind = 50
	KindVoidDocument  Kind = 51
	KindSweptVoid     Kind = 52

	// KindChangeOfficer begins the kinds of officers.
	KindChangeOfficer Kind = 40
	KindSeatOfficer   Kind = 41
	KindOfficerAct    Kind = 42

	// KindObserve begins the kinds of those who watch (feature level 4).
	KindObserve       Kind = 60
	KindAttendNeed    Kind = 61
	KindRedriveOrder  Kind = 62
	KindSettleRefused Kind = 63
	KindDescribePost  Kind = 64
	KindNoteAlert     Kind = 65
	KindNoteReports   Kind = 66 // feature level 5

	// KindNoteFork begins the kinds of forks (feature level 4).
	KindNoteFork   Kind = 80
	KindSettleFork Kind = 81

	// KindInviteMember begins the kinds of members (feature level 5).
	KindInviteMember Kind = 90
	KindJoinMember   Kind = 91
	KindRemoveMember Kind = 92
)

var kindNames = [...]string{
	"", "init", "invite node", "join node", "open session", "admit", "complete order", "revoke",
	"rotate keys", "tick", "decide", "raise feature", "erase", "change staff",
	"open pouch", "move pouch", "tell", "note opening", "file", "read once",
	KindRetell:        "retell",
	KindVoidDocument:  "void document",
	KindSweptVoid:     "swept void",
	KindChangeOfficer: "change officer", KindSeatOfficer: "seat officer", KindOfficerAct: "officer act",
	KindObserve: "observe", KindAttendNeed: "attend need", KindRedriveOrder: "redrive order",
	KindSettleRefused: "settle refused", KindDescribePost: "describe post", KindNoteAlert: "note alert",
	KindNoteReports: "note reports",
	KindNoteFork:    "note fork", KindSettleFork: "settle fork",
	KindInviteMember: "invite member", KindJoinMember: "join member", KindRemoveMember: "remove member",
}

// String gives the kind in words, as it stands in errors.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "unknown command"
}

// Command is one of this package's command types.
type Command interface {
	kind() Kind
	// when is the hub's time as the proposer read it: apply has no clock.
	when() int64
	// apply decides and changes. It checks everything before its first write,
	// so that a refused command changes nothing. Its error is one of storage.
	apply(*tx) (Result, error)
}

// Encode gives the bytes to propose: the kind, then CBOR. fault.TooLarge when
// they exceed MaxCommand: propose less at once.
func Encode(c Command) ([]byte, error) {
	raw := append([]byte{byte(c.kind())}, wire.Marshal(c)...)
	if len(raw) > MaxCommand {
		return nil, fault.New(fault.TooLarge, "ledger: encode command", c.kind().String(), nil)
	}
	return raw, nil
}

// readers decode each kind. Nothing writes the table.
var readers = map[Kind]func(raw []byte) (Command, error){
	KindInit:          read[Init],
	KindInviteNode:    read[InviteNode],
	KindJoinNode:      read[JoinNode],
	KindOpenSession:   read[OpenSession],
	KindAdmit:         read[Admit],
	KindCompleteOrder: read[CompleteOrder],
	KindRevoke:        read[Revoke],
	KindRotateKeys:    read[RotateKeys],
	KindTick:          read[Tick],
	KindDecide:        read[Decide],
	KindRaiseFeature:  read[RaiseFeature],
	KindErase:         read[Erase],
	KindChangeStaff:   read[ChangeStaff],
	KindOpenPouch:     read[OpenPouch],
	KindMovePouch:     read[MovePouch],
	KindTell:          read[Tell],
	KindNoteOpening:   read[NoteOpening],
	KindFile:          read[File],
	KindReadOnce:      read[ReadOnce],
	KindRetell:        read[Retell],
	KindVoidDocument:  read[VoidDocument],
	KindSweptVoid:     read[SweptVoid],
	KindChangeOfficer: read[ChangeOfficer],
	KindSeatOfficer:   read[SeatOfficer],
	KindOfficerAct:    read[OfficerAct],
	KindObserve:       read[Observe],
	KindAttendNeed:    read[AttendNeed],
	KindRedriveOrder:  read[RedriveOrder],
	KindSettleRefused: read[SettleRefused],
	KindDescribePost:  read[DescribePost],
	KindNoteAlert:     read[NoteAlert],
	KindNoteReports:   read[NoteReports],
	KindNoteFork:      read[NoteFork],
	KindSettleFork:    read[SettleFork],
	KindInviteMember:  read[InviteMember],
	KindJoinMember:    read[JoinMember],
	KindRemoveMember:  read[RemoveMember],
}

// Decode reads an encoded command: fault.Unsupported for a kind that this
// program does not know, fault.Invalid or fault.TooLarge for bad bytes.
func Decode(raw []byte) (Command, error) {
	const op = "ledger: decode command"
	if len(raw) == 0 {
		return nil, fault.New(fault.Invalid, op, "empty", nil)
	}
	if len(raw) > MaxCommand {
		return nil, fault.New(fault.TooLarge, op, Kind(raw[0]).String(), nil)
	}
	if known, ok := readers[Kind(raw[0])]; ok {
		return known(raw)
	}
	return nil, fault.New(fault.Unsupported, op, Kind(raw[0]).String(), nil)
}

func read[C Command](raw []byte) (Command, error) {
	var c C
	if err := wire.Unmarshal(raw[1:], MaxCommand, &c); err != nil {
		return nil, err
	}
	return c, nil
}
