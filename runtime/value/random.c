/* random.c: random numbers without a hidden generator, as pure functions of a seed and an index; and the clocks. */
#include <time.h>

#include "runtime/value/value.h"

/* The finaliser of splitmix64 (Steele, Lea and Flood, 2014). The asm, which is no instruction, keeps LLVM from computing two of
 * them in one vector register: without AVX-512 there is no multiplication of 64-bit lanes, and the way around it is slower by far.
 */
static uint64_t scramble(uint64_t z) {
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    __asm__("" : "+r"(z));
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Number i of the splitmix64 generator whose state is the scrambled seed, so that neighbouring seeds give unrelated sequences. */
bool mr_prim_mix(MrContext *context, int64_t *out, int64_t seed, int64_t i) {
    const uint64_t gamma = UINT64_C(0x9e3779b97f4a7c15);
    (void)context;
    *out = (int64_t)scramble(scramble((uint64_t)seed + gamma) + ((uint64_t)i + 1) * gamma);
    return false;
}

bool mr_prim_unit_float(MrContext *context, double *out, int64_t bits) {
    (void)context;
    *out = (double)((uint64_t)bits >> 11) * 0x1p-53;
    return false;
}

bool mr_prim_clock(MrContext *context, double *out) {
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *out = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    return false;
}

bool mr_prim_now(MrContext *context, double *out) {
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *out = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    return false;
}
