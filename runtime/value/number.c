/* number.c: strings and values turned into numbers. */
#include "runtime/value/number.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"

bool int_parse(const char *text, int64_t len, int64_t *out) {
    int64_t i = len && (text[0] == '-' || text[0] == '+'), value = 0;
    bool is_negative = len && text[0] == '-', is_good = i < len;
    for (; is_good && i < len; i++) {
        int digit = text[i] - '0';
        is_good = digit >= 0 && digit <= 9 && !__builtin_mul_overflow(value, 10, &value) &&
                  !__builtin_sub_overflow(value, is_negative ? digit : -digit, &value);
    }
    *out = value;
    return is_good;
}

/* ---- floats
 *
 * Digits that are up to 19 and a power of ten that is not far off are an exact quotient or product of whole numbers of 128 bits,
 * which is rounded once. All else is for the C library. */

enum { POWER_MOST = 27, EXPONENT_MOST = 100000 }; /* 5^27 fits in 63 bits */

/* A number's parts: `digits` times ten to the power. */
typedef struct Decimal {
    uint64_t digits;
    int64_t power;
    bool is_cut; /* there were more digits, other than zeros */
} Decimal;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Adds the digits from p on; returns where they end. Those after a point lower the power. */
static const char *add_digits(Decimal *number, const char *p, const char *end, bool is_fraction) {
    for (; p < end && is_digit(*p); p++) {
        bool fits = number->digits < UINT64_C(1000000000000000000);
        if (fits) number->digits = number->digits * 10 + (uint64_t)(*p - '0');
        number->is_cut |= !fits && *p != '0';
        number->power += !fits - is_fraction;
    }
    return p;
}

/* Reads digits with a point somewhere and an exponent, to the end of the text. */
static bool decimal_read(Decimal *number, const char *p, const char *end) {
    const char *whole = p;
    p = add_digits(number, p, end, false);
    bool has_digits = p > whole;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = add_digits(number, p, end, true);
        has_digits |= p > fraction;
    }
    if (!has_digits) return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        bool is_negative = ++p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+')) p++;
        if (p == end) return false;
        int64_t exponent = 0;
        for (; p < end && is_digit(*p); p++)
            if (exponent < EXPONENT_MOST) exponent = exponent * 10 + (*p - '0');
        number->power += is_negative ? -exponent : exponent;
    }
    return p == end;
}

static uint64_t power_of_5(int64_t n) {
    uint64_t power = 1;
    while (n-- > 0) power *= 5;
    return power;
}

/* The nearest float; false where 128 bits are not enough to tell. The quotient has more than 64 bits, so that a bit for what is
 * left over, below all that counts, is enough to round by. */
static bool decimal_round(const Decimal *number, double *out) {
    unsigned __int128 wide = number->digits;
    int64_t power = number->power, down = power < 0 ? -power : 0, shift = power;
    if (number->is_cut || power > POWER_MOST || down > POWER_MOST) return false;
    if (!number->digits) {
        *out = 0;
        return true;
    }
    if (down) {
        int zeros = __builtin_clzll(number->digits);
        uint64_t divisor = power_of_5(down);
        wide <<= 64 + zeros;
        wide = wide / divisor | (wide % divisor != 0);
        shift -= 64 + zeros;
    } else {
        wide *= power_of_5(power);
    }
    *out = ldexp((double)wide, (int)shift);
    return true;
}

/* The same by the C library. "C" names a locale that it holds ready: nothing is allocated. */
static double library_parse(const char *text, size_t len) {
    enum { USUAL = 256 };
    char room[USUAL], *copy = len < USUAL ? room : xmalloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = 0;
    double value = strtod_l(copy, NULL, newlocale(LC_ALL_MASK, "C", (locale_t)0));
    if (copy != room) free(copy);
    return value;
}

bool float_parse(const char *text, size_t len, double *out) {
    const char *p = text, *end = text + len;
    Decimal number = {0};
    if (!len) return false;
    bool is_negative = *p == '-', is_word = false;
    if (*p == '-' || *p == '+') p++;
    if (end - p == 3) is_word = memcmp(p, "inf", 3) == 0 || memcmp(p, "nan", 3) == 0;
    if (!is_word && !decimal_read(&number, p, end)) return false;
    if (is_word || !decimal_round(&number, out))
        *out = library_parse(text, len);
    else if (is_negative)
        *out = -*out;
    return true;
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
