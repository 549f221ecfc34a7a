/* string.c: making, joining, cutting and searching strings. */
#include "runtime/value/inline.h"
#include "runtime/value/rare.h"

#include <inttypes.h>
#include <malloc.h>

MrString string_alloc(int64_t len, char **bytes) {
    MrCell *cell = mr_alloc_unset(sizeof *cell + (size_t)len + MR_STRING_SLACK);
    *bytes = (char *)(cell + 1);
    return (MrString){*bytes, len, cell};
}

MrString string_new(const char *bytes, int64_t len) {
    if (!len) return (MrString){0};
    char *copy;
    MrString string = string_alloc(len, &copy);
    memcpy(copy, bytes, (size_t)len);
    return string;
}

/* ---- pools */

enum { POOL_FIRST = 128, POOL_MOST = 16 << 10, POOL_STRING = POOL_MOST / 16 };

void pool_close(StringPool *pool) {
    if (cell_release(pool->block)) mr_free(pool->block);
    *pool = (StringPool){0};
}

static void pool_grow(StringPool *pool, int64_t len) {
    int64_t size = pool->size ? pool->size : POOL_FIRST / 2;
    pool_close(pool);
    do size *= 2;
    while (size < POOL_MOST && size < 2 * len);
    if (size > POOL_MOST) size = POOL_MOST;
    pool->block = mr_alloc_unset(sizeof *pool->block + (size_t)size + MR_STRING_SLACK);
    pool->at = (char *)(pool->block + 1);
    pool->left = pool->size = size;
}

MrString pool_string(StringPool *pool, const char *bytes, int64_t len) {
    if (len == 0 || len > POOL_STRING) return string_new(bytes, len);
    if (len > pool->left) pool_grow(pool, len);
    char *at = pool->at;
    if (is_short(len))
        memcpy(at, bytes, SHORT_BYTES);
    else
        memcpy(at, bytes, (size_t)len);
    pool->at += len;
    pool->left -= len;
    cell_retain(pool->block);
    return (MrString){at, len, pool->block};
}

/* ---- strings */

MrString string_of(const char *text) {
    return string_new(text, (int64_t)strlen(text));
}

MrString string_from_buf(const Buf *buf) {
    return string_new(buf->data, (int64_t)buf->len);
}

MrString string_slice(const MrString *whole, int64_t first, int64_t len) {
    if (!len) return (MrString){0};
    cell_retain(whole->owner);
    return (MrString){whole->data + first, len, whole->owner};
}

static bool total_length(MrContext *context, int64_t *len, const MrString *parts, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (__builtin_add_overflow(*len, parts[i].len, len)) return mr_failf(context, "a string this long does not fit in memory");
    return false;
}

bool mr_string_concat(MrContext *context, MrString *out, const MrString *parts, int64_t count) {
    int64_t len = 0, filled = 0, last = 0;
    if (total_length(context, &len, parts, count)) return true;
    for (int64_t i = 0; i < count; i++) {
        if (!parts[i].len) continue;
        filled++;
        last = i;
    }
    if (filled <= 1) {
        *out = filled ? string_slice(&parts[last], 0, len) : (MrString){0};
        return false;
    }
    char *bytes;
    MrString joined = string_alloc(len, &bytes);
    for (int64_t i = 0; i < count; i++) {
        if (!parts[i].len) continue;
        memcpy(bytes, parts[i].data, (size_t)parts[i].len);
        bytes += parts[i].len;
    }
    *out = joined;
    return false;
}

/* How many bytes fit behind a string that is the only one in its block. Blocks are as large as malloc made them. */
static int64_t string_room(const MrString *string) {
    if (!string->owner || !cell_is_unique(string->owner)) return 0;
    const char *end = (const char *)string->owner + malloc_usable_size(string->owner);
    return end - (string->data + string->len) - MR_STRING_SLACK;
}

/* A string that grows gets room for as much again, so that appending n times costs O(n); a short one is not worth the room. */
bool string_append(MrContext *context, MrString *place, const MrString *parts, int64_t count) {
    enum { SHORT = 64 };
    int64_t len = place->len;
    if (total_length(context, &len, parts, count)) return true;
    if (len == place->len) return false;
    if (len - place->len > string_room(place)) {
        char *bytes;
        MrString grown = string_alloc(len < SHORT || len > INT64_MAX / 2 - SHORT ? len : 2 * len, &bytes);
        if (place->len) memcpy(bytes, place->data, (size_t)place->len);
        grown.len = place->len;
        mr_string_drop(context, place);
        *place = grown;
    }
    char *end = (char *)(uintptr_t)place->data + place->len;
    for (int64_t i = 0; i < count; i++) {
        if (!parts[i].len) continue;
        memcpy(end, parts[i].data, (size_t)parts[i].len);
        end += parts[i].len;
    }
    place->len = len;
    return false;
}

int64_t mr_string_compare(MrContext *context, const MrString *a, const MrString *b) {
    (void)context;
    int64_t common = a->len < b->len ? a->len : b->len;
    int order = common ? memcmp(a->data, b->data, (size_t)common) : 0;
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

bool string_slice_fail(MrContext *context, int64_t len, int64_t first, int64_t count) {
    if (first < 0 || first > len) return mr_failf(context, "byte %" PRId64 " is not in a string of %" PRId64 " bytes", first, len);
    return mr_failf(context,
                    "a slice of %" PRId64 " bytes from byte %" PRId64 " goes past the end of a string of %" PRId64 " bytes", count,
                    first, len);
}

const char *bytes_find(const char *begin, const char *end, const MrString *part) {
    return end - begin < part->len ? NULL : part->len ? memmem(begin, (size_t)(end - begin), part->data, (size_t)part->len) : begin;
}

bool mr_string_contains(MrContext *context, const MrString *string, const MrString *part) {
    (void)context;
    return !part->len || bytes_find(string->data, string->data + string->len, part);
}
