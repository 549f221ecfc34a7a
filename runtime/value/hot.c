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

/* The top bit of each of eight bytes that is an ASCII capital, wrong only beside bytes that are not ASCII. The sums set a byte's
 * top bit from 'A' on and from past 'Z' on. */
static inline uint64_t capitals(uint64_t x) {
    const uint64_t each = UINT64_C(0x0101010101010101);
    return (x + each * (0x80 - 'A')) & ~(x + each * (0x7f - 'Z')) & (each * 0x80);
}

#define NOT_ASCII UINT64_C(0x8080808080808080)

/* Lowers a string of 8 to 16 ASCII bytes, or of up to 7, as one or two integers: the bytes from the start, and those to the end. */
static inline MrString lower_pair(uint64_t head, uint64_t tail, int64_t len) {
    char *bytes;
    MrString lower = string_alloc(len, &bytes);
    head |= capitals(head) >> 2;
    tail |= capitals(tail) >> 2;
    if (len >= 8) {
        memcpy(bytes, &head, 8);
        memcpy(bytes + len - 8, &tail, 8);
    } else if (len >= 4) {
        tail = head >> (8 * (len - 4));
        memcpy(bytes, &head, 4);
        memcpy(bytes + len - 4, &tail, 4);
    } else {
        for (int64_t i = 0; i < len; i++) bytes[i] = (char)(head >> (8 * i));
    }
    return lower;
}

bool mr_prim_lower(MrContext *context, MrString *out, const MrString *s) {
    (void)context;
    const char *p = s->data;
    int64_t len = s->len;
    uint64_t head, tail;
    if (UNLIKELY(len > 16)) {
        *out = text_lower(s);
        return false;
    }
    if (len >= 8) {
        head = load64(p);
        tail = load64(p + len - 8);
    } else {
        head = tail = bytes_pack(p, len) & ~(UINT64_C(0xff) << 56);
    }
    if (UNLIKELY((capitals(head) | capitals(tail) | ((head | tail) & NOT_ASCII)) != 0)) {
        *out = (head | tail) & NOT_ASCII ? text_lower(s) : lower_pair(head, tail, len);
        return false;
    }
    *out = *s;
    cell_retain(out->owner);
    return false;
}
