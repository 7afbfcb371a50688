# Jaliya. `make` alone lists what there is; .ci/run is what must hold before a merge.
#
# A target stands here only when something is behind it, and none of them says
# that it held when nothing ran (scripts/lib.sh).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

GO ?= go
GOVERSION := $(shell $(GO) env GOVERSION)

# ---- sizes: what a person or .ci/run may ask more or less of ----------------
SEEDS        ?= 200# simulations by count
SIM_TIME     ?=# or by time, "6m"
KILLS        ?= 20# process kills by count
KILL_TIME    ?=# or by time: rounds of KILLS while one more fits
CRASH_TIME   ?= 1m# crash states of the stores
TIERB_TIME   ?= 1m# the real stack in virtual time
FUZZTIME     ?= 10s# each fuzz target in check
BENCHTIME    ?= 1s# each benchmark
BENCH        ?= .# which benchmarks
TEST_LIMIT   ?= 10m# make test must end within it
RACE_LIMIT   ?= 20m# each package under the race detector
TIER_LIMIT   ?= 60m# sim, crash, bench: a tier that hangs is a failure
export SEEDS SIM_TIME KILLS KILL_TIME CRASH_TIME TIERB_TIME FUZZTIME BENCHTIME BENCH TEST_LIMIT RACE_LIMIT TIER_LIMIT GO

# ---- version: stamped into the three programs -------------------------------
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X jaliya/internal/telemetry.Version=$(VERSION)

# ---- tools: pinned here and kept out of go.mod, whose graph they would swamp -
GOFUMPT_VERSION      := v0.12.0
STATICCHECK_VERSION  := v0.8.2
GOLANGCI_VERSION     := v2.15.0
XTOOLS_VERSION       := v0.52.0

# Each tool lives in a directory named for its version and the compiler's, so
# that one cache serves several checkouts: `make check TOOLS_DIR=$HOME/.cache/jaliya-tools`.
TOOLS_DIR ?= $(CURDIR)/.tools
TOOLS_ROOT := $(abspath $(TOOLS_DIR))
tool = $(TOOLS_ROOT)/$(1)@$(2)-$(GOVERSION)/$(1)
export GOFUMPT     := $(call tool,gofumpt,$(GOFUMPT_VERSION))
export STATICCHECK := $(call tool,staticcheck,$(STATICCHECK_VERSION))
export GOLANGCI    := $(call tool,golangci-lint,$(GOLANGCI_VERSION))
export DEADCODE    := $(call tool,deadcode,$(XTOOLS_VERSION))
TOOLS := $(GOFUMPT) $(STATICCHECK) $(GOLANGCI) $(DEADCODE)

# GOFLAGS is emptied: flags meant for our module must not reach theirs.
install = @echo "installing $(1)@$(2)"; GOFLAGS= GOBIN=$(@D) $(GO) install $(1)@$(2)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## consulate-node, hub and jaliya into bin/
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/consulate-node ./cmd/hub ./cmd/jaliya
	@echo "built $(VERSION): bin/consulate-node bin/hub bin/jaliya"

.PHONY: test
test: ## every test, shuffled: no browser, no root, TEST_LIMIT=10m on two cores
	@scripts/test

.PHONY: test-browser
test-browser: ## pages in Chromium with axe-core, papers under poppler, qpdf and zbar; screenshots in build/screens
	@scripts/browser

.PHONY: alerts
alerts: ## the alert rules and what they say, under Prometheus' promtool
	@scripts/alerts

.PHONY: check
check: tools ## format, vet, linters, modern Go, race tests, FUZZTIME=10s of each fuzz target, dead code
	@scripts/check

.PHONY: lint
lint: tools ## the linters alone
	@scripts/check lint

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME=10s
	@scripts/fuzz

.PHONY: fmt
fmt: tools ## format every file
	$(GOLANGCI) fmt

.PHONY: sim
sim: ## simulated networks: SEEDS=200 of them, or SIM_TIME=6m
	@scripts/sim

.PHONY: stack
stack: ## the real stack in virtual time over bad networks, TIERB_TIME=1m
	@scripts/stack

.PHONY: crash
crash: build ## every crash state for CRASH_TIME=1m, then KILLS=20 of real processes (or KILL_TIME=5m)
	@scripts/crash

.PHONY: mutants
mutants: ## seeded mistakes, each caught by its named test: MUTANTS=regexp for some
	@scripts/mutants

.PHONY: soak
soak: build ## the long totals, hours: SOAK="sim stack states journal nodes", sizes in scripts/soak
	@scripts/soak

.PHONY: contract
contract: build ## the OpenAPI documents by an independent validator, and a journey by clients generated from them
	@scripts/contract

.PHONY: bench
bench: build ## benchmarks, BENCH=regexp BENCHTIME=1s, then the whole system
	@scripts/bench

.PHONY: demo
demo: build ## a living day of eight posts on this machine, until Ctrl-C: DEMO="--posts 71", DEMO="--dir build/demo"
	bin/jaliya localnet --day --posts 8 $(DEMO)

.PHONY: deb
deb: ## Debian packages into build/deb, looked at by lintian where that is installed
	@scripts/deb

.PHONY: deb-equal
deb-equal: ## the same, and again from a clone elsewhere with nothing cached: every bit must be equal
	@scripts/deb prove

.PHONY: test-install
test-install: ## deploy/INSTALL.md followed on clean Debian machines: needs root, apt and a Debian mirror
	@scripts/install-debian

.PHONY: tools
tools: $(TOOLS) ## the pinned tools into TOOLS_DIR=.tools, once
	@mkdir -p $(TOOLS_ROOT)/bin && ln -sf $(TOOLS) $(TOOLS_ROOT)/bin/

$(GOFUMPT):
	$(call install,mvdan.cc/gofumpt,$(GOFUMPT_VERSION))
$(STATICCHECK):
	$(call install,honnef.co/go/tools/cmd/staticcheck,$(STATICCHECK_VERSION))
$(GOLANGCI):
	$(call install,github.com/golangci/golangci-lint/v2/cmd/golangci-lint,$(GOLANGCI_VERSION))
$(DEADCODE):
	$(call install,golang.org/x/tools/cmd/deadcode,$(XTOOLS_VERSION))

.PHONY: clean
clean: ## what was built, not the tools
	rm -rf bin build
