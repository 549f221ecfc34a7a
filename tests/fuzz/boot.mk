# make fuzz-boot FUZZ_SECONDS=60: what hosts say before they are ready, and ELF files, with libFuzzer and the sanitisers.
FUZZ_SECONDS ?= 60
FUZZ_BOOT    := $(BUILD)/fuzz/boot_fuzz

$(FUZZ_BOOT): tests/fuzz/boot_fuzz.c tools/mrrun/boot.c tools/mrrun/elf.c $(call sources,base) $(wildcard tools/mrrun/*.h)
	@mkdir -p $(@D)
	$(CLANG) $(CPPFLAGS) -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -MF $@.d $(filter %.c,$^) -o $@

.PHONY: fuzz-boot
fuzz-boot: $(FUZZ_BOOT)
	@mkdir -p $(BUILD)/fuzz/boot
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -max_len=8192 -dict=tests/fuzz/boot.dict -print_final_stats=1 \
	  -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/boot
