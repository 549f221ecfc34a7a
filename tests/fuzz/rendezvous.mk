# make fuzz-rendezvous FUZZ_SECONDS=60: the file by which ranks find each other, with libFuzzer and the sanitisers.
FUZZ_SECONDS  ?= 60
FUZZ_RENDEZVOUS := $(BUILD)/fuzz/rendezvous_fuzz

$(FUZZ_RENDEZVOUS): tests/fuzz/rendezvous_fuzz.c runtime/launch/rendezvous.c runtime/net/keys.c $(call sources,base) $(wildcard base/*.h runtime/*/*.h)
	@mkdir -p $(@D)
	$(CLANG) $(CPPFLAGS) -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -MF $@.d $(filter %.c,$^) -o $@ -lzmq

.PHONY: fuzz-rendezvous
fuzz-rendezvous: $(FUZZ_RENDEZVOUS)
	@mkdir -p $(BUILD)/fuzz/rendezvous
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -max_len=1024 -print_final_stats=1 \
	  -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/rendezvous
