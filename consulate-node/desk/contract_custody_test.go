package desk

import (
	"net/http"

	"jaliya/consulate-node/handover"
	"jaliya/consulate-node/staff"
	"jaliya/internal/access"
	"jaliya/internal/openapi"
)

// besides are the refusals of every act on a pouch or a card.
func besides(codes ...string) []openapi.Refusals {
	return []openapi.Refusals{
		openapi.Refuse(http.StatusNotFound, "pouch-unknown", "card-unknown"),
		openapi.Refuse(http.StatusForbidden, "pouch-other-post", "two-persons", "no-match"),
		openapi.Refuse(http.StatusUnprocessableEntity, "invalid"),
		openapi.Refuse(http.StatusConflict, append(codes, "conflict", "card-other", "card-not-ready", "card-on-hold", "card-stopped", "card-given")...),
		openapi.Refuse(http.StatusServiceUnavailable, "no-intake-key"),
		openapi.Refuse(http.StatusInsufficientStorage, "full"),
	}
}

// second are the refusals of somebody who shows who they are beside another.
func second(of []openapi.Refusals) []openapi.Refusals {
	return append(of,
		openapi.Refuse(http.StatusUnauthorized, "unauthenticated", "sign-in-refused"),
		openapi.Refuse(http.StatusForbidden, "staff-data-old"),
		openapi.Refuse(http.StatusTooManyRequests, "too-many-attempts"),
	)
}

func pouchLines() []openapi.Operation {
	const pouch = "/pouches/:pouch"
	two := []string{headerSecond}
	pouchCodes := func() []openapi.Refusals {
		return besides("manifest-incomplete", "pouch-not-arrived", "pouch-not-open", "pouch-counted", "count-other")
	}
	return []openapi.Operation{
		{
			Method: http.MethodGet, Path: "/pouches", ID: "listPouches", Tag: tagPouches, Summary: "Pouches that the hub announced", Security: callers,
			Permission: string(access.CardRead), Answers: openapi.OK(pouchesBody{}),
		},
		{
			Method: http.MethodGet, Path: pouch, ID: "getPouch", Tag: tagPouches, Summary: "A pouch and its manifest", Security: callers,
			Permission: string(access.CardRead), Answers: openapi.OK(handover.PouchView{}), Refusals: besides(),
		},
		{
			Method: http.MethodPost, Path: pouch + "/arrive", ID: "receivePouch", Tag: tagPouches, Summary: "The pouch is in the safe", Security: callers,
			Permission: string(access.PouchOpen), Answers: openapi.OK(handover.PouchView{}), Refusals: pouchCodes(),
			Idempotent: "A pouch that has arrived answers as it is.",
		},
		{
			Method: http.MethodPost, Path: pouch + "/open", ID: "openPouch", Tag: tagPouches, Summary: "Two persons open the pouch", Security: callers,
			Permission: string(access.HandoverWrite), Headers: two, Request: openBody{}, Required: []string{"seal"},
			Answers: openapi.OK(handover.PouchView{}), Refusals: second(pouchCodes()),
		},
		{
			Method: http.MethodPost, Path: pouch + "/scan", ID: "scanCard", Tag: tagPouches, Summary: "Hold one card against the manifest", Security: callers,
			Permission: string(access.HandoverWrite), Request: scanBody{}, Required: []string{"serial"},
			Answers: openapi.OK(handover.Scanned{}), Refusals: pouchCodes(), Idempotent: "A card that was scanned is found `already-scanned`.",
		},
		{
			Method: http.MethodPost, Path: pouch + "/reconcile", ID: "reconcilePouch", Tag: tagPouches, Summary: "Say how many cards are missing", Security: callers,
			Permission: string(access.HandoverWrite), Request: reconcileBody{}, Answers: openapi.OK(handover.PouchView{}), Refusals: pouchCodes(),
		},
	}
}

// card is the line of one act on a card.
func card(path, id, summary string, permission access.Permission) openapi.Operation {
	return openapi.Operation{
		Method: http.MethodPost, Path: "/cards/:reference" + path, ID: id, Tag: tagCards, Summary: summary, Security: callers,
		Permission: string(permission), Answers: openapi.OK(handover.CardView{}), Refusals: besides(),
	}
}

func cardLines() []openapi.Operation {
	shelve := card("/shelve", "shelveCard", "Put a card into its place", access.HandoverWrite)
	shelve.Request, shelve.Required = shelveBody{}, []string{"safe", "box"}
	check := card("/check", "failCheck", "Note an identity check that failed", access.HandoverWrite)
	check.Request, check.Required, check.Idempotent = checkBody{}, []string{"attempt", "failed"}, again
	give := card("/handover", "handOverCard", "Hand a card to its owner", access.HandoverWrite)
	give.Request, give.Headers, give.Answers = giveBody{}, []string{headerSecond}, openapi.OK(handover.Given{})
	give.Required, give.Refusals = []string{"serial", "receiver", "document", "print", "old_card"}, second(give.Refusals)
	give.Refusals = append(give.Refusals, openapi.Refuse(http.StatusTooManyRequests, "too-many-attempts"))
	give.Idempotent = "The same hand-over by the same person again answers `repeated`."
	return []openapi.Operation{
		{
			Method: http.MethodGet, Path: "/cards", ID: "listCards", Tag: tagCards, Summary: "What lies here, by what is to be done next", Security: callers,
			Permission: string(access.CardRead), Answers: openapi.OK(handover.Stock{}),
		},
		{
			Method: http.MethodPost, Path: "/cards/search", ID: "findCards", Tag: tagCards, Summary: "Find cards by reference, serial or name", Security: callers,
			Description: "A search and not a query: a name stands in no URL. Too many matches are not shown.",
			Permission:  string(access.CardRead), Request: searchBody{}, Required: []string{"text"}, Answers: openapi.OK(handover.Found{}),
		},
		{
			Method: http.MethodGet, Path: "/cards/:reference", ID: "getCard", Tag: tagCards, Summary: "A card", Security: callers,
			Permission: string(access.CardRead), Answers: openapi.OK(handover.CardView{}), Refusals: besides(),
		},
		shelve, check, give,
	}
}

func leaveLines() []openapi.Operation {
	transfer := card("/transfer", "askTransfer", "The person wants to collect at another post", access.HandoverWrite)
	transfer.Request, transfer.Required = transferBody{}, []string{"post"}
	send := card("/transfer/send", "sendTransfer", "Pack a card for the other post", access.PouchOpen)
	send.Request, send.Required = bagBody{}, []string{"pouch"}
	back := card("/send-back", "sendBack", "Send an unclaimed or spoilt card back", access.HandoverWrite)
	back.Request, back.Required, back.Headers, back.Refusals = bagBody{}, []string{"pouch"}, []string{headerSecond}, second(back.Refusals)
	destroy := card("/destroy", "destroyCard", "Two persons destroy a card", access.HandoverWrite)
	destroy.Request, destroy.Required = destroyBody{}, []string{"serial", "method"}
	destroy.Headers, destroy.Refusals = []string{headerSecond}, second(destroy.Refusals)
	return []openapi.Operation{
		transfer, card("/transfer/withdraw", "withdrawTransfer", "The person collects here after all", access.HandoverWrite), send,
		card("/reclaim", "reclaimCard", "The person came for an unclaimed card", access.HandoverWrite), back, destroy,
	}
}

func sessionLines() []openapi.Operation {
	refused := openapi.Refuse(http.StatusUnauthorized, "sign-in-refused")
	limited := openapi.Refuse(http.StatusTooManyRequests, "too-many-attempts")
	old := openapi.Refuse(http.StatusForbidden, "staff-data-old")
	full := openapi.Refuse(http.StatusInsufficientStorage, "full")
	gone := openapi.Refuse(http.StatusGone, "expired", "used")
	return []openapi.Operation{
		{
			Method: http.MethodPost, Path: "/session", ID: "signIn", Tag: tagSession, Summary: "Sign in with password and code", Request: sessionBody{},
			Required: []string{"staff", "password", "code"}, Answers: openapi.Created(staff.View{}),
			Refusals: []openapi.Refusals{refused, limited, old, full},
		},
		{
			Method: http.MethodGet, Path: "/session", ID: "getSession", Tag: tagSession, Summary: "The session, locked or not", Security: sessions,
			Answers: openapi.OK(staff.View{}),
		},
		{
			Method: http.MethodDelete, Path: "/session", ID: "signOut", Tag: tagSession, Summary: "Sign out", Security: sessions, Answers: openapi.Done(),
			Refusals: []openapi.Refusals{full},
		},
		{
			Method: http.MethodPost, Path: "/session/lock", ID: "lockSession", Tag: tagSession, Summary: "Lock the screen", Security: sessions,
			Answers: openapi.Done(), Refusals: []openapi.Refusals{full},
		},
		{
			Method: http.MethodPost, Path: "/session/unlock", ID: "unlockSession", Tag: tagSession, Summary: "Unlock the screen with password or code", Security: sessions,
			Request: unlockBody{}, Answers: openapi.OK(staff.View{}), Refusals: []openapi.Refusals{refused, limited, old, full},
		},
		{
			Method: http.MethodGet, Path: "/staff", ID: "listStaff", Tag: tagSession, Summary: "The staff of the post", Security: sessions,
			Permission: string(access.StaffManage), Answers: openapi.OK(staffBody{}),
		},
		{
			Method: http.MethodPost, Path: "/enrolment", ID: "offerAuthenticator", Tag: tagSession, Summary: "A new authenticator, for who holds the one-time sheet",
			Request: enrolmentBody{}, Required: []string{"staff", "one_time_code"}, Answers: openapi.OK(authenticatorBody{}),
			Refusals: []openapi.Refusals{refused, limited, gone, full, old},
		},
		{
			Method: http.MethodPost, Path: "/enrolment/confirm", ID: "confirmAuthenticator", Tag: tagSession, Summary: "Set password and authenticator, and sign in",
			Request: confirmBody{}, Required: []string{"staff", "one_time_code", "password", "code"}, Answers: openapi.Created(staff.View{}),
			Refusals: []openapi.Refusals{refused, limited, gone, full, old, openapi.Refuse(http.StatusNotFound, "not-found")},
		},
	}
}
