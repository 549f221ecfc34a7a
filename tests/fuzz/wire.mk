# make fuzz-wire FUZZ_SECONDS=60: what peers send, with libFuzzer and the sanitisers. What it finds new stays in the build folder.
FUZZ_SECONDS ?= 60
FUZZ_WIRE    := $(BUILD)/fuzz/wire_fuzz

$(FUZZ_WIRE): tests/fuzz/wire_fuzz.c $(call sources,base runtime/value runtime/io runtime/sched runtime/net runtime/worker) $(wildcard runtime/*/*.h)
	@mkdir -p $(@D)
	$(CLANG) $(CPPFLAGS) -std=c11 -g -O1 -ffp-contract=off -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -MF $@.d \
	  $(filter %.c,$^) -o $@ $(RUNTIME_LIBS)

.PHONY: fuzz-wire
fuzz-wire: $(FUZZ_WIRE)
	@mkdir -p $(BUILD)/fuzz/wire
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 \
	  -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/wire
