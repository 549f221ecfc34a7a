/* inline.h: the short functions that hot.c (as machine code and as bitcode) and the rest of the value library share.
 *
 * Everything is static inline, touches only what it is given, and reads no byte outside [data, data + len). */
#ifndef RUNTIME_VALUE_INLINE_H
#define RUNTIME_VALUE_INLINE_H

#include <string.h>

#include "runtime/value/value.h"
#include "runtime/value/vectors.h"

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Before a loop whose number of turns is known where it is inlined: it becomes so many copies. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wpass-failed" /* in the machine code of hot.c it is not known, and the loop stays one */
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 8")
#endif

/* ---- cells */

static inline void cell_retain(MrCell *cell) {
    if (cell && cell->count > 0) cell->count++;
}

/* Gives up one reference; true when it was the last, and the cell's content and memory are the caller's to free. */
static inline bool cell_release(MrCell *cell) {
    return cell && cell->count > 0 && --cell->count == 0;
}

static inline bool cell_is_unique(const MrCell *cell) {
    return cell->count == 1;
}

/* ---- loads */

static inline uint64_t load64(const char *p) {
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

static inline uint32_t load32(const char *p) {
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

/* ---- bytes: most strings are short words. Comparing up to 16 bytes takes two overlapping loads */

static inline bool bytes_equal(const char *a, const char *b, int64_t len) {
    if (len > 16) return memcmp(a, b, (size_t)len) == 0;
    if (len >= 8) return ((load64(a) ^ load64(b)) | (load64(a + len - 8) ^ load64(b + len - 8))) == 0;
    if (len >= 4) return ((load32(a) ^ load32(b)) | (load32(a + len - 4) ^ load32(b + len - 4))) == 0;
    if (len == 0) return true;
    return a[0] == b[0] && a[len >> 1] == b[len >> 1] && a[len - 1] == b[len - 1];
}

/* ---- short strings as one vector. A load reads past the string's end: see MR_STRING_SLACK in mr.h. */

enum { SHORT_BYTES = VECTOR_BYTES };
_Static_assert(SHORT_BYTES == MR_STRING_SLACK + 1, "a short string is loaded whole");

typedef uint64_t Halves __attribute__((vector_size(SHORT_BYTES))); /* little-endian */

static inline bool is_short(int64_t len) {
    return (uint64_t)len - 1 < SHORT_BYTES;
}

static inline Bytes load_bytes(const char *p) {
    Bytes bytes;
    memcpy(&bytes, p, sizeof bytes);
    return bytes;
}

static inline uint32_t first_bits(int64_t len) {
    return (1u << len) - 1;
}

/* All ones for the bytes of a short string of this length, zeros after them. */
static inline Bytes short_mask(int64_t len) {
    static const char ones[2 * SHORT_BYTES] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    return load_bytes(ones + SHORT_BYTES - len);
}

static inline bool bytes_are_zero(Bytes bytes) {
    return flag_bits((Flags)(bytes == 0)) == 0xffff;
}

/* ---- blocks of 64 bytes, each byte a bit */

enum { BLOCK_BYTES = 64 };

/* Those of the first bytes of a text that are this one: of 64, or of as many as there are, at least one. Where the text ends within
 * a vector, the vector is loaded from its last byte, so that no load goes further past the end than MR_STRING_SLACK allows. */
static inline uint64_t block_find(const char *p, int64_t len, char byte) {
    int64_t last = len < BLOCK_BYTES ? len - 1 : BLOCK_BYTES - 1;
    uint64_t found = 0;
    UNROLLED
    for (int64_t i = 0; i < BLOCK_BYTES; i += SHORT_BYTES) {
        Bytes bytes = load_bytes(p + (i < last ? i : last));
        found |= (uint64_t)flag_bits((Flags)(bytes == (uint8_t)byte)) << i;
    }
    return found & ~UINT64_C(0) >> (BLOCK_BYTES - 1 - last);
}

/* Those that are one of two. */
static inline uint64_t block_find_two(const char *p, int64_t len, char one, char other) {
    int64_t last = len < BLOCK_BYTES ? len - 1 : BLOCK_BYTES - 1;
    uint64_t found = 0;
    UNROLLED
    for (int64_t i = 0; i < BLOCK_BYTES; i += SHORT_BYTES) {
        Bytes bytes = load_bytes(p + (i < last ? i : last));
        found |= (uint64_t)flag_bits((Flags)((bytes == (uint8_t)one) | (bytes == (uint8_t)other))) << i;
    }
    return found & ~UINT64_C(0) >> (BLOCK_BYTES - 1 - last);
}

static inline bool string_is_equal(const MrString *a, const MrString *b) {
    return a->len == b->len && bytes_equal(a->data, b->data, a->len);
}

/* The two halves of a 128-bit product, folded: one multiplication spreads every input bit over the result. */
static inline uint64_t hash_mix(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#define HASH_K0 UINT64_C(0xa0761d6478bd642f)
#define HASH_K1 UINT64_C(0xe7037ed1a0b428db)

/* A permutation of the integers. The upper bits of a product depend on all bits of its factors; they become the lower ones. */
static inline uint64_t hash_permute(uint64_t x) {
    return __builtin_bswap64(x * HASH_K1);
}

/* Strings of up to PACKED_BYTES that have the same length and the same hash are equal: what is permuted holds all their bytes and,
 * in the last one, the length. */
enum { PACKED_BYTES = 7 };

/* Of a short string, given with zeros after it. */
static inline uint64_t hash_short(Bytes bytes, int64_t len) {
    Halves halves = (Halves)bytes;
    return hash_permute(halves[0] ^ (uint64_t)len << 56 ^ hash_permute(halves[1]));
}

static inline uint64_t hash_bytes(const char *p, int64_t len) {
    if (LIKELY(is_short(len))) return hash_short(load_bytes(p) & short_mask(len), len);
    if (len == 0) return 0;
    uint64_t seed = HASH_K0 ^ (uint64_t)len;
    const char *last = p + len - 8;
    for (; last - p > 8; p += 16) seed = hash_mix(load64(p) ^ seed, load64(p + 8) ^ HASH_K1);
    return last < p ? hash_mix(seed ^ load64(last), HASH_K1) : hash_mix(load64(p) ^ seed, load64(last) ^ HASH_K1);
}

static inline uint64_t hash_int(uint64_t x) {
    return hash_mix(x ^ HASH_K0, HASH_K1);
}

/* ---- floats in their total order: an integer that compares as the float does; all NaNs are one, after everything else */

static inline int64_t float_rank(double x) {
    int64_t bits;
    if (x != x) return INT64_MAX;
    memcpy(&bits, &x, sizeof bits);
    return bits < 0 ? bits ^ INT64_MAX : bits;
}

#endif
