# ClinicSync. Each target does all that it needs, from a fresh clone on a Debian or Ubuntu machine
# with a Swift toolchain.
#
#   make setup      install what the machine lacks
#   make build      programs in bin/
#   make demo       play a district's story to its end
#   make try        the same district, kept running until Ctrl-C
#   make test       all tests
#   make simulate   run simulated districts until stopped, or SEEDS=N of them
#   make bench      measure, beside plain SQLite; also as bench.json
#   make lint       format and house rules

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: setup programs build demo try test simulate bench lint clean

# One release build serves all: tests need no testable imports, so their flags are the same.
BUILD := swift build -c release
TEST := swift test -c release --disable-testable-imports
PROGRAMS := clinicd hubd syncctl district bench

# The simulator is built apart, with faults that can be planted into the product: no other program
# has any of their code.
PLANTED := .build/planted/release/simulate
PLANTED_BUILD := $(BUILD) --traits Planted --scratch-path .build/planted --product simulate
PLANTED_SOURCES := Package.swift $(shell find Sources Simulations -name '*.swift' -o -name '*.h' \
    -o -name '*.c')

setup:
	@.ci/setup

programs: setup
	$(BUILD)
	@mkdir -p bin
	@folder="$$($(BUILD) --show-bin-path)"; \
	for program in $(PROGRAMS); do \
	    if [ -x "$$folder/$$program" ]; then ln -sf "$$folder/$$program" "bin/$$program"; fi; \
	done

build: programs $(PLANTED)
	@ln -sf "$(CURDIR)/$(PLANTED)" bin/simulate
	@echo "Programs: $$(ls bin | sed 's|^|bin/|' | tr '\n' ' ')"

$(PLANTED): $(PLANTED_SOURCES) | setup
	$(PLANTED_BUILD)
	@touch $@

demo: programs
	bin/district demo

try: programs
	bin/district try

test: build lint
	.ci/test $(TEST)

simulate: build
	bin/simulate --fresh $(or $(SEEDS),0)

bench: programs
	bin/bench --json bench.json

lint: setup
	swift format lint --strict --recursive --parallel Package.swift Sources Simulations Tests
	.ci/lint

clean:
	rm -rf .build bin bench.json
