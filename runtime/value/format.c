/* format.c: the format specs of string interpolation: [[fill]align][sign][0][width][,][.precision][type], as in Python.
 *
 * Ints take the types d b o x X (and those of floats), floats e E f F g G %, everything else s or none. Width and precision count
 * code points. The compiler checks specs that it can see; what is wrong with one is said here as well. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "runtime/value/text.h"
#include "runtime/value/value.h"

enum { FORMAT_MAX = 100000 }; /* the largest width and precision */

typedef struct Spec {
    const char *fill; /* one code point of fill_len bytes */
    int fill_len;
    char align; /* '<' '>' '^' '=', 0 when not given */
    char sign;  /* '+' '-' ' ' */
    bool has_commas;
    int width;
    int precision; /* -1 when not given */
    char type;     /* 0 when not given */
} Spec;

static bool is_align(char c) {
    return c == '<' || c == '>' || c == '^' || c == '=';
}

/* A number at *p, at most FORMAT_MAX; -1 when there is none, FORMAT_MAX + 1 when it is larger. */
static int read_number(const char **p, const char *end) {
    int number = -1;
    for (; *p < end && **p >= '0' && **p <= '9'; ++*p) {
        number = (number < 0 ? 0 : number) * 10 + (**p - '0');
        if (number > FORMAT_MAX) number = FORMAT_MAX + 1;
    }
    return number;
}

static bool spec_parse(MrContext *context, Spec *spec, const char *text, int64_t len) {
    const char *p = text, *end = text + len;
    *spec = (Spec){.fill = " ", .fill_len = 1, .sign = '-', .precision = -1};
    int first = p < end ? text_unit(p, end) : 0;
    bool has_fill = first && p + first < end && is_align(p[first]);
    if (has_fill) {
        spec->fill = p;
        spec->fill_len = first;
        spec->align = p[first];
        p += first + 1;
    } else if (p < end && is_align(*p)) {
        spec->align = *p++;
    }
    if (p < end && (*p == '+' || *p == '-' || *p == ' ')) spec->sign = *p++;
    if (p < end && *p == '0') {
        p++;
        if (!has_fill) spec->fill = "0";
        if (!spec->align) spec->align = '=';
    }
    int width = read_number(&p, end);
    spec->width = width < 0 ? 0 : width;
    if (p < end && *p == ',') spec->has_commas = *p++;
    if (p < end && *p == '.') {
        p++;
        spec->precision = read_number(&p, end);
        if (spec->precision < 0) return mr_failf(context, "the format \"%.*s\" has no digits after its point", (int)len, text);
    }
    if (spec->width > FORMAT_MAX || spec->precision > FORMAT_MAX)
        return mr_failf(context, "the format \"%.*s\" asks for more than %d characters", (int)len, text, FORMAT_MAX);
    if (p < end) spec->type = *p++;
    if (p < end || (spec->type && !strchr("dboxXeEfFgG%s", spec->type)))
        return mr_failf(context, "\"%.*s\" is no format: it is [[fill]align][sign][0][width][,][.precision][type]", (int)len, text);
    return false;
}

static void add_fill(Buf *out, const Spec *spec, int64_t count) {
    for (; count > 0; count--) buf_add(out, spec->fill, (size_t)spec->fill_len);
}

/* Writes the text padded to the width; '=' puts the padding after the first `head` bytes (a sign). */
static void add_padded(Buf *out, const Spec *spec, const char *text, size_t len, size_t head, char align) {
    int64_t missing = spec->width - text_count(text, (int64_t)len);
    if (missing < 0) missing = 0;
    int64_t before = align == '>' ? missing : align == '^' ? missing / 2 : 0;
    add_fill(out, spec, before);
    buf_add(out, text, head);
    if (align == '=') add_fill(out, spec, missing);
    buf_add(out, text + head, len - head);
    if (align != '=') add_fill(out, spec, missing - before);
}

/* Digits in groups of three, with zeros in front until they take up `width`; a group is never left empty: 0,001,234 for 8. */
static void add_grouped(Buf *out, const char *digits, size_t len, int64_t width) {
    size_t total = len;
    while ((int64_t)(total + (total - 1) / 3) < width) total++;
    for (size_t i = 0; i < total; i++) {
        if (i && (total - i) % 3 == 0) buf_add_char(out, ',');
        buf_add_char(out, i < total - len ? '0' : digits[i - (total - len)]);
    }
}

/* A number of which the parts are known: sign, digits before the point, and the rest. */
static void add_number(Buf *out, const Spec *spec, bool is_negative, const Buf *integer, const Buf *tail) {
    Buf text = {0};
    if (is_negative)
        buf_add_char(&text, '-');
    else if (spec->sign != '-')
        buf_add_char(&text, spec->sign);
    size_t head = text.len;
    bool is_digits = integer->data[0] >= '0' && integer->data[0] <= '9';
    if (spec->has_commas && is_digits) {
        bool is_zero_filled = spec->align == '=' && spec->fill_len == 1 && *spec->fill == '0';
        add_grouped(&text, integer->data, integer->len, is_zero_filled ? spec->width - (int64_t)(head + tail->len) : 0);
    } else {
        buf_add(&text, integer->data, integer->len);
    }
    buf_add(&text, tail->data, tail->len);
    add_padded(out, spec, text.data, text.len, head, spec->align ? spec->align : '>');
    buf_free(&text);
}

static bool format_float(MrContext *context, Buf *out, const Spec *spec, double x) {
    if (spec->type && !strchr("eEfFgG%", spec->type))
        return mr_failf(context, "the format type '%c' is not for floats", spec->type);
    Buf integer = {0}, tail = {0};
    float_split(x, spec->type, spec->precision, &integer, &tail);
    add_number(out, spec, signbit(x) && !isnan(x), &integer, &tail);
    buf_free(&integer);
    buf_free(&tail);
    return false;
}

static bool format_int(MrContext *context, Buf *out, const Spec *spec, int64_t x) {
    if (spec->type && strchr("eEfFgG%", spec->type)) return format_float(context, out, spec, (double)x);
    if (spec->type == 's') return mr_failf(context, "the format type 's' is not for ints");
    if (spec->precision >= 0) return mr_failf(context, "an int has no precision, except as one of the types e f g %%");
    unsigned base = spec->type == 'b' ? 2 : spec->type == 'o' ? 8 : spec->type == 'x' || spec->type == 'X' ? 16 : 10;
    if (spec->has_commas && base != 10) return mr_failf(context, "the format's commas are for decimal numbers");
    const char *letters = spec->type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char digits[64], *at = digits + sizeof digits;
    uint64_t rest = x < 0 ? -(uint64_t)x : (uint64_t)x;
    do *--at = letters[rest % base];
    while (rest /= base);
    Buf integer = {.data = at, .len = (size_t)(digits + sizeof digits - at)}, tail = {0}; /* a view, never grown */
    add_number(out, spec, x < 0, &integer, &tail);
    return false;
}

/* Strings, and every other value as its literal. */
static bool format_text(MrContext *context, Buf *out, const Spec *spec, const void *value, const MrType *type) {
    if (spec->type && spec->type != 's')
        return mr_failf(context, "the format type '%c' is not for a value of type %s", spec->type, type->name);
    if (spec->has_commas || spec->sign != '-') return mr_failf(context, "the format's commas and sign are for numbers");
    Buf text = {0};
    value_display(&text, value, type);
    size_t len = spec->precision < 0 ? text.len : (size_t)text_prefix(text.data, (int64_t)text.len, spec->precision);
    add_padded(out, spec, text.data, len, 0, spec->align && spec->align != '=' ? spec->align : '<');
    buf_free(&text);
    return false;
}

bool mr_format(MrContext *context, MrString *out, const void *value, const MrType *type, const char *text, int64_t len) {
    Spec spec;
    Buf buf = {0};
    if (spec_parse(context, &spec, text, len)) return true;
    bool has_failed;
    switch (type->kind) {
    case MR_INT: has_failed = format_int(context, &buf, &spec, *(const int64_t *)value); break;
    case MR_FLOAT: has_failed = format_float(context, &buf, &spec, *(const double *)value); break;
    default: has_failed = format_text(context, &buf, &spec, value, type);
    }
    if (!has_failed) *out = string_from_buf(&buf);
    buf_free(&buf);
    return has_failed;
}
