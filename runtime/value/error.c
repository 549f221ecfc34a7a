/* error.c: run-time errors: one sentence that says what happened, with the values involved, and where it helps what to do instead.
 */
#include "runtime/value/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { SHOWN_KEY_BYTES = 80 }; /* of a key in a message; the rest is cut off */

void mr_error_clear(MrError *error) {
    free(error->message);
    free(error->input);
    *error = (MrError){0};
}

/* Takes the message, which is malloc'ed. */
static bool error_set(MrContext *context, char *message) {
    if (context->error.is_set) {
        free(message);
        return true;
    }
    context->error = (MrError){.is_set = true, .message = message};
    return true;
}

bool mr_failf(MrContext *context, const char *format, ...) {
    Buf buf = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&buf, format, args);
    va_end(args);
    buf_text(&buf);
    return error_set(context, buf.data);
}

bool mr_fail(MrContext *context, const MrString *message) {
    char *text = xmalloc((size_t)message->len + 1);
    if (message->len) memcpy(text, message->data, (size_t)message->len);
    text[message->len] = '\0';
    return error_set(context, text);
}

bool mr_prim_fail(MrContext *context, void *out, const MrString *message, const MrType *type) {
    (void)out;
    (void)type;
    return mr_fail(context, message);
}

void mr_fail_at(MrContext *context, const MrLocation *where) {
    if (context->error.is_set && !context->error.where.file) context->error.where = *where;
}

void mr_error_take(MrContext *context, MrString *message, MrString *where) {
    MrError *error = &context->error;
    Buf text = {0}, place = {0};
    if (error->message) buf_add_text(&text, error->message);
    if (error->where.file) buf_printf(&place, "%s:%" PRId32 ":%" PRId32, error->where.file, error->where.line, error->where.column);
    if (error->input) {
        buf_printf(&place, "%s%s", place.len ? ", " : "", error->input);
    } else if (context->mapped) {
        MrString input = context->mapped->locate(context->mapped);
        buf_printf(&place, "%s%.*s", place.len && input.len ? ", " : "", (int)input.len, input.len ? input.data : "");
        mr_string_drop(context, &input);
    }
    mr_error_clear(error);
    context->failed_element = -1;
    *message = string_of(buf_text(&text));
    *where = string_of(buf_text(&place));
    buf_free(&text);
    buf_free(&place);
}

bool mr_fail_overflow(MrContext *context, int64_t operator_char, int64_t left, int64_t right) {
    switch (operator_char) {
    case 'n': return mr_failf(context, "integer overflow: -(%" PRId64 ") does not fit in 64 bits", left);
    case 'p':
        return mr_failf(context,
                        "integer overflow: %" PRId64 " ** %" PRId64 " does not fit in 64 bits (float(x) ** y gives a float)", left,
                        right);
    default:
        return mr_failf(context, "integer overflow: %" PRId64 " %c %" PRId64 " does not fit in 64 bits", left, (char)operator_char,
                        right);
    }
}

bool mr_fail_division(MrContext *context, int64_t operator_char, int64_t left) {
    /* The divisor is not told: the smallest integer fails for -1 too, and the message has to be true of both. */
    if (operator_char == '/' && left == INT64_MIN)
        return mr_failf(context, "%" PRId64 " cannot be divided by 0, and divided by -1 it does not fit in 64 bits", left);
    return mr_failf(context, "division by zero: %" PRId64 " %s 0", left, operator_char == '/' ? "//" : "%");
}

bool mr_fail_shift(MrContext *context, int64_t count) {
    return mr_failf(context, "an integer has 64 bits: it cannot be shifted by %" PRId64 " (0 to 63 are possible)", count);
}

bool mr_fail_sum(MrContext *context, int64_t low, int64_t high) {
    char digits[48], *at = digits + sizeof digits;
    unsigned __int128 bits = (unsigned __int128)(uint64_t)high << 64 | (uint64_t)low;
    bool is_negative = high < 0;
    if (is_negative) bits = -bits;
    *--at = '\0';
    for (; bits || !*at; bits /= 10) *--at = (char)('0' + (int)(bits % 10));
    if (is_negative) *--at = '-';
    return mr_failf(context, "integer overflow: the sum, %s, does not fit in 64 bits", at);
}

bool mr_prim_fail_sum(MrContext *context, int64_t *out, int64_t low, int64_t high) {
    (void)out;
    return mr_fail_sum(context, low, high);
}

bool mr_fail_lengths(MrContext *context, int64_t left, int64_t right) {
    return mr_failf(context,
                    "sequences that are walked together must be equally long: these have %" PRId64 " and %" PRId64 " elements",
                    left, right);
}

bool mr_fail_nothing(MrContext *context) {
    return mr_failf(context, "there is nothing to reduce: the input has no elements (`from` gives a value for this case)");
}

bool value_is_interrupted(const MrContext *context) {
    return __atomic_load_n(&context->stack_limit, __ATOMIC_RELAXED) == MR_INTERRUPTED;
}

bool mr_fail_depth(MrContext *context) {
    if (value_is_interrupted(context)) return mr_failf(context, "interrupted");
    return mr_failf(context, "the recursion is too deep: the stack is full (does the function call itself without end?)");
}

bool mr_fail_index(MrContext *context, int64_t index, int64_t len) {
    const char *elements = len == 1 ? "element" : "elements";
    if (len == 0) return mr_failf(context, "index %" PRId64 " is past the end of an empty list", index);
    if (index < 0)
        return mr_failf(
            context, "index %" PRId64 " is negative; indices start at 0, and the last of this list of %" PRId64 " %s is %" PRId64,
            index, len, elements, len - 1);
    return mr_failf(context, "index %" PRId64 " is past the end of a list of %" PRId64 " %s%s", index, len, elements,
                    index == len ? " (the first has index 0)" : "");
}

bool mr_fail_key(MrContext *context, const void *key, const MrType *type) {
    Buf shown = {0};
    value_show(&shown, key, type);
    bool is_cut = shown.len > SHOWN_KEY_BYTES;
    size_t len = is_cut ? SHOWN_KEY_BYTES : shown.len;
    while (is_cut && len && ((unsigned char)shown.data[len] & 0xc0) == 0x80) len--;
    mr_failf(context, "the map has no key %.*s%s (`get` gives an optional instead)", (int)len, shown.data, is_cut ? "..." : "");
    buf_free(&shown);
    return true;
}
