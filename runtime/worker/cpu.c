/* cpu.c: whether this machine, and MR_CPU, fit to what a program was compiled for. Processors other than x86-64 have one level. */
#include "runtime/worker/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/io/file.h"
#include "runtime/value/cpu.h"

static const char *const names[] = {[MR_CPU_OTHER] = "another kind of instructions",
                                    [MR_CPU_X86_64] = "x86-64",
                                    [MR_CPU_X86_64_V2] = "x86-64-v2",
                                    [MR_CPU_X86_64_V3] = "x86-64-v3",
                                    [MR_CPU_X86_64_V4] = "x86-64-v4"};
enum { NAME_COUNT = sizeof names / sizeof *names };

static uint32_t machine_level(void) {
#if defined(__x86_64__)
    CpuLevel level = cpu_level_of_machine();
    if (level == CPU_V4) return MR_CPU_X86_64_V4;
    if (level == CPU_V3) return MR_CPU_X86_64_V3;
    bool has_v2 = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    return has_v2 ? MR_CPU_X86_64_V2 : MR_CPU_X86_64;
#else
    return MR_CPU_OTHER;
#endif
}

static uint32_t level_named(const char *text) {
    for (uint32_t i = MR_CPU_X86_64; i < NAME_COUNT; i++) {
        if (strcmp(text, names[i]) == 0) return i;
    }
    return MR_CPU_OTHER;
}

char *cpu_objection(const MrProgram *program) {
    const char *wish = getenv("MR_CPU");
    uint32_t machine = machine_level(), least = program->cpu;
    if (least > machine)
        return io_message("this program was compiled for %s, but this machine's processor has only %s", names[least],
                          names[machine]);
    if (!wish || !*wish) return NULL;
    if (machine == MR_CPU_OTHER)
        return io_message("MR_CPU is \"%s\", but programs for this kind of processor have one level only", wish);
    uint32_t level = level_named(wish);
    if (level == MR_CPU_OTHER) return io_message("MR_CPU is \"%s\", but must be x86-64-v2, x86-64-v3 or x86-64-v4", wish);
    if (level > machine) return io_message("MR_CPU is %s, but this machine's processor has only %s", wish, names[machine]);
    return level < least ? io_message("MR_CPU is %s, but this program was compiled for %s", wish, names[least]) : NULL;
}
