# One non-recursive make; all output under $(BUILD). A new .c file in a folder needs no registration.
#   make            build/bin/mrc, build/bin/mrrun, build/lib/mr/...
#   make check      all tests;  make check-unit, check-run, ... one family
#   make lint       formatting, clang-tidy, cppcheck, who may include whom
#   make install PREFIX=/usr/local [DESTDIR=]
#   make install-kernel      makes build/bin/mr-kernel known to this user's Jupyter
#   make SAN=address|undefined|thread BUILD=build/asan   a sanitised build

BUILD   ?= build
PREFIX  ?= /usr/local
CC      ?= gcc
CLANG   ?= clang-19
NM      ?= nm
OBJCOPY ?= objcopy
LLVM_CONFIG ?= llvm-config-19
VERSION := 0.1.0
comma   := ,

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wwrite-strings -Wpointer-arith
ifdef CI
WARNINGS += -Werror
endif
OPT     ?= -O2
SAN_FLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# What C leaves to the machine is the same on all of them: chars have a sign, and no two operations of floats become one.
SAME    := -fsigned-char -ffp-contract=off
CFLAGS  += -std=c11 -g $(OPT) $(SAME) -fno-math-errno $(WARNINGS) $(SAN_FLAGS) -pthread
CPPFLAGS += -I. -I$(BUILD)/gen -D_GNU_SOURCE -DMR_VERSION='"$(VERSION)"' $(DEFINES) -MMD -MP
LDFLAGS += $(SAN_FLAGS) -pthread
# Programs that a sanitised mrc links need the sanitiser's run-time library too.
$(BUILD)/obj/compiler/driver/linker.o: CPPFLAGS += $(if $(SAN),-DMR_LINK_FLAGS='"-fsanitize=$(SAN)"$(comma)')
LLVM_CFLAGS := $(shell $(LLVM_CONFIG) --cflags 2>/dev/null | tr ' ' '\n' | grep -E '^-I' )
LLVM_LIBS := $(shell $(LLVM_CONFIG) --link-shared --libs 2>/dev/null) $(addprefix -L,$(shell $(LLVM_CONFIG) --libdir 2>/dev/null))
COMPILER_LIBS := $(LLVM_LIBS) -l:libutf8proc.a -lm
MOLD := $(shell command -v mold)
# mrc has LLVM in itself where the libraries for that are there: loading the shared one takes longer than compiling a small program.
llvm_targets = $(foreach t,x86 aarch64,$(addprefix $(t),$(1)))
LLVM_STATIC := $(if $(SAN),,$(shell $(LLVM_CONFIG) --link-static --libs passes bitreader bitwriter linker target $(call llvm_targets,codegen info desc) 2>/dev/null))
STATIC_LIBS := libstdc++.a libz.a libzstd.a
HAS_STATIC  := $(if $(LLVM_STATIC),$(filter $(words $(STATIC_LIBS)),$(words $(foreach l,$(STATIC_LIBS),$(findstring /,$(dir $(shell $(CC) -print-file-name=$(l))))))))
MRC_LIBS := $(if $(HAS_STATIC),-no-pie -static-libgcc $(if $(MOLD),-fuse-ld=mold) -Wl$(comma)--gc-sections -L$(shell $(LLVM_CONFIG) --libdir) \
  $(LLVM_STATIC) -l:libutf8proc.a $(addprefix -l:,$(STATIC_LIBS)) -lm,$(COMPILER_LIBS))
JIT_STATIC := $(if $(SAN),,$(shell $(LLVM_CONFIG) --link-static --libs passes bitreader bitwriter linker target orcjit $(call llvm_targets,codegen asmparser info desc) 2>/dev/null))
JIT_LIBS := $(if $(HAS_STATIC),-no-pie -static-libgcc $(if $(MOLD),-fuse-ld=mold) -Wl$(comma)--gc-sections -L$(shell $(LLVM_CONFIG) --libdir) \
  $(JIT_STATIC) $(addprefix -l:,$(STATIC_LIBS)) -lm,$(COMPILER_LIBS))
RUNTIME_LIBS := -lzmq -lutf8proc -l:libpcre2-8.a -lsleef -lm -pthread

sources = $(foreach d,$(1),$(sort $(wildcard $(d)/*.c)))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

BASE_SRC     := $(call sources,base)
COMPILER_SRC := $(call sources,compiler/source compiler/syntax compiler/sema compiler/core compiler/llvm compiler/session)
RUNTIME_SRC  := $(call sources,runtime/value runtime/io runtime/sched runtime/net runtime/sim runtime/journal runtime/worker runtime/launch)
DRIVER_SRC   := $(call sources,compiler/driver)
MRRUN_SRC    := $(call sources,tools/mrrun tools/watch)
REPL_SRC     := $(call sources,tools/repl tools/workbench)
SHOW_SRC     := $(patsubst %,tools/watch/%.c,display progress render report)
KERNEL_SRC   := $(call sources,tools/kernel tools/workbench)
GRAMMAR_OBJ  := $(patsubst %,$(BUILD)/obj/gen/%.o,$(if $(wildcard grammar/parser.y),parser lexer))

LIB_BASE     := $(BUILD)/lib/libbase.a
LIB_COMPILER := $(BUILD)/lib/libcompiler.a
LIB_MRT      := $(BUILD)/lib/libmrt.a
LIB_PROGRAM  := $(BUILD)/lib/mr/libmrt.a
LIB_MRRUN    := $(BUILD)/lib/libmrrun.a
LIB_KERNEL   := $(BUILD)/lib/libkernel.a
# The machine that mr is built for, and those that mrc compiles for: another one than this where its C headers are there.
MACHINE      := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
TARGETS      := $(MACHINE) $(foreach m,$(filter-out $(MACHINE),x86_64 aarch64),$(if $(wildcard /usr/$(m)-linux-gnu/include/string.h),$(m)))
BITCODE      := $(TARGETS:%=$(BUILD)/lib/mr/hot-%.bc)
HOT_SRC      := $(wildcard runtime/value/hot.c runtime/value/random.c)
LLVM_LINK    ?= $(shell $(LLVM_CONFIG) --bindir 2>/dev/null)/llvm-link
LLVM_OPT     ?= $(shell $(LLVM_CONFIG) --bindir 2>/dev/null)/opt

.PHONY: all clean
PHASES_THERE := $(shell grep -lE '^CoreProgram \*core_lower|^bool sema_check|^GenModule \*gen_program|^AstFile \*parse_file' compiler/*/*.c 2>/dev/null | wc -l)
all: $(if $(filter 4,$(PHASES_THERE)),$(BUILD)/bin/mrc,$(LIB_BASE)) $(if $(MRRUN_SRC),$(BUILD)/bin/mrrun) $(if $(REPL_SRC),$(BUILD)/bin/mri) $(if $(KERNEL_SRC),$(BUILD)/bin/mr-kernel) $(if $(RUNTIME_SRC),$(LIB_PROGRAM)) $(if $(HOT_SRC),$(BITCODE))

# ---- the front end that flex and bison make
$(BUILD)/gen/parser.c: grammar/parser.y
	@mkdir -p $(@D)
	bison -Werror -Wcounterexamples --report=states --report-file=$(BUILD)/gen/parser.report -d --header=$(BUILD)/gen/parser.h -o $@ $<
$(BUILD)/gen/parser.h: $(BUILD)/gen/parser.c ;
$(BUILD)/gen/lexer.c: grammar/lexer.l $(BUILD)/gen/parser.c
	flex --header-file=$(BUILD)/gen/lexer.h -o $@ $<
$(BUILD)/gen/lexer.h: $(BUILD)/gen/lexer.c ;
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-error -w -c $< -o $@
$(call objects,$(call sources,compiler/syntax)): | $(if $(wildcard grammar/parser.y),$(BUILD)/gen/parser.c $(BUILD)/gen/lexer.c)

# ---- objects and libraries
$(BUILD)/obj/compiler/llvm/%.o: CPPFLAGS += $(LLVM_CFLAGS)
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(LIB_BASE): $(call objects,$(BASE_SRC))
$(LIB_COMPILER): $(call objects,$(COMPILER_SRC)) $(GRAMMAR_OBJ) $(BUILD)/obj/embedded.o $(BUILD)/obj/explanations.o
RUNTIME_OBJ := $(call objects,$(BASE_SRC) $(RUNTIME_SRC))
$(LIB_MRT): $(RUNTIME_OBJ)
# mrrun and the kernel without their main functions, for the tests.
$(LIB_MRRUN): $(call objects,$(filter-out %/main.c,$(MRRUN_SRC)))
$(LIB_KERNEL): $(call objects,$(filter-out %/main.c,$(KERNEL_SRC)))
$(LIB_BASE) $(LIB_COMPILER) $(LIB_MRT) $(LIB_MRRUN) $(LIB_KERNEL):
	@mkdir -p $(@D)
	rm -f $@ && $(AR) qcs $@ $^
# The runtime as programs are linked with it: its own names, other than mr_... and those that the hot functions know, get one that no
# C function of a program can have. What every program has is one object already, so that linking one takes little; the rest of it, which
# asks for libraries that few programs need, is taken where it is used. A runtime with sanitisers keeps its line tables.
PROGRAM_OBJ := $(BUILD)/obj/program
SELDOM      := pcre2_|Sleef_
$(LIB_PROGRAM): $(LIB_MRT)
	@mkdir -p $(@D) $(PROGRAM_OBJ)
	$(NM) -g $(patsubst %.c,$(BUILD)/obj/%.o,$(HOT_SRC)) | awk 'NF > 1 { print $$NF }' > $(BUILD)/obj/hot.names
	$(NM) -g --defined-only $< | awk 'NF == 3 && $$3 !~ /^(mr)?_/ { print $$3 }' | sort | grep -vxF -f $(BUILD)/obj/hot.names | \
	  sed 's/.*/& mr.&/' > $(BUILD)/obj/program.names
	$(NM) -A -u $(RUNTIME_OBJ) | grep -E '$(SELDOM)' | cut -d: -f1 | sort -u > $(PROGRAM_OBJ)/seldom
	$(LD) -r -o $(PROGRAM_OBJ)/always.o $$(printf '%s\n' $(RUNTIME_OBJ) | grep -vxF -f $(PROGRAM_OBJ)/seldom)
	rm -f $(PROGRAM_OBJ)/libmrt.a && $(AR) qcs $(PROGRAM_OBJ)/libmrt.a $(PROGRAM_OBJ)/always.o $$(cat $(PROGRAM_OBJ)/seldom)
	$(OBJCOPY) $(if $(SAN),,--strip-debug) --redefine-syms=$(BUILD)/obj/program.names $(PROGRAM_OBJ)/libmrt.a $@

# The standard library and the explanations of diagnostics travel inside mrc: a table of names, texts and lengths for each folder.
# $(call embed,TABLE,FILES) prints it as assembly.
define embed
{ echo '.section .rodata'; for f in $(2); do n=$$(basename $$f); n=$${n%.*}; \
  printf '.balign 16\nfile_%s: .incbin "%s"\n.byte 0,0\nfile_%s_end:\nname_%s: .asciz "%s"\n' $$n $$f $$n $$n $$n; done; \
  echo '.section .data.rel.ro,"aw"'; echo '.balign 8'; echo '.globl $(1)'; echo '$(1):'; \
  for f in $(2); do n=$$(basename $$f); n=$${n%.*}; echo ".quad name_$$n, file_$$n, file_$${n}_end - file_$$n - 2"; done; \
  echo '.quad 0, 0, 0'; echo '.section .note.GNU-stack,"",@progbits'; } > $@
endef
# A module is one file, or several that are put together: its own and those in the folder of its name.
STDLIB_MODULES := $(notdir $(basename $(sort $(wildcard stdlib/*.mr))))
STDLIB := $(STDLIB_MODULES:%=$(BUILD)/gen/stdlib/%.mr)
.SECONDEXPANSION:
$(STDLIB): $(BUILD)/gen/stdlib/%.mr: stdlib/%.mr $$(sort $$(wildcard stdlib/%/*.mr))
	@mkdir -p $(@D)
	cat $^ > $@
EXPLANATIONS := $(sort $(wildcard compiler/source/explain/*.md))
$(BUILD)/gen/embedded.S: $(STDLIB) Makefile
	@mkdir -p $(@D)
	@$(call embed,mr_embedded_modules,$(STDLIB))
$(BUILD)/gen/explanations.S: $(EXPLANATIONS) Makefile
	@mkdir -p $(@D)
	@$(call embed,mr_embedded_explanations,$(EXPLANATIONS))
$(BUILD)/obj/embedded.o: $(STDLIB)
$(BUILD)/obj/explanations.o: $(EXPLANATIONS)
$(BUILD)/obj/embedded.o $(BUILD)/obj/explanations.o: $(BUILD)/obj/%.o: $(BUILD)/gen/%.S
	@mkdir -p $(@D)
	$(CC) -c $< -o $@

# The hot part of the runtime once more, as LLVM bitcode that is linked into programs before optimisation: for each target, since what
# clang makes of C keeps to the machine's calling convention.
# As far as it can be optimised without knowing what is called with what, it is here and not in each program.
define hot
$(BUILD)/obj/hot-$(1)/%.bc: %.c $(wildcard runtime/value/*.h runtime/include/*)
	@mkdir -p $$(@D)
	$(CLANG) --target=$(1)-linux-gnu $(if $(filter-out $(MACHINE),$(1)),-isystem /usr/$(1)-linux-gnu/include) -std=c11 -I. -D_GNU_SOURCE \
	  -O1 -Xclang -disable-llvm-passes $(SAME) -fno-math-errno -emit-llvm -c $$< -o $$@
$(BUILD)/lib/mr/hot-$(1).bc: $(patsubst %.c,$(BUILD)/obj/hot-$(1)/%.bc,$(HOT_SRC))
	@mkdir -p $$(@D)
	$(LLVM_LINK) $$^ | $(LLVM_OPT) '-passes=thinlto-pre-link<O2>' -o $$@
endef
$(foreach m,$(TARGETS),$(eval $(call hot,$(m))))

# What mrc needs to know to call the linker itself: the linker, the files before and after those of a program, and folders of libraries,
# as the C compiler here has them. Nothing of it where the C compiler is needed, or where there is no mold.
START_FILES := Scrt1.o crti.o crtbeginS.o
END_FILES   := crtendS.o crtn.o
$(BUILD)/gen/linker.inc: Makefile
	@mkdir -p $(@D)
	@ask() { env -u LIBRARY_PATH $(CC) "$$@"; }; list() { printf '#define %s' "$$1"; shift; printf ' "%s",' "$$@"; echo; }; \
	{ echo '#define LINKER "$(if $(SAN),,$(MOLD))"'; \
	  list LINKER_START $$(for f in $(START_FILES); do ask -print-file-name=$$f; done); \
	  list LINKER_END $$(for f in $(END_FILES); do ask -print-file-name=$$f; done); \
	  list LINKER_FOLDERS $$(ask -print-search-dirs | sed -n 's/^libraries: =//p' | tr ':' '\n' | \
	    while read -r d; do [ ! -d "$$d" ] || echo "-L$$(realpath "$$d")"; done | awk '!seen[$$0]++'); } > $@
$(BUILD)/obj/compiler/driver/linker.o: $(BUILD)/gen/linker.inc

# ---- programs
$(BUILD)/bin/mrc: $(call objects,$(DRIVER_SRC)) $(LIB_COMPILER) $(LIB_BASE)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(MRC_LIBS)
# Cells mention any of the runtime's functions: all of it is there, and can be found by name.
$(BUILD)/bin/mri: $(call objects,$(REPL_SRC) $(SHOW_SRC)) $(LIB_COMPILER) $(LIB_MRT)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $(filter-out $(LIB_MRT),$^) -Wl,--whole-archive $(LIB_MRT) -Wl,--no-whole-archive -rdynamic $(JIT_LIBS) $(RUNTIME_LIBS) -ledit -ljansson
$(BUILD)/bin/mr-kernel: $(call objects,$(KERNEL_SRC)) $(LIB_COMPILER) $(LIB_MRT)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $(filter-out $(LIB_MRT),$^) -Wl,--whole-archive $(LIB_MRT) -Wl,--no-whole-archive -rdynamic $(JIT_LIBS) $(RUNTIME_LIBS) -ljansson -lsodium
$(BUILD)/bin/mrrun: $(BUILD)/obj/tools/mrrun/main.o $(LIB_MRRUN) $(LIB_MRT)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(RUNTIME_LIBS) -ljansson -lsodium

PROGRAMS := $(addprefix $(BUILD)/bin/,mrc mrrun mri mr-kernel)

# ---- installation: programs, the runtime library and its bitcode; nothing refers back to the source tree
.PHONY: install uninstall
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/mr
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(LIB_PROGRAM) $(BITCODE) $(DESTDIR)$(PREFIX)/lib/mr
	$(MAKE) -s install-kernel JUPYTER=$(PREFIX)/share/jupyter KERNEL=$(PREFIX)/bin/mr-kernel
uninstall:
	rm -f $(PROGRAMS:$(BUILD)/%=$(DESTDIR)$(PREFIX)/%)
	rm -rf $(DESTDIR)$(PREFIX)/lib/mr $(DESTDIR)$(PREFIX)/share/jupyter/kernels/mr

# What makes the kernel known to Jupyter: a file in a folder that Jupyter looks through, which says where the program is.
JUPYTER ?= $(or $(JUPYTER_DATA_DIR),$(HOME)/.local/share/jupyter)
KERNEL  ?= $(abspath $(BUILD)/bin/mr-kernel)
.PHONY: install-kernel
install-kernel: $(BUILD)/bin/mr-kernel
	install -d $(DESTDIR)$(JUPYTER)/kernels/mr
	printf '{\n  "argv": ["%s", "{connection_file}"],\n  "display_name": "mr",\n  "language": "mr",\n  "interrupt_mode": "message"\n}\n' '$(KERNEL)' \
	  > $(DESTDIR)$(JUPYTER)/kernels/mr/kernel.json

include $(wildcard tests/tests.mk bench/bench.mk tests/lint/lint.mk)

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
