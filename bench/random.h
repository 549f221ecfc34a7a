/* random.h: the numbers of `random.mix` (splitmix64, Steele, Lea and Flood 2014), for yardsticks that compute what programs of mr
 * do with them. */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <stdint.h>

static inline uint64_t random_scramble(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

static inline uint64_t random_mix(uint64_t seed, uint64_t i) {
    const uint64_t gamma = 0x9E3779B97F4A7C15ull;
    return random_scramble(random_scramble(seed + gamma) + (i + 1) * gamma);
}

#endif
