# The verbs of zhizhu. `make` alone lists them.

# Build tags, here and nowhere else: X11 only (the Wayland driver has no touch), and Fyne's new threading rules.
TAGS := x11,migrated_fynedo
GO   ?= go

GOBUILD   := $(GO) build -tags $(TAGS)
GOTEST    := $(GO) test -tags $(TAGS)
DISPLAYED := packaging/with-display.sh
LINT      := bin/tools/golangci-lint

.DEFAULT_GOAL := help
.PHONY: help setup run build test rigs race lint fmt bench shots fuzz soak torture demo check clean-tree fonts

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what Debian 12 lacks; does nothing the second time
	@packaging/setup.sh

run: build ## open the kiosk with played devices; without a display, serve one scripted resident
	@packaging/run.sh

build: setup ## bin/zhizhu, bin/zhizhu-devices, bin/zhizhu-gateway
	$(GOBUILD) -o bin/zhizhu .
	CGO_ENABLED=0 $(GO) build -o bin/zhizhu-devices ./devices/cmd/zhizhu-devices
	CGO_ENABLED=0 $(GO) build -o bin/zhizhu-gateway ./offline/cmd/zhizhu-gateway

test: setup ## vet and every test, on a private screen in memory
	$(GO) vet -tags $(TAGS) ./...
	$(DISPLAYED) $(GOTEST) -timeout 10m ./...

rigs: setup ## the tests that need more than a machine: Debian's cupsd and printer, power cuts on a loop device (root)
	@packaging/setup.sh rigs
	$(GO) test -tags $(TAGS),cups -timeout 10m ./devices/a4
	$(GO) test -tags $(TAGS),root -timeout 10m ./offline/store

race: setup ## every test under the race detector
	$(DISPLAYED) $(GOTEST) -race -timeout 15m ./...

lint: setup $(LINT) ## golangci-lint, pinned in packaging/lint/go.mod
	$(LINT) run --build-tags $(TAGS) ./...

fmt: $(LINT) ## gofumpt and goimports over the tree
	$(LINT) fmt

# Built from its own pinned module, once for each version of the linter and of Go.
$(LINT): packaging/lint/go.mod packaging/lint/go.sum
	$(GO) build -C packaging/lint -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

bench: setup ## the bars: lodge, card to fields, commit to first receipt byte
	@packaging/bench.sh $(TAGS)

shots: build ## a picture of every screen, into out/shots
	@packaging/shots.sh

fuzz: setup ## each decoder's fuzz test for FUZZTIME (10s)
	@packaging/fuzz.sh $(TAGS) $(or $(FUZZTIME),10s)

soak: build ## 500 visits on a private screen; heap and PSS must be flat
	@packaging/soak.sh $(or $(VISITS),500)

torture: setup ## KILLS=200 SEED=1: kill, cut off and rob the offline half; nothing may be lost or come twice
	@packaging/torture.sh $(or $(KILLS),200) $(or $(SEED),1)

demo: build ## 40 visits without a window, over ptys, TLS and disk
	bin/zhizhu demo --visits $(or $(VISITS),40) --seed $(or $(SEED),7) --json

fonts: ## make the bundled fonts anew from Debian's
	@packaging/setup.sh fonts
	packaging/fonts/subset.sh

check: test lint race clean-tree ## what CI runs

clean-tree: ## fail if building and testing left something behind
	@dirt=$$(git status --porcelain); [ -z "$$dirt" ] || { echo "The tree is not clean:"; echo "$$dirt"; exit 1; } >&2
