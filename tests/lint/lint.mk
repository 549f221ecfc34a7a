# make lint: formatting, structure (includes and lengths), pages (what they point to), cppcheck and clang-tidy. make format formats all C sources in place.
LINT_FOLDERS := base compiler runtime tools tests bench
LINT_C := $(sort $(shell find $(LINT_FOLDERS) -name '*.c' 2>/dev/null))
LINT_FORMATTED := $(LINT_C) $(sort $(shell find $(LINT_FOLDERS) -name '*.h' 2>/dev/null))
# What is compiled by the rules above; the benchmarks' yardsticks need flags of their own and are checked by their compiler alone.
LINT_TIDY := $(filter-out bench/% tests/%,$(LINT_C))

# How far the analyzer follows a function's paths. Deep takes ten times as long as shallow, which is what `make check` asks for.
LINT_ANALYSIS ?= deep

.PHONY: lint lint-format lint-structure lint-docs lint-cppcheck lint-tidy format
lint: lint-format lint-structure lint-docs lint-cppcheck lint-tidy
lint-format:
	clang-format --dry-run -Werror $(LINT_FORMATTED)
lint-structure:
	tests/lint/structure.py
lint-docs:
	tests/lint/docs.py
lint-cppcheck:
	cppcheck -q -j2 --std=c11 --error-exitcode=1 --inline-suppr --suppressions-list=tests/lint/cppcheck.txt \
	    --enable=warning,performance,portability -I. -D__x86_64__ -D_GNU_SOURCE -DMR_VERSION='"$(VERSION)"' $(LINT_TIDY)
lint-tidy: $(if $(wildcard grammar/parser.y),$(BUILD)/gen/parser.c $(BUILD)/gen/lexer.c)
	@command -v clang-tidy >/dev/null || { echo "make lint: clang-tidy is not installed" >&2; exit 1; }
	@echo "clang-tidy, $(words $(LINT_TIDY)) files"
	@printf '%s\n' $(LINT_TIDY) | xargs -P2 -n4 sh -c 'clang-tidy --quiet "$$@" -- -std=c11 -I. -I$(BUILD)/gen -D_GNU_SOURCE \
	    "-DMR_VERSION=\"$(VERSION)\"" $(LLVM_CFLAGS) -Xclang -analyzer-config -Xclang mode=$(LINT_ANALYSIS) 2>/dev/null' sh

format:
	clang-format -i $(LINT_FORMATTED)
