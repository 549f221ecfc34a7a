# make fuzz-lower FUZZ_SECONDS=60: the front end with lowering and its verification. The seeds are the programs of the tests.
FUZZ_SECONDS   ?= 60
FUZZ_LOWER     := $(BUILD)/fuzz/lower_fuzz
FUZZ_LOWER_SRC := $(call sources,base compiler/source compiler/syntax compiler/sema compiler/core) $(BUILD)/gen/parser.c $(BUILD)/gen/lexer.c $(BUILD)/gen/embedded.S $(BUILD)/gen/explanations.S

$(FUZZ_LOWER): tests/fuzz/lower_fuzz.c $(FUZZ_LOWER_SRC) $(wildcard compiler/sema/*.h compiler/sema/*.def compiler/core/*.h)
	@mkdir -p $(@D)
	$(CLANG) -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. -I$(BUILD)/gen -D_GNU_SOURCE \
	  -w $(filter %.c %.S,$^) -o $@ -l:libutf8proc.a -lm

.PHONY: fuzz-lower
fuzz-lower: $(FUZZ_LOWER)
	@mkdir -p $(BUILD)/fuzz/lower $(BUILD)/fuzz/lower-seeds
	@for f in tests/errors/*.mr tests/types/*.mr tests/core/*.mr examples/*.mr tests/run/*/main.mr tests/dist/*/main.mr tests/conformance/*/*.mr; do \
	  cp $$f $(BUILD)/fuzz/lower-seeds/$$(echo $$f | tr / _); done
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=4096 -dict=tests/fuzz/mr.dict -print_final_stats=1 \
	  -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/lower $(BUILD)/fuzz/lower-seeds
