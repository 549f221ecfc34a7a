/* blocks.c: words of ASCII, as masks of 64 bits whose edges become lists of where words begin and end; and the parts of lines,
 * whose ends are the bits of a mask.
 *
 * A block's bytes are letters (and digits), apostrophes, those beyond ASCII, and others. An apostrophe counts when there are
 * letters on both sides, for which a bit is carried in from the block before and one from the block after. Where a block has a byte
 * beyond ASCII the search ends before it; a word that touches it, or that is open when there is no more room, is given back. */
#include "runtime/value/blocks.h"
#include "runtime/value/vectors.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { BLOCK = 64, WINDOW = UINT16_MAX - BLOCK };

typedef struct BlockBits {
    uint64_t letters; /* and digits */
    uint64_t apostrophes;
    uint64_t beyond; /* what is not ASCII */
} BlockBits;

typedef struct CutBits {
    uint64_t separators, lines, returns;
} CutBits;

static inline uint64_t bits_below(size_t count) {
    return count < BLOCK ? (UINT64_C(1) << count) - 1 : ~UINT64_C(0);
}

static inline bool is_ascii_word(char byte) {
    unsigned char c = (unsigned char)byte;
    return (unsigned char)((c | 0x20) - 'a') < 26 || (unsigned char)(c - '0') < 10;
}

/* Ends a search that came as far as `stop`: behind the text's ASCII (beyond), behind what there was room for, or at the end. */
static bool blocks_end(Blocks *blocks, uint32_t count, const char *end, size_t stop, bool is_beyond) {
    bool is_end = blocks->base + stop == end;
    if (!is_end && count > blocks->count) {
        /* The last word may go on, also behind an apostrophe. */
        size_t last = blocks->spans->ends[count - 1];
        if (last == stop || (last + 1 == stop && blocks->base[last] == '\'')) stop = blocks->spans->starts[--count];
    }
    blocks->count = count;
    blocks->next = blocks->base + stop;
    return !is_end && !is_beyond;
}

/* ---- the last block of a text */

#define FILL_BLOCK(p, left)                                                                                                        \
    char filled[BLOCK] = {0};                                                                                                      \
    if (__builtin_expect((left) < BLOCK, 0)) {                                                                                     \
        memcpy(filled, p, left);                                                                                                   \
        (p) = filled;                                                                                                              \
    }

/* ---- other bytes than letters and digits */

void byte_class_add(ByteClass *class, unsigned char byte) {
    class->bits[byte >> 6] |= UINT64_C(1) << (byte & 63);
    class->by_low[byte & 15] |= (uint8_t)(1u << (byte >> 4));
}

/* ---- the base level: 16 bytes at a time */

static inline BlockBits classify_base(const char *p, size_t left) {
    BlockBits bits = {0};
    FILL_BLOCK(p, left)
    for (int i = 0; i < BLOCK; i += VECTOR_BYTES) {
        Bytes bytes;
        memcpy(&bytes, p + i, sizeof bytes);
        bits.letters |= (uint64_t)flag_bits((Flags)(((bytes | 0x20) - 'a' < 26) | (bytes - '0' < 10))) << i;
        bits.apostrophes |= (uint64_t)flag_bits((Flags)(bytes == '\'')) << i;
        bits.beyond |= (uint64_t)flag_bits((Flags)(bytes >= 0x80)) << i;
    }
    return bits;
}

static inline BlockBits classify_class_base(const ByteClass *class, const char *p, size_t left) {
    BlockBits bits = {0};
    size_t len = left < BLOCK ? left : BLOCK;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)p[i];
        uint64_t is_beyond = byte >> 7, is_in = class->bits[byte >> 6 & 1] >> (byte & 63) & (is_beyond ^ 1);
        if (class->is_solid && is_beyond) {
            is_beyond = byte == 0xc2 || (unsigned char)(byte - 0xe1) < 3;
            is_in = !is_beyond;
        }
        bits.beyond |= is_beyond << i;
        bits.letters |= is_in << i;
    }
    return bits;
}

static inline CutBits classify_cuts_base(const char *p, size_t left, char separator) {
    CutBits bits = {0};
    uint64_t there = bits_below(left);
    FILL_BLOCK(p, left)
    for (int i = 0; i < BLOCK; i += VECTOR_BYTES) {
        Bytes bytes;
        memcpy(&bytes, p + i, sizeof bytes);
        bits.separators |= (uint64_t)flag_bits((Flags)(bytes == (uint8_t)separator)) << i;
        bits.lines |= (uint64_t)flag_bits((Flags)(bytes == '\n')) << i;
        bits.returns |= (uint64_t)flag_bits((Flags)(bytes == '\r')) << i;
    }
    bits.separators &= there; /* which may be the byte that a block is filled with */
    return bits;
}

/* Appends base + i to `out` for each bit i of the mask; up to 7 places after the last one may be written. */
static inline __attribute__((always_inline)) uint32_t append_by_eight(uint16_t *out, uint32_t len, uint64_t mask, size_t base) {
    uint32_t count = (uint32_t)__builtin_popcountll(mask);
    for (uint32_t done = 0; done < count; done += 8) {
        for (uint32_t i = 0; i < 8; i++) {
            out[len + done + i] = (uint16_t)(base + (size_t)__builtin_ctzll(mask | (UINT64_C(1) << 63)));
            mask &= mask - 1;
        }
    }
    return len + count;
}

#define BLOCKS_TARGET
#define BLOCKS_NAME                      find_base
#define BLOCKS_CLASSIFY(blocks, p, left) classify_base(p, left)
#define BLOCKS_APPEND                    append_by_eight
#define BLOCKS_LEAVE()                   (void)0
#include "runtime/value/blocks_level.h"

#define BLOCKS_TARGET
#define BLOCKS_NAME                      find_class_base
#define BLOCKS_CLASSIFY(blocks, p, left) classify_class_base((blocks)->class, p, left)
#define BLOCKS_APPEND                    append_by_eight
#define BLOCKS_LEAVE()                   (void)0
#include "runtime/value/blocks_level.h"

#define CUTS_TARGET
#define CUTS_NAME     cuts_base
#define CUTS_CLASSIFY classify_cuts_base
#define CUTS_APPEND   append_by_eight
#define CUTS_LEAVE()  (void)0
#include "runtime/value/cuts_level.h"

#if defined(__x86_64__)

/* The upper halves of registers have to be zero when instructions of the base level follow, which else wait for them. A compiler
 * sees to that where a function returns, but not every one does where it ends in a call. */

/* ---- x86-64-v3: 32 bytes at a time */

#define TARGET_V3 __attribute__((target("avx2,bmi,bmi2,popcnt")))

TARGET_V3 static inline uint64_t in_range_v3(__m256i bytes, char first, char last) {
    __m256i is_in = _mm256_and_si256(_mm256_cmpgt_epi8(bytes, _mm256_set1_epi8((char)(first - 1))),
                                     _mm256_cmpgt_epi8(_mm256_set1_epi8((char)(last + 1)), bytes));
    return (uint32_t)_mm256_movemask_epi8(is_in);
}

TARGET_V3 static inline BlockBits classify_v3(const char *p, size_t left) {
    BlockBits bits = {0};
    FILL_BLOCK(p, left)
    for (int i = 0; i < BLOCK; i += 32) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(p + i));
        __m256i small = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
        bits.letters |= (in_range_v3(small, 'a', 'z') | in_range_v3(bytes, '0', '9')) << i;
        bits.apostrophes |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\''))) << i;
        bits.beyond |= (uint64_t)(uint32_t)_mm256_movemask_epi8(bytes) << i;
    }
    return bits;
}

/* The upper bits of a byte choose a bit of what the table has for its lower ones. */
TARGET_V3 static inline BlockBits classify_class_v3(const ByteClass *class, const char *p, size_t left) {
    BlockBits bits = {0};
    FILL_BLOCK(p, left)
    __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)class->by_low));
    __m256i choice = _mm256_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0,
                                      0, 0, 0, 0, 0);
    __m256i low = _mm256_set1_epi8(15);
    for (int i = 0; i < BLOCK; i += 32) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(p + i));
        __m256i chosen = _mm256_shuffle_epi8(choice, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low));
        __m256i there = _mm256_and_si256(_mm256_shuffle_epi8(table, _mm256_and_si256(bytes, low)), chosen);
        __m256i outside = _mm256_cmpeq_epi8(there, _mm256_setzero_si256());
        uint32_t letters = (uint32_t)~_mm256_movemask_epi8(outside), beyond = (uint32_t)_mm256_movemask_epi8(bytes);
        if (class->is_solid && beyond) {
            uint32_t leads = in_range_v3(bytes, (char)0xe1, (char)0xe3) |
                             (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8((char)0xc2)));
            letters |= beyond & ~leads;
            beyond = leads;
        }
        bits.letters |= (uint64_t)letters << i;
        bits.beyond |= (uint64_t)beyond << i;
    }
    if (left < BLOCK) bits.letters &= (UINT64_C(1) << left) - 1; /* the class may have the byte that a block is filled with */
    return bits;
}

#define BLOCKS_TARGET                    TARGET_V3
#define BLOCKS_NAME                      find_v3
#define BLOCKS_CLASSIFY(blocks, p, left) classify_v3(p, left)
#define BLOCKS_APPEND                    append_by_eight
#define BLOCKS_LEAVE()                   _mm256_zeroupper()
#include "runtime/value/blocks_level.h"

#define BLOCKS_TARGET                    TARGET_V3
#define BLOCKS_NAME                      find_class_v3
#define BLOCKS_CLASSIFY(blocks, p, left) classify_class_v3((blocks)->class, p, left)
#define BLOCKS_APPEND                    append_by_eight
#define BLOCKS_LEAVE()                   _mm256_zeroupper()
#include "runtime/value/blocks_level.h"

TARGET_V3 static inline CutBits classify_cuts_v3(const char *p, size_t left, char separator) {
    CutBits bits = {0};
    uint64_t there = bits_below(left);
    FILL_BLOCK(p, left)
    for (int i = 0; i < BLOCK; i += 32) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(p + i));
        bits.separators |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(separator))) << i;
        bits.lines |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n'))) << i;
        bits.returns |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\r'))) << i;
    }
    bits.separators &= there;
    return bits;
}

#define CUTS_TARGET   TARGET_V3
#define CUTS_NAME     cuts_v3
#define CUTS_CLASSIFY classify_cuts_v3
#define CUTS_APPEND   append_by_eight
#define CUTS_LEAVE()  _mm256_zeroupper()
#include "runtime/value/cuts_level.h"

/* ---- x86-64-v4 with VBMI2: a block is a register, and a mask picks numbers out of another one */

#define TARGET_V4 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt")))

TARGET_V4 static inline BlockBits classify_v4(const char *p, size_t left) {
    __mmask64 there = left < BLOCK ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
    __m512i bytes = _mm512_maskz_loadu_epi8(there, p);
    __m512i letters = _mm512_sub_epi8(_mm512_or_si512(bytes, _mm512_set1_epi8(0x20)), _mm512_set1_epi8('a'));
    __m512i digits = _mm512_sub_epi8(bytes, _mm512_set1_epi8('0'));
    return (BlockBits){
        .letters = _mm512_cmplt_epu8_mask(letters, _mm512_set1_epi8(26)) | _mm512_cmplt_epu8_mask(digits, _mm512_set1_epi8(10)),
        .apostrophes = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\'')),
        .beyond = _mm512_movepi8_mask(bytes),
    };
}

TARGET_V4 static inline BlockBits classify_class_v4(const ByteClass *class, const char *p, size_t left) {
    __mmask64 there = left < BLOCK ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
    __m512i bytes = _mm512_maskz_loadu_epi8(there, p), low = _mm512_set1_epi8(15);
    __m512i table = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)class->by_low));
    __m512i choice = _mm512_broadcast_i32x4(_mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0));
    __m512i chosen = _mm512_shuffle_epi8(choice, _mm512_and_si512(_mm512_srli_epi16(bytes, 4), low));
    __m512i found = _mm512_shuffle_epi8(table, _mm512_and_si512(bytes, low));
    BlockBits bits = {.letters = _mm512_mask_test_epi8_mask(there, found, chosen), .beyond = _mm512_movepi8_mask(bytes)};
    if (class->is_solid && bits.beyond) {
        uint64_t leads = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8((char)0xe1)), _mm512_set1_epi8(3)) |
                         _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8((char)0xc2));
        bits.letters |= bits.beyond & ~leads;
        bits.beyond = leads & there;
    }
    return bits;
}

/* As append_by_eight; up to 31 places after the last one may be written. No mask has more than 32 bits. */
TARGET_V4 static inline uint32_t append_packed(uint16_t *out, uint32_t len, uint64_t mask, size_t base) {
    static const unsigned char numbers[BLOCK] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                                 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                                 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                                 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i packed = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(numbers));
    __m512i wide = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(packed));
    _mm512_storeu_si512(out + len, _mm512_add_epi16(wide, _mm512_set1_epi16((short)base)));
    return len + (uint32_t)__builtin_popcountll(mask);
}

#define BLOCKS_TARGET                    TARGET_V4
#define BLOCKS_NAME                      find_v4
#define BLOCKS_CLASSIFY(blocks, p, left) classify_v4(p, left)
#define BLOCKS_APPEND                    append_packed
#define BLOCKS_LEAVE()                   _mm256_zeroupper()
#include "runtime/value/blocks_level.h"

#define BLOCKS_TARGET                    TARGET_V4
#define BLOCKS_NAME                      find_class_v4
#define BLOCKS_CLASSIFY(blocks, p, left) classify_class_v4((blocks)->class, p, left)
#define BLOCKS_APPEND                    append_packed
#define BLOCKS_LEAVE()                   _mm256_zeroupper()
#include "runtime/value/blocks_level.h"

TARGET_V4 static inline CutBits classify_cuts_v4(const char *p, size_t left, char separator) {
    __mmask64 there = bits_below(left);
    __m512i bytes = _mm512_maskz_loadu_epi8(there, p);
    return (CutBits){
        .separators = _mm512_mask_cmpeq_epi8_mask(there, bytes, _mm512_set1_epi8(separator)),
        .lines = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n')),
        .returns = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\r')),
    };
}

/* Of masks with any number of bits. */
TARGET_V4 static inline uint32_t append_halves(uint16_t *out, uint32_t len, uint64_t mask, size_t base) {
    len = append_packed(out, len, (uint32_t)mask, base);
    return append_packed(out, len, mask >> 32, base + 32);
}

#define CUTS_TARGET   TARGET_V4
#define CUTS_NAME     cuts_v4
#define CUTS_CLASSIFY classify_cuts_v4
#define CUTS_APPEND   append_halves
#define CUTS_LEAVE()  _mm256_zeroupper()
#include "runtime/value/cuts_level.h"

bool blocks_find_at(Blocks *blocks, const char *end, MrCpu level, bool packs) {
    if (blocks->class) {
        if (level >= MR_CPU_X86_64_V4 && packs) return find_class_v4(blocks, end);
        return level >= MR_CPU_X86_64_V3 ? find_class_v3(blocks, end) : find_class_base(blocks, end);
    }
    if (level >= MR_CPU_X86_64_V4 && packs) return find_v4(blocks, end);
    return level >= MR_CPU_X86_64_V3 ? find_v3(blocks, end) : find_base(blocks, end);
}

void cuts_find_at(Cuts *cuts, const char *end, MrCpu level, bool packs) {
    if (level >= MR_CPU_X86_64_V4 && packs)
        cuts_v4(cuts, end);
    else if (level >= MR_CPU_X86_64_V3)
        cuts_v3(cuts, end);
    else
        cuts_base(cuts, end);
}

#else

bool blocks_find_at(Blocks *blocks, const char *end, MrCpu level, bool packs) {
    (void)level, (void)packs;
    return blocks->class ? find_class_base(blocks, end) : find_base(blocks, end);
}

void cuts_find_at(Cuts *cuts, const char *end, MrCpu level, bool packs) {
    (void)level, (void)packs;
    cuts_base(cuts, end);
}

#endif

bool blocks_find(Blocks *blocks, const char *end) {
    return blocks_find_at(blocks, end, cpu_level(), cpu_packs_bytes());
}

void cuts_find(Cuts *cuts, const char *end) {
    cuts_find_at(cuts, end, cpu_level(), cpu_packs_bytes());
}
