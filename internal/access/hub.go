package access

// ConsoleCookie names the cookie of the hub's console.
const ConsoleCookie = "jaliya_console"

// HubRoles lists those that an officer of the hub can have.
func HubRoles() []Role {
	return []Role{Verifier, Adjudicator, Production, PouchOfficer, HubOperator, Auditor}
}
