package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// operateAPIRoutes are the operators' part of the JSON API.
func operateAPIRoutes() []APIRoute {
	get, post := http.MethodGet, http.MethodPost
	return []APIRoute{
		{get, "/operate", access.HubStatus, (*API).overview},
		{post, "/operate/needs", access.HubOperate, (*API).attendNeed},
		{get, "/operate/posts", access.HubStatus, (*API).posts},
		{get, "/operate/requests", access.HubStatus, (*API).requests},
		{get, "/operate/hub", access.HubStatus, (*API).hub},
		{get, "/operate/posts/:post", access.HubStatus, (*API).onePost},
		{get, "/operate/posts/:post/forks", access.HubStatus, (*API).forks},
		{post, "/operate/posts/:post/forks", access.HubOperate, (*API).decideFork},
		{get, "/operate/stuck", access.HubStatus, (*API).stuck},
		{post, "/operate/stuck/:order/retry", access.HubOperate, (*API).retryOrder},
		{get, "/operate/refused", access.HubStatus, (*API).refused},
		{post, "/operate/refused/:number/settle", access.HubOperate, (*API).settleRefused},
	}
}

func (a *API) overview(c *gin.Context, who access.Principal) {
	picture, err := a.console.Overview(c.Request.Context(), who)
	answer(c, http.StatusOK, bodyOfPicture(picture).seenBy(who), err)
}

func (a *API) posts(c *gin.Context, who access.Principal) {
	picture, err := a.console.Overview(c.Request.Context(), who)
	answer(c, http.StatusOK, postsBody{At: picture.At, Posts: each(picture.Posts, bodyOfPost)}, err)
}

func (a *API) requests(c *gin.Context, who access.Principal) {
	picture, err := a.console.Overview(c.Request.Context(), who)
	answer(c, http.StatusOK, requestsBody{At: picture.At, Stages: each(picture.Stages, bodyOfStage)}, err)
}

func (a *API) hub(c *gin.Context, who access.Principal) {
	picture, err := a.console.Overview(c.Request.Context(), who)
	answer(c, http.StatusOK, standingBody{At: picture.At, Log: picture.Log, Hub: bodyOfHub(picture.Hub)}, err)
}

func (a *API) onePost(c *gin.Context, who access.Principal) {
	id, err := consular.ParsePostID(c.Param("post"))
	if err != nil {
		web.Fail(c, fault.New(fault.NotFound, "console: show post", "", nil))
		return
	}
	one, err := a.console.PostStanding(c.Request.Context(), who, id)
	answer(c, http.StatusOK, onePostBody{
		Post: bodyOfPost(one.Post), Needs: seenBy(who, each(one.Needs, bodyOfNeed), (*needBody).impersonal),
		History: each(one.History, bodyOfPoint),
	}, err)
}

func (a *API) stuck(c *gin.Context, who access.Principal) {
	list, err := a.console.StuckOrders(c.Request.Context(), who)
	answer(c, http.StatusOK, stuckList{Stuck: each(list, bodyOfStuck)}, err)
}

func (a *API) refused(c *gin.Context, who access.Principal) {
	list, err := a.console.RefusedEntries(c.Request.Context(), who)
	answer(c, http.StatusOK, refusedList{Refused: seenBy(who, each(list, bodyOfRefused), (*refusedBody).impersonal)}, err)
}

func (a *API) attendNeed(c *gin.Context, who access.Principal) {
	var in NeedAct
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	done(c, a.console.AttendNeed(c.Request.Context(), who, in))
}

func (a *API) retryOrder(c *gin.Context, who access.Principal) {
	var in RetryAct
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	in.Order = numberIn(c.Param("order"))
	done(c, a.console.RetryOrder(c.Request.Context(), who, in))
}

func (a *API) settleRefused(c *gin.Context, who access.Principal) {
	var in SettleAct
	if err := web.ReadJSON(c, &in); err != nil {
		web.Fail(c, err)
		return
	}
	in.Number = numberIn(c.Param("number"))
	done(c, a.console.SettleRefused(c.Request.Context(), who, in))
}
