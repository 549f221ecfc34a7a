/* target.c: x86-64 and AArch64, as far as code generation has to know them. */
#include "compiler/llvm/gen.h"
#include "compiler/llvm/target.h"

#include <llvm-c/Target.h>
#include <string.h>

static const TargetLevel x86_64_levels[] = {
    {.cpu = MR_CPU_X86_64, .name = "x86-64", .llvm = "x86-64", .vector_bits = 128},
    {.cpu = MR_CPU_X86_64_V2, .name = "x86-64-v2", .llvm = "x86-64-v2", .vector_bits = 128},
    {.cpu = MR_CPU_X86_64_V3, .name = "x86-64-v3", .llvm = "x86-64-v3", .vector_bits = 256},
    {.cpu = MR_CPU_X86_64_V4,
     .name = "x86-64-v4",
     .llvm = "x86-64-v4",
     .vector_bits = 512,
     .vector_width = "512",
     .multiplies_vectors = true},
};

static void x86_64_prepare(void) {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
}

static const TargetLevel aarch64_levels[] = {
    {.cpu = MR_CPU_ARMV8_A, .name = "armv8-a", .llvm = "generic", .vector_bits = 128},
};

static void aarch64_prepare(void) {
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
}

/* AArch64's calling convention leaves the bits of a register above a bool's byte undefined: LLVM clears them where it needs to. */
static const Target targets[] = {
    {.machine = "x86_64",
     .triple = "x86_64-pc-linux-gnu",
     .stack = "rsp",
     .levels = x86_64_levels,
     .level_count = sizeof x86_64_levels / sizeof *x86_64_levels,
     .base = MR_CPU_X86_64_V2 - MR_CPU_X86_64,
     .variants = MR_CPU_X86_64_V3 - MR_CPU_X86_64,
     .variant_count = MR_KERNEL_VARIANTS,
     .extends_bools = true,
     .prepare = x86_64_prepare},
    {.machine = "aarch64",
     .triple = "aarch64-unknown-linux-gnu",
     .stack = "sp",
     .levels = aarch64_levels,
     .level_count = sizeof aarch64_levels / sizeof *aarch64_levels,
     .prepare = aarch64_prepare},
};

#if defined(__x86_64__)
#define THIS_MACHINE "x86_64"
#elif defined(__aarch64__)
#define THIS_MACHINE "aarch64"
#else
#error "mrc compiles programs for the machine that it runs on, and knows x86-64 and AArch64"
#endif

static bool is_name_of(const char *name, const Target *target) {
    static const char *const systems[] = {"", "-linux-gnu", "-pc-linux-gnu", "-unknown-linux-gnu"};
    size_t len = strlen(target->machine);
    if (strncmp(name, target->machine, len) != 0) return false;
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
        if (strcmp(name + len, systems[i]) == 0) return true;
    }
    return false;
}

const Target *target_named(const char *name) {
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        if (is_name_of(name ? name : THIS_MACHINE, &targets[i])) return &targets[i];
    }
    return NULL;
}

const char *gen_target_machine(const char *name) {
    const Target *target = target_named(name);
    return target ? target->machine : NULL;
}

const TargetLevel *target_level_named(const Target *target, const char *name) {
    for (size_t i = 0; i < target->level_count; i++) {
        if (strcmp(target->levels[i].name, name) == 0) return &target->levels[i];
    }
    return NULL;
}
