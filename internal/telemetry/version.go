package telemetry

import "runtime/debug"

// Version is stamped by the build: -X jaliya/internal/telemetry.Version=v1.2.3.
// It is never assigned at run time.
var Version = "dev"

// Build says which program this is.
type Build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"` // of the source, empty when it was not recorded
	Modified bool   `json:"modified"` // the source differed from that revision
	Go       string `json:"go"`
}

// BuildInfo reads what the build left in the program.
func BuildInfo() Build {
	build := Build{Version: Version}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build
	}
	build.Go = info.GoVersion
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			build.Revision = setting.Value
		case "vcs.modified":
			build.Modified = setting.Value == "true"
		}
	}
	return build
}
