/* vectors.h: sixteen bytes at a time, as every processor has them that programs are compiled for: SSE2 or NEON. What both have is
 * written with the compilers' own vectors; what only one of them has is here. */
#ifndef RUNTIME_VALUE_VECTORS_H
#define RUNTIME_VALUE_VECTORS_H

#include <stdint.h>

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { VECTOR_BYTES = 16 };

typedef uint8_t Bytes __attribute__((vector_size(VECTOR_BYTES)));
typedef char Flags __attribute__((vector_size(VECTOR_BYTES))); /* each byte 0 or -1 */

/* Bit i is byte i's topmost. */
#if defined(__x86_64__)
static inline uint32_t flag_bits(Flags flags) {
    return (uint32_t)__builtin_ia32_pmovmskb128(flags);
}
#else
/* A topmost bit becomes the bit of its byte's place among eight, and each eight are added up. */
static inline uint32_t flag_bits(Flags flags) {
    static const Bytes places = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t bits = (uint8x16_t)((Bytes)((int8x16_t)flags < 0) & places);
    return vaddv_u8(vget_low_u8(bits)) | (uint32_t)vaddv_u8(vget_high_u8(bits)) << 8;
}
#endif

#endif
