/* numbers.c: values that consist of numbers as bytes and back. */
#include "runtime/value/numbers.h"

#include <string.h>

static bool add_numbers(Numbers *numbers, const MrType *type, uint32_t offset) {
    if (type->kind == MR_TUPLE) {
        if (type->data && type->data->has_tag) return false; /* not any number will do */
        for (uint32_t i = 0; i < type->field_count; i++)
            if (!add_numbers(numbers, type->fields[i], offset + type->offsets[i])) return false;
        return true;
    }
    bool is_optional = type->kind == MR_OPTIONAL;
    uint32_t some = offset;
    if (is_optional) {
        offset += type->offsets[0];
        type = type->fields[0];
    }
    if ((type->kind != MR_INT && type->kind != MR_FLOAT) || numbers->count == NUMBERS_MAX) return false;
    numbers->items[numbers->count].offset = offset;
    numbers->items[numbers->count].some = some;
    numbers->items[numbers->count].is_float = type->kind == MR_FLOAT;
    numbers->items[numbers->count++].is_optional = is_optional;
    return true;
}

bool numbers_of(Numbers *numbers, const MrType *type) {
    numbers->count = 0;
    return add_numbers(numbers, type, 0);
}

size_t numbers_least(const Numbers *numbers) {
    size_t least = 0;
    for (uint32_t i = 0; i < numbers->count; i++)
        least += numbers->items[i].is_float && !numbers->items[i].is_optional ? sizeof(double) : 1;
    return least;
}

char *numbers_put(const Numbers *numbers, const void *value, char *to) {
    for (uint32_t i = 0; i < numbers->count; i++) {
        uint64_t x;
        if (numbers->items[i].is_optional && !(*to++ = ((const char *)value)[numbers->items[i].some])) continue;
        memcpy(&x, (const char *)value + numbers->items[i].offset, sizeof x);
        if (numbers->items[i].is_float) {
            memcpy(to, &x, sizeof x);
            to += sizeof x;
            continue;
        }
        for (x = x << 1 ^ (0 - (x >> 63)); x >= 0x80; x >>= 7) *to++ = (char)(x | 0x80);
        *to++ = (char)x;
    }
    return to;
}

/* An int; NULL: it does not end, or is too large. */
static const char *take_int(uint64_t *x, const char *at, const char *end) {
    uint64_t all = 0;
    for (int shift = 0; at < end && shift <= 63; shift += 7) {
        uint64_t byte = (unsigned char)*at++;
        if (shift == 63 && byte > 1) break;
        all |= (byte & 0x7f) << shift;
        if (byte >= 0x80) continue;
        *x = all >> 1 ^ (0 - (all & 1));
        return at;
    }
    return NULL;
}

const char *numbers_take(const Numbers *numbers, void *value, const char *at, const char *end) {
    for (uint32_t i = 0; i < numbers->count; i++) {
        uint64_t x = 0;
        if (numbers->items[i].is_optional) {
            if (at == end || (unsigned char)*at > 1) return NULL;
            if (!(((char *)value)[numbers->items[i].some] = *at++)) continue;
        }
        if (!numbers->items[i].is_float) {
            at = take_int(&x, at, end);
            if (!at) return NULL;
        } else {
            if (end - at < (ptrdiff_t)sizeof x) return NULL;
            memcpy(&x, at, sizeof x);
            at += sizeof x;
        }
        memcpy((char *)value + numbers->items[i].offset, &x, sizeof x);
    }
    return at;
}
