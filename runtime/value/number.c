/* number.c: primitives that turn strings and values into numbers. */
#include <inttypes.h>
#include <math.h>

#include "runtime/value/value.h"

/* Decimal digits with an optional sign, and nothing else. */
bool mr_prim_parse_int(MrContext *context, MrOptionalInt *out, const MrString *s) {
    (void)context;
    int64_t i = s->len && (s->data[0] == '-' || s->data[0] == '+'), value = 0;
    bool is_negative = s->len && s->data[0] == '-', is_good = i < s->len;
    for (; is_good && i < s->len; i++) {
        int digit = s->data[i] - '0';
        is_good = digit >= 0 && digit <= 9 && !__builtin_mul_overflow(value, 10, &value) &&
                  !__builtin_sub_overflow(value, is_negative ? digit : -digit, &value);
    }
    *out = is_good ? (MrOptionalInt){true, value} : (MrOptionalInt){false, 0};
    return false;
}

bool mr_prim_parse_float(MrContext *context, MrOptionalFloat *out, const MrString *s) {
    (void)context;
    *out = (MrOptionalFloat){false, 0};
    out->is_some = float_parse(s->data, (size_t)s->len, &out->value);
    return false;
}

bool mr_prim_to_int(MrContext *context, int64_t *out, const void *x, const MrType *type) {
    if (type->kind == MR_INT) {
        *out = *(const int64_t *)x;
    } else if (type->kind == MR_BOOL) {
        *out = *(const bool *)x;
    } else {
        double value = *(const double *)x;
        if (!(value >= -9223372036854775808.0 && value < 9223372036854775808.0)) {
            Buf shown = {0};
            float_show(&shown, value);
            mr_failf(context, "%s cannot be made an int: %s", buf_text(&shown),
                     isnan(value) ? "it is no number" : "it does not fit in 64 bits");
            buf_free(&shown);
            return true;
        }
        *out = (int64_t)value;
    }
    return false;
}

bool mr_prim_to_float(MrContext *context, double *out, const void *x, const MrType *type) {
    (void)context;
    *out = type->kind == MR_FLOAT ? *(const double *)x : type->kind == MR_BOOL ? *(const bool *)x : (double)*(const int64_t *)x;
    return false;
}
