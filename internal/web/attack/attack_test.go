package attack_test

import (
	"log/slog"
	"net/http"
	"runtime"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"jaliya/internal/web"
	"jaliya/internal/web/attack"
)

// witness is a test that may fail.
type witness struct {
	*testing.T
	failed bool
}

func (w *witness) Errorf(string, ...any) { w.failed = true }

func (w *witness) FailNow() {
	w.failed = true
	runtime.Goexit()
}

// gives tells whether a surface gives way to an attack.
func gives(t *testing.T, engine *gin.Engine, state func() any, try func(attack.Surface)) bool {
	t.Helper()
	w := &witness{T: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		try(attack.Surface{T: w, Engine: engine, Host: "here.example", State: state})
	}()
	<-done
	return w.failed
}

// TestWeakSurfacesGiveWay: each attack finds the fault that it is there for, and
// finds none where there is none.
func TestWeakSurfacesGiveWay(t *testing.T) {
	changed := 0
	state := func() any { return changed }
	page := func(text string) gin.HandlerFunc {
		return func(c *gin.Context) { c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(text)) }
	}
	post := func(*gin.Context) { changed++ }
	cases := map[string]struct {
		strong, weak func(*gin.Engine)
		raw          bool // the weak engine is not that of package web
		try          func(attack.Surface)
	}{
		"CrossSite": {
			strong: func(e *gin.Engine) { e.POST("/do", post) }, weak: func(e *gin.Engine) { e.POST("/do", post) }, raw: true,
			try: attack.Surface.CrossSite,
		},
		"Methods": {
			strong: func(e *gin.Engine) { e.POST("/do", post) },
			weak: func(e *gin.Engine) {
				e.POST("/do", post)
				e.GET("/do", func(c *gin.Context) {
					if c.GetHeader("X-HTTP-Method-Override") == http.MethodPost {
						post(c)
					}
				})
			},
			try: attack.Surface.Methods,
		},
		"Hosts": {
			strong: func(e *gin.Engine) { e.GET("/", page("fine")) },
			weak:   func(e *gin.Engine) { e.GET("/", func(c *gin.Context) { page("https://" + c.Request.Host + "/")(c) }) },
			try:    attack.Surface.Hosts,
		},
		"Redirects": {
			strong: func(e *gin.Engine) { e.GET("/go", func(c *gin.Context) { web.See(c, web.LocalPath(c.Query("next"))) }) },
			weak:   func(e *gin.Engine) { e.GET("/go", func(c *gin.Context) { web.See(c, c.Query("next")) }) },
			try:    func(s attack.Surface) { s.Redirects("next") },
		},
		"Paths": {
			strong: func(e *gin.Engine) { e.GET("/assets/:name", page("fine")) },
			weak:   func(e *gin.Engine) { e.GET("/assets/*name", page("module jaliya")) },
			try:    attack.Surface.Paths,
		},
		"HeadersScript": {
			strong: func(e *gin.Engine) { e.Group("", web.Policy()).GET("/", page("<p>fine</p>")) },
			weak:   func(e *gin.Engine) { e.Group("", web.Policy()).GET("/", page("<script>1</script>")) },
			try:    attack.Surface.Headers,
		},
		"HeadersHandler": {
			strong: func(e *gin.Engine) { e.Group("", web.Policy()).GET("/", page(`<a href="/x">fine</a>`)) },
			weak:   func(e *gin.Engine) { e.Group("", web.Policy()).GET("/", page(`<a onclick="x()">fine</a>`)) },
			try:    attack.Surface.Headers,
		},
		"HeadersCached": {
			strong: func(e *gin.Engine) { e.GET("/", func(c *gin.Context) { c.JSON(http.StatusOK, 1) }) },
			weak: func(e *gin.Engine) {
				e.GET("/", func(c *gin.Context) { c.Header("Cache-Control", "public"); c.JSON(http.StatusOK, 1) })
			},
			try: attack.Surface.Headers,
		},
	}
	for name, one := range cases {
		t.Run(name, func(t *testing.T) {
			strong := web.NewEngine(slog.New(slog.DiscardHandler))
			one.strong(strong)
			require.False(t, gives(t, strong, state, one.try), "nothing to find")
			weak := web.NewEngine(slog.New(slog.DiscardHandler))
			if one.raw {
				weak = gin.New()
			}
			one.weak(weak)
			require.True(t, gives(t, weak, state, one.try), "not found")
		})
	}
}

func TestMarkupThatIsNotHarmless(t *testing.T) {
	harmless := func(page string) bool {
		w := &witness{T: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			attack.Harmless(w, page, "a page")
		}()
		<-done
		return !w.failed
	}
	for _, text := range attack.Markup()[:4] {
		require.False(t, harmless("<p>"+text+"</p>") && harmless(`<input value="`+text+`">`) && harmless("<input value='"+text+"'>"), text)
	}
	turned := attack.Markup()[4]
	require.False(t, harmless("<p>Name: <b>"+turned+"</b> and more</p>"))
	require.True(t, harmless("<p>Name: <bdi>"+turned+"</bdi> and more</p>"))
	require.True(t, harmless("<p>xq7z is a name</p>"))
}
