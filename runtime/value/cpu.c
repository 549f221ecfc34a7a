/* cpu.c: what the machine is capable of, and what MR_CPU allows of it. Asked for once, before main, since an answer may take long
 * where the machine is a virtual one. */
#include "runtime/value/cpu.h"

#include <stdlib.h>
#include <string.h>

typedef struct Cpu {
    CpuLevel level;
    bool packs_bytes;
} Cpu;

static Cpu cpu = {CPU_BASE, false}; /* written by cpu_find alone */

#if defined(__x86_64__)

/* By what compilers use of a level; not all of them know the levels' names. */
CpuLevel cpu_level_of_machine(void) {
    bool has_v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                  __builtin_cpu_supports("fma");
    bool has_v4 = has_v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return has_v4 ? CPU_V4 : has_v3 ? CPU_V3 : CPU_BASE;
}

/* The level that a name says; of others, which nobody gets past worker/cpu.h with, the highest. */
static CpuLevel level_of_name(const char *name) {
    if (strcmp(name, "x86-64") == 0 || strcmp(name, "x86-64-v2") == 0) return CPU_BASE;
    return strcmp(name, "x86-64-v3") == 0 ? CPU_V3 : CPU_V4;
}

__attribute__((constructor)) static void cpu_find(void) {
    __builtin_cpu_init();
    const char *name = getenv("MR_CPU");
    CpuLevel machine = cpu_level_of_machine(), wanted = name ? level_of_name(name) : CPU_V4;
    cpu.level = wanted < machine ? wanted : machine;
    cpu.packs_bytes = cpu.level == CPU_V4 && __builtin_cpu_supports("avx512vbmi2");
}

#else

CpuLevel cpu_level_of_machine(void) {
    return CPU_BASE;
}

#endif

CpuLevel cpu_level(void) {
    return cpu.level;
}

bool cpu_packs_bytes(void) {
    return cpu.packs_bytes;
}
