/* hot.c: the functions that generated loops call for every element.
 *
 * They are compiled twice: into the runtime's library, and by clang to bitcode that is linked into programs before optimisation, so
 * that they are inlined and specialised for the types at hand. Hence no variables, nothing but short ways; whatever is rare (a
 * collision of the general kind, an allocation, a character that is not ASCII, an error) is a call to an ordinary function. */
#include "runtime/value/map.h"
#include "runtime/value/rare.h"
#include "runtime/value/words.h"

/* ---- strings */

void mr_string_own(MrContext *context, MrString *string) {
    (void)context;
    if (string->owner)
        cell_retain(string->owner);
    else if (string->len)
        *string = string_new(string->data, string->len);
}

void mr_string_retain(MrContext *context, MrString *string) {
    (void)context;
    cell_retain(string->owner);
}

void mr_string_drop(MrContext *context, MrString *string) {
    (void)context;
    if (cell_release(string->owner)) mr_free(string->owner);
}

bool mr_string_equal(MrContext *context, const MrString *a, const MrString *b) {
    (void)context;
    return string_is_equal(a, b);
}

/* ---- lists */

bool mr_list_get(MrContext *context, const void **element, MrList *list, int64_t index, const MrType *type) {
    if (UNLIKELY(!list || (uint64_t)index >= (uint64_t)list->len)) return mr_fail_index(context, index, list_len(list));
    *element = list->data + index * (int64_t)type->fields[0]->size;
    return false;
}

bool mr_prim_len(MrContext *context, int64_t *out, const void *xs, const MrType *type) {
    switch (type->kind) {
    case MR_STRING: *out = ((const MrString *)xs)->len; return false;
    case MR_LIST: *out = list_len(*(MrList *const *)xs); return false;
    case MR_MAP:
    case MR_SET: *out = mr_map_len(context, *(MrMap *const *)xs); return false;
    default: return range_len(context, out, xs);
    }
}

/* ---- maps */

int64_t mr_map_len(MrContext *context, MrMap *map) {
    (void)context;
    return map ? map->len : 0;
}

void *mr_map_find(MrContext *context, MrMap *map, const void *key, const MrType *type) {
    (void)context;
    if (!map || !map->len) return NULL;
    char *entry = map_lookup(map, key, map_hash(key, type->fields[0]), type);
    return entry ? entry + type->offsets[1] : NULL;
}

void *mr_map_upsert(MrContext *context, MrMap **place, const void *key, const MrType *type, bool *is_new) {
    (void)context;
    MrMap *map = *place;
    uint64_t hash = map_hash(key, type->fields[0]);
    char *entry = LIKELY(map != NULL) ? map_lookup(map, key, hash, type) : NULL;
    *is_new = !entry;
    return LIKELY(entry != NULL) ? entry + type->offsets[1] : map_insert(place, key, hash, type);
}

/* ---- text: sixteen bytes at a time */

typedef uint8_t Bytes __attribute__((vector_size(16)));
typedef char Flags __attribute__((vector_size(16)));

enum { BLOCK = sizeof(Bytes), BLOCK_MASK = 0xffff };

static inline uint32_t bits_of(Flags flags) {
    return (uint32_t)__builtin_ia32_pmovmskb128(flags);
}

bool mr_next_word(MrContext *context, const char **cursor, const char *end, MrString *out) {
    (void)context;
    const char *p = *cursor, *stop;
    for (; end - p >= BLOCK; p += BLOCK) {
        Bytes bytes;
        memcpy(&bytes, p, sizeof bytes);
        Flags is_word = (Flags)(((bytes | 0x20) - 'a' < 26) | (bytes - '0' < 10));
        uint32_t word = bits_of(is_word), beyond_ascii = bits_of((Flags)bytes),
                 odd = beyond_ascii | bits_of((Flags)(bytes == '\''));
        if (!word) {
            if (UNLIKELY(beyond_ascii)) break;
            continue;
        }
        uint32_t start = (uint32_t)__builtin_ctz(word);
        if (UNLIKELY(beyond_ascii & ((1u << start) - 1))) break;
        uint32_t after = ~word & BLOCK_MASK & (~0u << start);
        p += start;
        if (LIKELY(after && !(odd & after & -after))) {
            stop = p + (__builtin_ctz(after) - (int)start);
            goto found;
        }
        goto started; /* it goes on past the block, or an apostrophe or a byte that is not ASCII comes next */
    }
    p = words_begin(p, end);
    if (p == end) {
        *cursor = end;
        return false;
    }
started:
    stop = words_end(p, end);
found:
    *cursor = stop;
    *out = (MrString){p, stop - p, NULL};
    return true;
}

bool mr_next_line(MrContext *context, const char **cursor, const char *end, MrString *out) {
    (void)context;
    const char *p = *cursor;
    if (p >= end) return false;
    const char *newline = memchr(p, '\n', (size_t)(end - p)), *stop = newline ? newline : end;
    *cursor = newline ? newline + 1 : end;
    if (newline && stop > p && stop[-1] == '\r') stop--;
    *out = (MrString){p, stop - p, NULL};
    return true;
}

/* Not zero where one of eight bytes is an ASCII capital or not ASCII. The sums set a byte's top bit from 'A' on and from past 'Z'
 * on; only bytes that are not ASCII could carry into their neighbours, and those count by themselves. */
static inline uint64_t needs_lowering(uint64_t x) {
    const uint64_t each = UINT64_C(0x0101010101010101);
    return (((x + each * (0x80 - 'A')) & ~(x + each * (0x7f - 'Z'))) | x) & (each * 0x80);
}

static inline bool is_lower(const char *p, int64_t len) {
    uint64_t found = 0;
    if (len >= 8) {
        for (int64_t i = 0; i + 8 < len; i += 8) found |= needs_lowering(load64(p + i));
        found |= needs_lowering(load64(p + len - 8));
    } else if (len >= 4) {
        found = needs_lowering(load32(p) | (uint64_t)load32(p + len - 4) << 32);
    } else if (len > 0) {
        uint32_t bytes = (uint32_t)(unsigned char)p[0] | (uint32_t)(unsigned char)p[len >> 1] << 8;
        found = needs_lowering(bytes | (uint32_t)(unsigned char)p[len - 1] << 16);
    }
    return !found;
}

bool mr_prim_lower(MrContext *context, MrString *out, const MrString *s) {
    (void)context;
    if (UNLIKELY(!is_lower(s->data, s->len))) {
        *out = text_lower(s);
        return false;
    }
    *out = *s;
    cell_retain(out->owner);
    return false;
}
