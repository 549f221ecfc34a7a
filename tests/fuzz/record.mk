# make fuzz-record FUZZ_SECONDS=60: what launchers and parents send each other, with libFuzzer and the sanitisers. What it finds new stays in the build folder.
FUZZ_SECONDS ?= 60
FUZZ_RECORD    := $(BUILD)/fuzz/record_fuzz

$(FUZZ_RECORD): tests/fuzz/record_fuzz.c base/arena.c base/buf.c runtime/net/fields.c runtime/net/keys.c base/map.c runtime/launch/record.c $(wildcard runtime/*/*.h)
	@mkdir -p $(@D)
	$(CLANG) $(CPPFLAGS) -std=c11 -g -O1 -ffp-contract=off -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -MF $@.d \
	  $(filter %.c,$^) -o $@ -lzmq

.PHONY: fuzz-record
fuzz-record: $(FUZZ_RECORD)
	@mkdir -p $(BUILD)/fuzz/record
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 \
	  -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/record
