/* cpu.h: which instructions this process may use: the one place where variants of code are chosen.
 *
 * Levels are those of the x86-64 psABI. Every variant of a function gives the same results to the last bit; the lowest level is
 * complete. The environment variable MR_CPU (x86-64-v2, x86-64-v3, x86-64-v4) forces a level that is no higher than the machine's.
 * The answer never changes while a process runs; any thread may ask. */
#ifndef RUNTIME_VALUE_CPU_H
#define RUNTIME_VALUE_CPU_H

#include <stdbool.h>

typedef enum CpuLevel {
    CPU_BASE = 2, /* x86-64-v2; on other machines, all there is */
    CPU_V3 = 3,   /* AVX2, BMI2, FMA */
    CPU_V4 = 4,   /* AVX-512 F, BW, CD, DQ, VL */
} CpuLevel;

CpuLevel cpu_level_of_machine(void); /* whatever MR_CPU says */
CpuLevel cpu_level(void);

/* Are bytes packed by a mask in one instruction? Most machines of level v4 do (AVX-512 VBMI2); the level does not promise it. */
bool cpu_packs_bytes(void);

#endif
