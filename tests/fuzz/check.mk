# make fuzz-check FUZZ_SECONDS=60: the lexer, the parser and the checker with the library. The seeds are the programs of the tests.
FUZZ_SECONDS   ?= 60
FUZZ_CHECK     := $(BUILD)/fuzz/check_fuzz
FUZZ_CHECK_SRC := $(call sources,base compiler/source compiler/syntax compiler/sema) $(BUILD)/gen/parser.c $(BUILD)/gen/lexer.c $(BUILD)/gen/embedded.S $(BUILD)/gen/explanations.S

$(FUZZ_CHECK): tests/fuzz/check_fuzz.c $(FUZZ_CHECK_SRC) $(wildcard compiler/sema/*.h compiler/sema/*.def)
	@mkdir -p $(@D)
	$(CLANG) -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. -I$(BUILD)/gen -D_GNU_SOURCE \
	  -w $(filter %.c %.S,$^) -o $@ -l:libutf8proc.a -lm

.PHONY: fuzz-check
fuzz-check: $(FUZZ_CHECK)
	@mkdir -p $(BUILD)/fuzz/check $(BUILD)/fuzz/check-seeds
	@for f in tests/errors/*.mr tests/types/*.mr examples/*.mr tests/run/*/main.mr tests/dist/*/main.mr tests/conformance/*/*.mr; do \
	  cp $$f $(BUILD)/fuzz/check-seeds/$$(echo $$f | tr / _); done
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=4096 -dict=tests/fuzz/mr.dict -print_final_stats=1 \
	  -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/check $(BUILD)/fuzz/check-seeds
