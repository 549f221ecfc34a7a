# make check-arm: the runtime and the tests' programs compiled for AArch64; with a root folder of that machine and qemu-user (Debian's
# qemu-user) the programs of tests/dist run too, and print the same bytes. `make arm-root` fetches the folder: 21 MB of Debian packages,
# unpacked into build/arm/root, not installed.
ARM_BUILD := $(BUILD)/arm
ARM_ROOT  := $(ARM_BUILD)/root
# Without the folder, the C headers that Debian has for compiling for other machines will do; those of libraries are the same.
ARM_CC = $(CLANG) --target=aarch64-linux-gnu $(if $(wildcard $(ARM_ROOT)/usr/include),--sysroot=$(ARM_ROOT),-isystem /usr/aarch64-linux-gnu/include \
  -idirafter /usr/include -idirafter /usr/include/$(shell $(CC) -dumpmachine))

.PHONY: check-arm arm-root arm-runtime
arm-root:
	tests/arm/root.sh $(ARM_ROOT)
arm-runtime:
	@$(MAKE) -s BUILD=$(ARM_BUILD) CC="$(ARM_CC)" AR=$(shell $(LLVM_CONFIG) --bindir)/llvm-ar SAN= $(ARM_BUILD)/lib/libmrt.a
check-arm: all
	LONG=1 tests/run.py --build $(BUILD) script/arm
