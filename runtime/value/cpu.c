/* cpu.c: what the machine is capable of, and what MR_CPU allows of it. Asked for once, before main, since an answer may take long
 * where the machine is a virtual one. */
#include "runtime/value/cpu.h"

#include <stdlib.h>
#include <string.h>

typedef struct Cpu {
    MrCpu machine, level;
    const char *wish;
    bool packs_bytes;
} Cpu;

static Cpu cpu = {CPU_LOWEST, CPU_LOWEST, NULL, false}; /* written by cpu_find alone */

static const char *const names[] = {
    [MR_CPU_UNKNOWN] = "another kind of processor",
#define CPU(CPU, name) [MR_CPU_##CPU] = name,
#include "runtime/include/cpu.def"
#undef CPU
};

const char *cpu_name(MrCpu level) {
    return names[level];
}

MrCpu cpu_named(const char *name) {
    for (MrCpu level = CPU_LOWEST; level <= CPU_HIGHEST; level++) {
        if (strcmp(name, names[level]) == 0) return level;
    }
    return MR_CPU_UNKNOWN;
}

#if defined(__x86_64__)

/* By what compilers use of a level; not all of them know the levels' names. */
static MrCpu machine_level(void) {
    __builtin_cpu_init();
    bool has_v2 = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    bool has_v3 = has_v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                  __builtin_cpu_supports("fma");
    bool has_v4 = has_v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return has_v4 ? MR_CPU_X86_64_V4 : has_v3 ? MR_CPU_X86_64_V3 : has_v2 ? MR_CPU_X86_64_V2 : MR_CPU_X86_64;
}

static bool machine_packs_bytes(void) {
    return __builtin_cpu_supports("avx512vbmi2");
}

#else

static MrCpu machine_level(void) {
    return CPU_HIGHEST;
}

static bool machine_packs_bytes(void) {
    return false;
}

#endif

/* A wish that makes no sense is none: nobody gets past worker/cpu.h with it. */
__attribute__((constructor)) static void cpu_find(void) {
    cpu.wish = getenv("MR_CPU");
    if (cpu.wish && !*cpu.wish) cpu.wish = NULL;
    MrCpu wanted = cpu.wish ? cpu_named(cpu.wish) : MR_CPU_UNKNOWN;
    cpu.machine = machine_level();
    cpu.level = wanted != MR_CPU_UNKNOWN && wanted < cpu.machine ? wanted : cpu.machine;
    cpu.packs_bytes = cpu.level == CPU_HIGHEST && machine_packs_bytes();
}

MrCpu cpu_level(void) {
    return cpu.level;
}

MrCpu cpu_level_of_machine(void) {
    return cpu.machine;
}

const char *cpu_wish(void) {
    return cpu.wish;
}

bool cpu_packs_bytes(void) {
    return cpu.packs_bytes;
}
