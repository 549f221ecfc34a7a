# The fuzz targets: tests/fuzz/x_fuzz.c with the sources it names, built by clang with libFuzzer and AddressSanitizer.
#   make fuzz-parse FUZZ_SECONDS=60    what it finds new goes to build/fuzz/parse, not into the seeds
FUZZ_SECONDS ?= 60
FUZZ_FLAGS   := -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. -I$(BUILD)/gen -D_GNU_SOURCE -DMR_VERSION='"$(VERSION)"'

FUZZ_PARSE_SRC := $(call sources,base compiler/source compiler/syntax) $(BUILD)/gen/parser.c $(BUILD)/gen/lexer.c $(BUILD)/gen/explanations.S

$(BUILD)/fuzz/parse_fuzz: tests/fuzz/parse_fuzz.c $(FUZZ_PARSE_SRC)
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_FLAGS) -w $^ -o $@ -l:libutf8proc.a -lm

.PHONY: fuzz-parse
fuzz-parse: $(BUILD)/fuzz/parse_fuzz
	@mkdir -p $(BUILD)/fuzz/parse
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=5 -rss_limit_mb=1024 -max_len=4096 -dict=tests/fuzz/mr.dict -print_final_stats=1 \
	  -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/parse tests/fuzz/corpus/parse
