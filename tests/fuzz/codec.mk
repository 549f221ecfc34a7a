# make fuzz-codec FUZZ_SECONDS=60: the decoder of values, with libFuzzer and the sanitisers. What it finds new stays in the build folder.
FUZZ_SECONDS ?= 60
FUZZ_CODEC   := $(BUILD)/fuzz/codec_fuzz

$(FUZZ_CODEC): tests/fuzz/codec_fuzz.c $(call sources,base runtime/value runtime/io runtime/sched runtime/net runtime/worker) $(wildcard runtime/*/*.h tests/unit/values.h)
	@mkdir -p $(@D)
	$(CLANG) $(CPPFLAGS) -std=c11 -g -O1 -ffp-contract=off -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -MF $@.d \
	  $(filter %.c,$^) -o $@ $(RUNTIME_LIBS)

.PHONY: fuzz-codec
fuzz-codec: $(FUZZ_CODEC)
	@mkdir -p $(BUILD)/fuzz/codec
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 \
	  -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/codec
