/* float.c: floats as text, the same in every locale.
 *
 * The C library does the exact conversions; of what it prints only the digits are used, so that its decimal point, which depends on
 * the locale, does not matter. */
#include "runtime/value/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first `count` significant digits of x ≥ 0, rounded; returns e, where x is about d.ddd × 10^e. */
static int significant_digits(Buf *digits, double x, int count) {
    Buf text = {0};
    buf_printf(&text, "%.*e", count - 1, x);
    const char *p = buf_text(&text);
    for (; *p != 'e'; p++)
        if (*p >= '0' && *p <= '9') buf_add_char(digits, *p);
    int exponent = atoi(p + 1);
    buf_free(&text);
    return exponent;
}

static void strip_zeros(Buf *digits) {
    while (digits->len > 1 && digits->data[digits->len - 1] == '0') digits->len--;
}

/* The fewest digits that read back as x. Any decimal of up to 15 digits survives a double, so that shorter forms turn up as zeros
 * at the end of 15; only subnormal numbers have fewer digits than that to tell them apart. */
static int shortest_digits(Buf *digits, double x) {
    for (int count = x < 2.2250738585072014e-308 ? 1 : 15;; count++) {
        digits->len = 0;
        int exponent = significant_digits(digits, x, count);
        Buf text = {0};
        buf_add(&text, digits->data, digits->len);
        buf_printf(&text, "e%d", exponent - (count - 1));
        bool is_same = strtod(buf_text(&text), NULL) == x;
        buf_free(&text);
        if (is_same || count >= 17) return strip_zeros(digits), exponent;
    }
}

static void add_zeros(Buf *out, int count) {
    while (count-- > 0) buf_add_char(out, '0');
}

static void split_exponent(const Buf *digits, int exponent, char letter, Buf *integer, Buf *tail) {
    buf_add(integer, digits->data, 1);
    if (digits->len > 1) {
        buf_add_char(tail, '.');
        buf_add(tail, digits->data + 1, digits->len - 1);
    }
    buf_printf(tail, "%c%c%02d", letter, exponent < 0 ? '-' : '+', abs(exponent));
}

static void split_positional(const Buf *digits, int exponent, Buf *integer, Buf *tail) {
    size_t before = exponent < 0 ? 0 : (size_t)exponent + 1;
    if (!before) buf_add_char(integer, '0');
    buf_add(integer, digits->data, digits->len < before ? digits->len : before);
    if (digits->len < before) add_zeros(integer, (int)(before - digits->len));
    if (digits->len > before) {
        buf_add_char(tail, '.');
        add_zeros(tail, -exponent - 1);
        buf_add(tail, digits->data + before, digits->len - before);
    }
}

static void split_fixed(double x, int precision, Buf *integer, Buf *tail) {
    Buf text = {0}, digits = {0};
    buf_printf(&text, "%.*f", precision, x);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= '0' && text.data[i] <= '9') buf_add_char(&digits, text.data[i]);
    buf_add(integer, digits.data, digits.len - (size_t)precision);
    if (precision) {
        buf_add_char(tail, '.');
        buf_add(tail, digits.data + digits.len - precision, (size_t)precision);
    }
    buf_free(&text);
    buf_free(&digits);
}

/* Writes x, whose sign is left out, as the digits before the point and all that follows. Types: 'e' 'f' 'g' 'E' 'F' 'G' '%' as in C
 * and Python, 0 the shortest form (with a precision: as 'g', but never without a point or an exponent). A precision below 0 is the
 * type's own. */
void float_split(double x, char type, int precision, Buf *integer, Buf *tail) {
    bool is_upper = type == 'E' || type == 'F' || type == 'G';
    char letter = is_upper ? 'E' : 'e';
    x = fabs(x);
    if (type == '%') x *= 100;
    if (isnan(x) || isinf(x)) {
        buf_add_text(integer, isnan(x) ? (is_upper ? "NAN" : "nan") : (is_upper ? "INF" : "inf"));
        if (type == '%') buf_add_char(tail, '%');
        return;
    }
    if (precision < 0 && type) precision = 6;
    Buf digits = {0};
    if (type == 'f' || type == 'F' || type == '%') {
        split_fixed(x, precision, integer, tail);
        if (type == '%') buf_add_char(tail, '%');
    } else if (type == 'e' || type == 'E') {
        int exponent = significant_digits(&digits, x, precision + 1);
        split_exponent(&digits, exponent, letter, integer, tail);
    } else {
        if (precision == 0) precision = 1;
        int exponent = precision < 0 ? shortest_digits(&digits, x) : significant_digits(&digits, x, precision);
        strip_zeros(&digits);
        int limit = precision < 0 ? 16 : type ? precision : precision - 1; /* from this exponent on, 'e' form */
        if (exponent < -4 || exponent >= limit)
            split_exponent(&digits, exponent, letter, integer, tail);
        else
            split_positional(&digits, exponent, integer, tail);
        if (!type && !tail->len) buf_add_text(tail, ".0");
    }
    buf_free(&digits);
}

void float_show(Buf *out, double x) {
    Buf tail = {0};
    if (signbit(x) && !isnan(x)) buf_add_char(out, '-');
    float_split(x, 0, -1, out, &tail);
    buf_add(out, tail.data, tail.len);
    buf_free(&tail);
}
