/* cpu.h: which instructions this process may use: the one place where variants of code are chosen, and where MR_CPU is read.
 *
 * Levels are those of cpu.def. Every variant of a function gives the same results to the last bit; the lowest level is complete.
 * The environment variable MR_CPU (x86-64-v2, x86-64-v3, x86-64-v4; armv8-a) forces a level that is no higher than the machine's.
 * The answers never change while a process runs; any thread may ask. */
#ifndef RUNTIME_VALUE_CPU_H
#define RUNTIME_VALUE_CPU_H

#include <stdbool.h>

#include "runtime/include/mr.h"

/* What there is of this kind of machine. */
#if defined(__x86_64__)
#define CPU_LOWEST  MR_CPU_X86_64
#define CPU_HIGHEST MR_CPU_X86_64_V4
#elif defined(__aarch64__)
#define CPU_LOWEST  MR_CPU_ARMV8_A
#define CPU_HIGHEST MR_CPU_ARMV8_A
#else
#error "programs run on x86-64 and AArch64"
#endif

MrCpu cpu_level(void);            /* what may be used */
MrCpu cpu_level_of_machine(void); /* whatever MR_CPU says */
const char *cpu_wish(void);       /* what MR_CPU says; NULL: nothing. What is wrong with it, worker/cpu.h says */
const char *cpu_name(MrCpu level);
MrCpu cpu_named(const char *name); /* MR_CPU_UNKNOWN: not a level of this kind of machine */

/* Are bytes packed by a mask in one instruction? Most machines of level v4 do (AVX-512 VBMI2); the level does not promise it. */
bool cpu_packs_bytes(void);

#endif
