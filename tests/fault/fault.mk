# make check-fault RUNS=1000 [SEED=1]: processes of runs are killed, stopped and slowed down; what they print must not change.
# The runtime is built once more, with named points at which that happens (runtime/worker/fault.h); the compiler is the same.
RUNS        ?= 1000
SEED        ?= 1
FAULT_BUILD := $(BUILD)/fault

.PHONY: fault-programs check-fault
fault-programs: all
	@$(MAKE) -s BUILD=$(FAULT_BUILD) DEFINES="$(DEFINES) -DMR_FAULTS" fault-runtime
	@mkdir -p $(FAULT_BUILD)/bin
	@cmp -s $(BUILD)/bin/mrc $(FAULT_BUILD)/bin/mrc || cp $(BUILD)/bin/mrc $(FAULT_BUILD)/bin/mrc
.PHONY: fault-runtime
fault-runtime: $(BUILD)/bin/mrrun $(LIB_PROGRAM) $(BITCODE)

check-fault: fault-programs
	tests/fault/fault.py --build $(FAULT_BUILD) --runs $(RUNS) --seed $(SEED) --long
