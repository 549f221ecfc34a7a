# The test targets. Unit tests are found by name: tests/unit/x_test.c becomes build/tests/unit/x_test.
UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/*_test.c)))
COMPILER_UNITS := $(patsubst %,$(BUILD)/tests/unit/%_test,base parse diag sema core gen gen_job session cells)
BOTH_UNITS := $(patsubst %,$(BUILD)/tests/unit/%_test,jit)

.PHONY: check-unit
check-unit: $(UNIT_TESTS)
	@for t in $(UNIT_TESTS); do echo "$$t"; $$t || exit 1; done

$(filter $(COMPILER_UNITS),$(UNIT_TESTS)): $(BUILD)/tests/unit/%: tests/unit/%.c $(LIB_COMPILER) $(LIB_BASE)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(LLVM_CFLAGS) $(CFLAGS) $(LDFLAGS) $< $(LIB_COMPILER) $(LIB_BASE) -o $@ -lcmocka $(COMPILER_LIBS)
$(BUILD)/tests/unit/gen_test $(BUILD)/tests/unit/gen_job_test: $(LIB_MRT) $(BITCODE) # they link the programs that they generate
# What is compiled in a process of its own runtime.
$(filter $(BOTH_UNITS),$(UNIT_TESTS)): $(BUILD)/tests/unit/%: tests/unit/%.c $(LIB_COMPILER) $(LIB_MRT)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -rdynamic $< $(LIB_COMPILER) -Wl,--whole-archive $(LIB_MRT) -Wl,--no-whole-archive -o $@ -lcmocka $(COMPILER_LIBS) $(RUNTIME_LIBS) -lsodium
KERNEL_UNITS := $(BUILD)/tests/unit/kernel_test
$(filter $(KERNEL_UNITS),$(UNIT_TESTS)): $(BUILD)/tests/unit/%: tests/unit/%.c $(LIB_KERNEL) $(LIB_BASE)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(LIB_KERNEL) $(LIB_BASE) -o $@ -lcmocka -ljansson -lsodium
$(filter-out $(COMPILER_UNITS) $(BOTH_UNITS) $(KERNEL_UNITS),$(UNIT_TESTS)): $(BUILD)/tests/unit/%: tests/unit/%.c $(LIB_MRRUN) $(LIB_MRT)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(LIB_MRRUN) $(LIB_MRT) -o $@ -lcmocka $(RUNTIME_LIBS) -ljansson -lsodium

# The simulator: the real scheduler, workers' protocol sides and root over a virtual network, a thousand seeds; the long form is
# make check-sim SEEDS=10000.
SEEDS ?= 1000
SIM := $(BUILD)/tests/sim/sim
.PHONY: check-sim
check-sim: $(SIM)
	timeout 3000 $(SIM) --seeds $(SEEDS)
$(SIM): $(call objects,$(call sources,tests/sim)) $(LIB_MRT)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $^ -o $@

# Slurm and mpirun for real, on this machine. LONG=1: more of everything; ROUNDS: how often each kind of process is killed.
.PHONY: check-slurm
check-slurm: all
	LONG=$(LONG) ROUNDS=$(ROUNDS) tests/run.py --build $(BUILD) slurm

# Three hosts as network namespaces with a real sshd, and networks that fail (needs root). The quick form is a part of `check`.
NET_ROUNDS ?= 1
.PHONY: check-net
check-net: all
	tests/net/net.py --build $(BUILD) --rounds $(NET_ROUNDS)

# Everything that needs no other build: see tests/run.py for the families and for running one test again.
.PHONY: check test-programs golden
test-programs: all $(UNIT_TESTS) $(SIM)
check: test-programs
	tests/run.py --build $(BUILD)
golden: all
	tests/run.py --build $(BUILD) --golden golden run dist examples library explain
	git --no-pager diff --stat -- tests examples docs

include $(wildcard tests/arm/*.mk tests/fuzz/*.mk tests/fault/*.mk tests/resume/*.mk tests/security/*.mk)
