# Everyday commands. Each is thin: the work is in cargo, npm and scripts/.
.DEFAULT_GOAL := help
.PHONY: help demo test check fmt bundle simulate e2e e2e-moodle package screenshots autobahn api fuzz soak reconnects powercut soak-build bench bench-quick bench-client bench-profile bench-build profiled-build

help: ## what there is
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: ## build and run the demo campus; options: make demo ARGS="--classmates 40"
	@test -x target/debug/gchat && echo "Building what has changed since the last time; then the campus opens." || \
		echo "Compiling the server: about two minutes on four cores the first time, seconds after that. Then the campus opens; Ctrl+C ends it."
	cargo run --locked --package gchat -- demo $(ARGS)

test: ## everything: installs what is missing, then lints, tests, browsers, dependencies
	scripts/test

check: ## the quick part of it: formatting, clippy, types, lints
	scripts/test fmt clippy client-types client-lint

fmt: ## format the Rust code
	cargo fmt --all

bundle: ## build the browser client into moodle/block_gchat/js
	scripts/install npm client
	npm --prefix client run build

simulate: ## simulated worlds: make simulate SEEDS=10000 (of each kind), or one of them again: SEED=3000017
	SEED="$(SEED)" SEEDS="$(SEEDS)" cargo test --locked --package gchat --test sim -- --nocapture

e2e: ## the browser tests alone; one file: make e2e ARGS=test/talk.test.mjs
	scripts/install browser php npm e2e
	cargo build --locked --package gchat
	cd e2e && node run.mjs $(ARGS)

e2e-moodle: ## the tests in a real Moodle: make e2e-moodle MOODLE_DIR=TREE [DATABASES=mariadb]
	@MOODLE_DIR="$(MOODLE_DIR)" DATABASES="$(DATABASES)" scripts/test moodle moodle-phpunit

autobahn: ## Autobahn's WebSocket cases against the server; some: make autobahn CASES='"6.*"'
	scripts/install compiler python
	cargo build --locked --package gchat --example echo
	target/python/bin/python conformance/autobahn.py target/debug/examples/echo $(CASES)

api: ## the HTTP API against its description; make api CASES=10000 [SEED=7]
	scripts/install compiler python
	cargo build --locked --package gchat
	SEED=$(SEED) target/python/bin/python conformance/api.py target/debug/gchat $(or $(CASES),1000)

fuzz: ## any bytes against server and client: make fuzz SECONDS=60 [SEED=7]
	scripts/install compiler cplusplus npm client
	SEED=$(SEED) scripts/fuzz $(or $(SECONDS),60)

package: ## the plugin's zip, as a site installs it, into target/package
	scripts/package

screenshots: ## pictures of every state into TO (a temporary folder by default), one into docs/images
	scripts/install browser fonts npm e2e
	cargo build --locked --package gchat
	cd e2e && node screenshots.mjs $(TO)

# The long proofs of soak/README.md; PROFILE=release for a faster server.
KILLS ?= 5
MESSAGES ?= 50000
RECONNECTS ?= 10000
CUTS ?= 5
PROFILE ?= dev
SOAK = SEED="$(SEED)" target/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/gchat-soak

soak: soak-build ## kill -9 under load: make soak KILLS=5 MESSAGES=50000 [SEED=1]
	$(SOAK) soak --kills $(KILLS) --messages $(MESSAGES)

reconnects: soak-build ## cut sockets under load: make reconnects RECONNECTS=10000 [SEED=1]
	$(SOAK) reconnects --cuts $(RECONNECTS)

powercut: soak-build ## cut the power under load (needs root): make powercut CUTS=5 [SEED=1]
	[ "$$(id -u)" != 0 ] || scripts/install disks
	$(SOAK) powercut --cuts $(CUTS)

soak-build:
	cargo build --locked --profile $(PROFILE) --package gchat --package gchat-soak

# The figures of docs/performance.md; how they are made is in bench/README.md.
BENCH = target/release/gchat-bench run --seed $(or $(SEED),1) $(foreach name,$(ONLY),--only $(name))

bench-quick: bench-build ## figures and goals in ten minutes: make bench-quick [ONLY="idle walk"] [SEED=1]
	$(BENCH) --quick

bench: bench-build $(if $(ONLY),,profiled-build) ## all figures at their full size; without ONLY, rewrites docs/performance.md
	$(BENCH) $(if $(ONLY),,--report --profiled $(PROFILED))

bench-client: ## what the client costs a browser, in five minutes: make bench-client [ONLY="conversations windows loads"]
	scripts/install browser npm e2e
	cargo build --locked --package gchat
	cd e2e && node bench.mjs $(ONLY)

bench-profile: bench-build profiled-build ## flame graphs into bench/results: make bench-profile ONLY="walk talk"
	$(BENCH) --quick --profiled $(PROFILED)

bench-build:
	scripts/install bench
	cargo build --locked --release --package gchat --package gchat-bench

# The same server, whose stacks perf can follow: frame pointers in Rust and in SQLite's C.
PROFILED = target/profiling/release/gchat

profiled-build:
	RUSTFLAGS="-C force-frame-pointers=yes" CFLAGS="-fno-omit-frame-pointer" \
		cargo build --locked --release --package gchat --target-dir target/profiling
