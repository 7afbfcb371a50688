package access

import (
	"slices"

	"jaliya/internal/fault"
)

// Role is what a member of staff or a service account does (domain.md E.4).
type Role string

// The roles.
const (
	Agent         Role = "agent"          // receives, captures, hands over
	Supervisor    Role = "supervisor"     // the second person at a post
	PostAdmin     Role = "post-admin"     // keeps the post running, without personal data
	MobileLead    Role = "mobile-lead"    // leads a mobile mission: agent and second person
	Verifier      Role = "verifier"       // decides files at the hub
	Adjudicator   Role = "adjudicator"    // decides biometric hits and appeals
	RecordOfficer Role = "record-officer" // decides records at their office
	Production    Role = "production"     // makes cards
	PouchOfficer  Role = "pouch-officer"  // packs and sends pouches
	HubOperator   Role = "hub-operator"   // keeps the hub running, without content
	Auditor       Role = "auditor"        // reads logs only
	Exporter      Role = "exporter"       // draws the exports for the data and security authorities
)

// Roles lists all of them.
func Roles() []Role {
	return []Role{
		Agent, Supervisor, PostAdmin, MobileLead, Verifier, Adjudicator,
		RecordOfficer, Production, PouchOfficer, HubOperator, Auditor, Exporter,
	}
}

// PostRoles lists those that a member of staff of a post can have.
func PostRoles() []Role { return []Role{Agent, Supervisor, PostAdmin, MobileLead, Auditor} }

// ParseRole reads a role as it stands in configuration. Errors: Invalid.
func ParseRole(text string) (Role, error) {
	r := Role(text)
	if err := r.Validate(); err != nil {
		return "", err
	}
	return r, nil
}

// Validate refuses a role that this program does not know.
func (r Role) Validate() error {
	if !slices.Contains(Roles(), r) {
		return fault.New(fault.Invalid, "access: validate role", "no such role", nil)
	}
	return nil
}

// Permission is the right to one kind of action.
type Permission string

// The permissions.
const (
	VisitRead       Permission = "visit.read"       // see drafts of this post
	VisitWrite      Permission = "visit.write"      // begin and fill drafts
	VisitRelease    Permission = "visit.release"    // look again and release another's draft
	RequestRead     Permission = "request.read"     // see where a request of the network stands
	RequestFollow   Permission = "request.follow"   // follow a request with its slip code
	HandoverWrite   Permission = "handover.write"   // shelve and hand over documents
	PouchOpen       Permission = "pouch.open"       // second person at the opening of a pouch
	PouchWrite      Permission = "pouch.write"      // pack and send pouches
	CardDestroy     Permission = "card.destroy"     // witness a destruction
	CaseVerify      Permission = "case.verify"      // decide a file
	CaseAdjudicate  Permission = "case.adjudicate"  // decide a hit or an appeal
	RecordDecide    Permission = "record.decide"    // decide a record at its office
	ProductionWrite Permission = "production.write" // take and report production jobs
	StaffManage     Permission = "staff.manage"     // add, change and disable staff of the post
	NodeStatus      Permission = "node.status"      // see how the node stands
	HubStatus       Permission = "hub.status"       // see how the network stands
	HubOperate      Permission = "hub.operate"      // re-drive, drain, resolve dead letters
	AuditRead       Permission = "audit.read"       // read access logs
	ExportRead      Permission = "export.read"      // draw exports for the authorities
	CardRead        Permission = "card.read"        // find and see cards and pouches at this post
	HandoverExcept  Permission = "handover.except"  // second person at a hand-over out of the ordinary
	LinkCarry       Permission = "link.carry"       // take the post's unsent work away in a file, and bring the answer
)

// Permissions lists all of them.
func Permissions() []Permission {
	return []Permission{
		VisitRead, VisitWrite, VisitRelease, RequestRead, RequestFollow, HandoverWrite,
		PouchOpen, PouchWrite, CardDestroy, CaseVerify, CaseAdjudicate, RecordDecide,
		ProductionWrite, StaffManage, NodeStatus, HubStatus, HubOperate, AuditRead, ExportRead,
		CardRead, HandoverExcept, LinkCarry,
	}
}

// granted is the whole table: what is not here is refused.
func granted(r Role) []Permission {
	switch r {
	case Agent:
		return []Permission{VisitRead, VisitWrite, RequestRead, RequestFollow, HandoverWrite, NodeStatus, CardRead}
	case Supervisor:
		return []Permission{
			VisitRead, VisitWrite, VisitRelease, RequestRead, RequestFollow,
			HandoverWrite, PouchOpen, CardDestroy, NodeStatus, CardRead, HandoverExcept, LinkCarry,
		}
	case MobileLead:
		return []Permission{
			VisitRead, VisitWrite, VisitRelease, RequestRead, RequestFollow, HandoverWrite, NodeStatus,
			CardRead, HandoverExcept, LinkCarry,
		}
	case PostAdmin:
		return []Permission{StaffManage, NodeStatus, LinkCarry}
	case Verifier:
		return []Permission{CaseVerify, HubStatus}
	case Adjudicator:
		return []Permission{CaseVerify, CaseAdjudicate, HubStatus}
	case RecordOfficer:
		return []Permission{RecordDecide}
	case Production:
		return []Permission{ProductionWrite}
	case PouchOfficer:
		return []Permission{PouchWrite, PouchOpen}
	case HubOperator:
		return []Permission{HubStatus, HubOperate, NodeStatus}
	case Auditor:
		return []Permission{AuditRead}
	case Exporter:
		return []Permission{ExportRead}
	default:
		return nil
	}
}

// Has reports whether the role carries the permission.
func (r Role) Has(p Permission) bool { return slices.Contains(granted(r), p) }
