package console

import (
	"net/http"
	"reflect"
	"slices"

	"jaliya/hub/console/officer"
	"jaliya/hub/forks"
	"jaliya/internal/access"
	"jaliya/internal/openapi"
)

// Who may ask: officers by the session of a browser; programs, by token, what
// forPrograms lists.
var (
	callers  = []string{"token", "session"}
	sessions = []string{"session"}
)

const (
	tagVerify  = "verification"
	tagPouches = "pouches"
	tagOperate = "operations"
	tagSession = "sign-in"
)

// Contract is the table that deploy/openapi/console.json is made from.
func Contract() openapi.API {
	api := openapi.API{
		Title: "Jaliya: the hub's console",
		Description: "Verification, pouches and operations, for officers of the ministry. An officer signs in with password and authenticator " +
			"and keeps a cookie; every act stands in the ledger under the officer's name. A program sends the bearer token of a service " +
			"account and may read the lists that name nobody; what only a person may do it is refused with `person-needed`.\n\n" +
			"Refusals are problem documents (RFC 9457). `code` is stable and is what programs match; title and detail follow " +
			"`Accept-Language` (ar, fr, en). `violations` name fields and rules, never values; `next` says what the caller needs to go on. " +
			"`x-codes` of a response lists its codes, `x-problem-codes` all of them. Every answer carries `X-Request-Id`.\n\n" +
			"A JSON body is at most 64 KiB and has no unknown members. Answers may gain members: leave room for them. " +
			"Whatever changes a case or a pouch names the `version` that was shown.",
		Servers: []openapi.Server{{URL: "/", Description: "the console of a member of the hub"}},
		Schemes: map[string]map[string]any{
			"token": {
				"type": "http", "scheme": "bearer",
				"description": "Token of a service account, drawn by `hub token`: jal_ and 52 letters and digits.",
			},
			"session": {
				"type": "apiKey", "in": "cookie", "name": access.ConsoleCookie,
				"description": "Session of an officer. A request with an Authorization header is a program's, and its cookie counts for nothing.",
			},
		},
		Parameters: map[string]openapi.Parameter{
			"reference": {Description: "Reference of the request: 18 digits, with or without spaces.", Example: "123456789012345678"},
			"part":      {Description: "Name of an image of the packet, as `parts` lists it.", Example: "portrait"},
			"label":     {Description: "Label of the pouch.", Example: "P261FRLYO0001X"},
			"post":      {Description: "Identifier of the post.", Example: "FR-LYO"},
			"order":     {Description: "Number of the order, as the list of stuck ones gives it.", Example: "17"},
			"number":    {Description: "Number of the refused entry, as the list gives it.", Example: "3"},
			"act": {
				Description: "What to do with the pouch; `acts` of the pouch lists what may be done now.",
				Values:      []string{PouchPack, PouchUnpack, PouchClose, PouchSend, PouchLost, PouchSettle},
			},
		},
		Names: map[reflect.Type]string{
			reflect.TypeFor[officer.View](): "Session", reflect.TypeFor[fileBody](): "CaseFile", reflect.TypeFor[packetBody](): "Packet",
			reflect.TypeFor[recordBody](): "RecordWish", reflect.TypeFor[partBody](): "Part", reflect.TypeFor[Waiting](): "WaitingCase",
			reflect.TypeFor[waitingBody](): "WaitingCases", reflect.TypeFor[offerBody](): "NewAuthenticator",
			reflect.TypeFor[pictureBody](): "Picture", reflect.TypeFor[postsBody](): "Posts", reflect.TypeFor[requestsBody](): "Stages",
			reflect.TypeFor[standingBody](): "HubStanding", reflect.TypeFor[onePostBody](): "PostStanding",
			reflect.TypeFor[stuckList](): "StuckOrders", reflect.TypeFor[refusedList](): "RefusedEntries",
			reflect.TypeFor[forkList](): "Forks", reflect.TypeFor[decideForkBody](): "ForkDecision", reflect.TypeFor[forks.Entry](): "ForkEntry",
			reflect.TypeFor[forks.Row](): "ForkRow", reflect.TypeFor[forks.Head](): "HistoryHead", reflect.TypeFor[forks.Shown](): "HistoryShown",
			reflect.TypeFor[forks.Decision](): "ForkDecided",
			reflect.TypeFor[openBody]():       "OpenPouch", reflect.TypeFor[PouchAct](): "PouchAct",
		},
		Operations: slices.Concat(verifyLines(), pouchLines(), operateLines(), sessionLines()),
	}
	return api
}

func verifyLines() []openapi.Operation {
	const file = "/verify/:reference"
	person := openapi.Refuse(http.StatusForbidden, "person-needed")
	return []openapi.Operation{
		{
			Method: http.MethodGet, Path: "/verify", ID: "listWaiting", Tag: tagVerify, Summary: "Cases that wait for a verifier", Security: callers,
			Description: "Nothing of it names a person.", Permission: string(access.CaseVerify), Answers: openapi.OK(waitingBody{}),
		},
		{
			Method: http.MethodGet, Path: file, ID: "openFile", Tag: tagVerify, Summary: "The packet of a case that waits", Security: callers,
			Description: "Noted under the officer's name before it is opened.",
			Permission:  string(access.CaseVerify), Answers: openapi.OK(fileBody{}), Refusals: []openapi.Refusals{person},
		},
		{
			Method: http.MethodGet, Path: file + "/images/:part", ID: "openImage", Tag: tagVerify, Summary: "One image of the packet", Security: callers,
			Description: "Noted under the officer's name before it is opened.", Permission: string(access.CaseVerify),
			Answers: []openapi.Answer{{Status: http.StatusOK, Media: []string{"image/jpeg", "image/png", "application/pdf"}}},
			Refusals: []openapi.Refusals{
				person, openapi.Refuse(http.StatusUnsupportedMediaType, "media-type"),
			},
		},
		{
			Method: http.MethodPost, Path: file + "/decision", ID: "decide", Tag: tagVerify, Summary: "Decide on a case", Security: callers,
			Permission: string(access.CaseVerify), Request: Decision{}, Required: []string{"order", "version", "decision"},
			Answers: openapi.OK(Decided{}), Idempotent: "The same decision by the same officer again answers `repeated`.",
			Refusals: []openapi.Refusals{person, openapi.Refuse(http.StatusConflict, "version-conflict", "conflict")},
		},
	}
}

func pouchLines() []openapi.Operation {
	person := openapi.Refuse(http.StatusForbidden, "person-needed")
	return []openapi.Operation{
		{
			Method: http.MethodGet, Path: "/pouches", ID: "listPouchWork", Tag: tagPouches, Summary: "Cards that wait, and pouches under way", Security: callers,
			Permission: string(access.PouchWrite), Answers: openapi.OK(PouchWork{}),
		},
		{
			Method: http.MethodPost, Path: "/pouches", ID: "openPouch", Tag: tagPouches, Summary: "The pouch that is open for a post", Security: callers,
			Permission: string(access.PouchWrite), Request: openBody{}, Required: []string{"post"}, Answers: openapi.OK(Pouch{}),
			Idempotent: "A new pouch is begun only where none is open.",
			Refusals:   []openapi.Refusals{person, openapi.Refuse(http.StatusNotFound, "not-found")},
		},
		{
			Method: http.MethodGet, Path: "/pouches/:label", ID: "getPouch", Tag: tagPouches, Summary: "A pouch with what is in it", Security: callers,
			Permission: string(access.PouchWrite), Answers: openapi.OK(Pouch{}),
		},
		{
			Method: http.MethodPost, Path: "/pouches/:label/:act", ID: "actOnPouch", Tag: tagPouches, Summary: "Pack, unpack, close, send, lose or settle a pouch", Security: callers,
			Description: "pack and unpack want `reference`, close wants `seal`, send wants `waybill`.",
			Permission:  string(access.PouchWrite), Request: PouchAct{}, Required: []string{"version"}, Answers: openapi.OK(Pouch{}),
			Refusals: []openapi.Refusals{person, openapi.Refuse(http.StatusConflict, "version-conflict", "conflict")},
		},
	}
}

// operateLines are the operators' desks. Nothing of them names a citizen.
func operateLines() []openapi.Operation {
	read := func(path, id, summary string, value any) openapi.Operation {
		return openapi.Operation{
			Method: http.MethodGet, Path: "/operate" + path, ID: id, Tag: tagOperate, Summary: summary, Security: callers,
			Permission: string(access.HubStatus), Answers: openapi.OK(value),
		}
	}
	act := func(o openapi.Operation) openapi.Operation {
		o.Method, o.Path, o.Tag, o.Security, o.Permission, o.Answers = http.MethodPost, "/operate"+o.Path, tagOperate, callers, string(access.HubOperate), openapi.Done()
		o.Refusals = append(o.Refusals, openapi.Refuse(http.StatusForbidden, "person-needed"), openapi.Refuse(http.StatusConflict, "version-conflict"))
		return o
	}
	missing := openapi.Refuse(http.StatusNotFound, "not-found")
	one := read("/posts/:post", "getPostStanding", "One post, with two weeks of its past", onePostBody{})
	one.Refusals = append(one.Refusals, missing)
	parted := read("/posts/:post/forks", "listForks", "The histories of a post's machines that parted from the hub's", forkList{})
	parted.Refusals = append(parted.Refusals, missing)
	return []openapi.Operation{
		parted,
		act(openapi.Operation{
			Path: "/posts/:post/forks", ID: "decideFork", Summary: "Let a fenced machine go on, or shut it out for good", Request: decideForkBody{},
			Description: "`choice` is go-on or shut-out; go-on wants `copies_off`: every other copy of the machine is switched off. " +
				"The officer gives `password` or `code` again.",
			Required: []string{"node", "seen", "choice", "reason"}, Idempotent: "The same decision by the same officer again changes nothing.",
			Refusals: []openapi.Refusals{
				missing, openapi.Refuse(http.StatusUnauthorized, "sign-in-refused"), openapi.Refuse(http.StatusTooManyRequests, "too-many-attempts"),
			},
		}),
		read("", "getPicture", "What needs somebody now, every post, every stage", pictureBody{}),
		read("/posts", "listPosts", "Every post as it stands", postsBody{}),
		one,
		read("/requests", "listStages", "Open requests by kind and state", requestsBody{}),
		read("/hub", "getHubStanding", "Members, leader, orders and certificates", standingBody{}),
		read("/stuck", "listStuck", "Orders whose last attempt failed", stuckList{}),
		read("/refused", "listRefused", "Entries that the hub took and refused", refusedList{}),
		act(openapi.Operation{
			Path: "/needs", ID: "attendNeed", Summary: "Take a need, or give it back", Request: NeedAct{}, Required: []string{"key"},
			Idempotent: "To take what one has changes the note alone.",
		}),
		act(openapi.Operation{
			Path: "/stuck/:order/retry", ID: "retryOrder", Summary: "Have an order tried again at once", Request: RetryAct{},
			Refusals: []openapi.Refusals{missing}, Idempotent: "It is carried out under its id, so never twice.",
		}),
		act(openapi.Operation{
			Path: "/refused/:number/settle", ID: "settleRefused", Summary: "Note what was done about a refused entry", Request: SettleAct{},
			Required: []string{"note"}, Refusals: []openapi.Refusals{missing}, Idempotent: "The same note again changes nothing.",
		}),
	}
}

func sessionLines() []openapi.Operation {
	refused := openapi.Refuse(http.StatusUnauthorized, "sign-in-refused")
	limited := openapi.Refuse(http.StatusTooManyRequests, "too-many-attempts")
	gone := openapi.Refuse(http.StatusGone, "expired", "used")
	return []openapi.Operation{
		{
			Method: http.MethodPost, Path: "/session", ID: "signIn", Tag: tagSession, Summary: "Sign in with password and code", Request: sessionBody{},
			Required: []string{"officer", "password", "code"}, Answers: openapi.Created(officer.View{}), Refusals: []openapi.Refusals{refused, limited},
		},
		{
			Method: http.MethodGet, Path: "/session", ID: "getSession", Tag: tagSession, Summary: "The session, locked or not", Security: sessions,
			Answers: openapi.OK(officer.View{}),
		},
		{
			Method: http.MethodDelete, Path: "/session", ID: "signOut", Tag: tagSession, Summary: "Sign out", Security: sessions, Answers: openapi.Done(),
		},
		{
			Method: http.MethodPost, Path: "/session/lock", ID: "lockSession", Tag: tagSession, Summary: "Lock the screen", Security: sessions, Answers: openapi.Done(),
		},
		{
			Method: http.MethodPost, Path: "/session/unlock", ID: "unlockSession", Tag: tagSession, Summary: "Unlock the screen with password or code", Security: sessions,
			Request: unlockBody{}, Answers: openapi.OK(officer.View{}), Refusals: []openapi.Refusals{refused, limited},
		},
		{
			Method: http.MethodPost, Path: "/enrolment", ID: "offerAuthenticator", Tag: tagSession, Summary: "A new authenticator, for who holds the one-time sheet",
			Request: sheetBody{}, Required: []string{"officer", "one_time_code"}, Answers: openapi.OK(offerBody{}),
			Refusals: []openapi.Refusals{refused, limited, gone},
		},
		{
			Method: http.MethodPost, Path: "/enrolment/confirm", ID: "confirmAuthenticator", Tag: tagSession, Summary: "Set password and authenticator, and sign in",
			Request: confirmBody{}, Required: []string{"officer", "one_time_code", "password", "code"}, Answers: openapi.Created(officer.View{}),
			Refusals: []openapi.Refusals{refused, limited, gone, openapi.Refuse(http.StatusNotFound, "not-found")},
		},
	}
}
