/* literal.c: what literals mean: numbers, strings with their escapes, holes and indentation, format specifications. */
#include "compiler/syntax/syntax.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers; the scanner has checked their form */

static unsigned digit_value(char c) {
    return isdigit((unsigned char)c) ? (unsigned)c - '0' : (unsigned)tolower((unsigned char)c) - 'a' + 10;
}

uint64_t literal_integer(Syntax *syntax, const char *text, size_t len, Span span) {
    unsigned base = 10;
    size_t i = 0;
    if (len > 2 && text[0] == '0' && !isdigit((unsigned char)text[1]) && text[1] != '_') {
        base = text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : 2;
        i = 2;
    }
    uint64_t value = 0;
    for (; i < len; i++) {
        if (text[i] == '_') continue;
        unsigned digit = digit_value(text[i]);
        if (value > (UINT64_MAX - digit) / base) {
            Diag *d = diag_add(syntax->diags, E0102, span, "this integer is too large");
            diag_hint(d, "the largest int is 9223372036854775807; a float is written with a point, as in 1.0");
            return 0;
        }
        value = value * base + digit;
    }
    return value;
}

double literal_float(Syntax *syntax, const char *text, size_t len, Span span) {
    Buf digits = {0};
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '_') buf_add_char(&digits, text[i]);
    }
    double value = strtod(buf_text(&digits), NULL);
    buf_free(&digits);
    if (isfinite(value)) return value;
    diag_add(syntax->diags, E0102, span, "this float is too large");
    return 0;
}

/* ---- the indentation of strings over several lines */

typedef struct Margin {
    const char *blanks; /* what all lines of text begin with */
    size_t len;
    bool is_known;
} Margin;

static void margin_meet(Margin *margin, const char *blanks, size_t len) {
    if (!margin->is_known) {
        *margin = (Margin){blanks, len, true};
        return;
    }
    size_t common = 0;
    while (common < len && common < margin->len && blanks[common] == margin->blanks[common]) common++;
    margin->len = common;
}

static size_t blanks_length(AstText text, size_t from) {
    size_t len = 0;
    while (from + len < text.len && (text.bytes[from + len] == ' ' || text.bytes[from + len] == '\t')) len++;
    return len;
}

/* The length of the line's end at `from`: 0 where no line ends there. */
static size_t line_end_length(AstText text, size_t from) {
    if (from < text.len && text.bytes[from] == '\n') return 1;
    return from + 1 < text.len && text.bytes[from] == '\r' && text.bytes[from + 1] == '\n' ? 2 : 0;
}

static AstText part_text(const Ast *part) {
    return ((const AstStringLit *)part)->value;
}

static void part_cut(Ast *part, size_t from, size_t to) {
    AstStringLit *literal = ast_as(StringLit, part);
    literal->value = (AstText){literal->value.bytes + from, to - from};
    literal->base.span.from += (uint32_t)from;
    literal->base.span.to = literal->base.span.from + (uint32_t)(to - from);
}

/* What all lines that start inside the string have in common; lines of blanks alone do not count. */
static Margin margin_find(AstList parts, bool starts_line) {
    Margin margin = {0};
    for (size_t p = 0; p < parts.len; p++) {
        bool at_start = starts_line && p == 0;
        if (parts.items[p]->kind == AST_HOLE) {
            if (at_start) margin_meet(&margin, "", 0);
            continue;
        }
        AstText text = part_text(parts.items[p]);
        for (size_t i = 0; i < text.len || at_start;) {
            if (at_start) {
                size_t blanks = blanks_length(text, i);
                bool ends_part = i + blanks == text.len, is_last = p + 1 == parts.len;
                bool is_blank = ends_part ? is_last : line_end_length(text, i + blanks) > 0;
                if (!is_blank) margin_meet(&margin, text.bytes + i, blanks);
                i += blanks;
                at_start = false;
            } else {
                at_start = text.bytes[i++] == '\n';
                if (at_start && i == text.len) { /* the next line starts with the next part, or is the last, empty one */
                    if (p + 1 < parts.len) margin_meet(&margin, "", 0);
                    at_start = false;
                }
            }
        }
    }
    return margin;
}

/* Leaves out the newline after the opening quotes and the one before the closing quotes; true if there was an opening one. */
static bool edges_cut(AstList parts) {
    if (!parts.len) return false;
    Ast *first = parts.items[0], *last = parts.items[parts.len - 1];
    bool starts_line = false;
    if (first->kind == AST_STRING_LIT) {
        size_t skip = line_end_length(part_text(first), 0);
        starts_line = skip > 0;
        part_cut(first, skip, part_text(first).len);
    }
    if (last->kind == AST_STRING_LIT) {
        AstText text = part_text(last);
        size_t end = text.len;
        while (end > 0 && (text.bytes[end - 1] == ' ' || text.bytes[end - 1] == '\t')) end--;
        bool is_only_line = end == 0 && starts_line && parts.len == 1;
        if (end > 0 && text.bytes[end - 1] == '\n') {
            end -= end > 1 && text.bytes[end - 2] == '\r' ? 2 : 1;
            part_cut(last, 0, end);
        } else if (is_only_line) {
            part_cut(last, 0, 0);
        }
    }
    return starts_line;
}

/* ---- escapes */

static void utf8_add(Buf *out, unsigned c) {
    if (c < 0x80) {
        buf_add_char(out, (char)c);
    } else if (c < 0x800) {
        buf_add_char(out, (char)(0xc0 | c >> 6));
        buf_add_char(out, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        buf_add_char(out, (char)(0xe0 | c >> 12));
        buf_add_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_add_char(out, (char)(0x80 | (c & 0x3f)));
    } else {
        buf_add_char(out, (char)(0xf0 | c >> 18));
        buf_add_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
        buf_add_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_add_char(out, (char)(0x80 | (c & 0x3f)));
    }
}

/* A `\u{...}` at `at`: adds its character; returns the escape's length, with *is_wrong set where it is none. */
static size_t unicode_escape(AstText text, size_t at, Buf *out, bool *is_wrong) {
    size_t i = at + 2, digits = 0;
    unsigned value = 0;
    bool opens = i < text.len && text.bytes[i] == '{';
    for (i += opens; i < text.len && isxdigit((unsigned char)text.bytes[i]); i++, digits++) {
        if (digits < 7) value = value * 16 + digit_value(text.bytes[i]);
    }
    bool closes = i < text.len && text.bytes[i] == '}';
    bool is_character = digits > 0 && digits < 7 && value <= 0x10ffff && !(value >= 0xd800 && value < 0xe000);
    *is_wrong = !opens || !closes || !is_character;
    if (!*is_wrong) utf8_add(out, value);
    return i + closes - at;
}

/* Adds what the escape at `at` stands for; returns its length. `origin` is where the text's first byte lies in the file. */
static size_t escape_add(Syntax *syntax, AstText text, size_t at, uint32_t origin, Buf *out) {
    static const char letters[] = "ntr0\\\"{}", meanings[] = "\n\t\r\0\\\"{}";
    char c = at + 1 < text.len ? text.bytes[at + 1] : '\0';
    const char *letter = c ? strchr(letters, c) : NULL;
    size_t len = 2;
    bool is_wrong = !letter;
    if (letter) {
        buf_add_char(out, meanings[letter - letters]);
    } else if (c == 'u') {
        len = unicode_escape(text, at, out, &is_wrong);
    }
    if (is_wrong) {
        Span span = {syntax->file, origin + (uint32_t)at, origin + (uint32_t)(at + len)};
        while (span.to < syntax->source->len && ((unsigned char)syntax->source->text[span.to] & 0xc0) == 0x80) span.to++;
        Diag *d =
            diag_add(syntax->diags, E0102, span, c == 'u' ? "this is not a character's number" : "unknown escape in a string");
        diag_hint(d, "the escapes are \\n \\t \\r \\0 \\\\ \\\" \\{ \\} and \\u{1F600}; in r\"...\" nothing is an escape");
    }
    return len;
}

/* Adds the text of one part, escapes replaced, and the margin taken from each line that starts in it. */
static void part_add(Syntax *syntax, const Ast *part, const Margin *margin, bool at_start, Buf *out) {
    AstText text = part_text(part);
    for (size_t i = 0; i < text.len;) {
        size_t line_end = margin ? line_end_length(text, i) : 0;
        if (at_start) {
            size_t blanks = blanks_length(text, i);
            i += blanks < margin->len ? blanks : margin->len;
            at_start = false;
        } else if (line_end) {
            buf_add_char(out, '\n');
            i += line_end;
            at_start = true;
        } else if (text.bytes[i] == '\\') {
            i += escape_add(syntax, text, i, part->span.from, out);
        } else {
            buf_add_char(out, text.bytes[i++]);
        }
    }
}

static void text_end(Syntax *syntax, AstList *parts, Buf *text, Span span) {
    if (text->len) {
        AstText value = {text->data, text->len};
        *parts = list_add(syntax, *parts, build_text(syntax, value, span));
    }
    text->len = 0;
}

Ast *literal_string(Syntax *syntax, AstList parts, bool is_triple, Span span) {
    bool starts_line = is_triple && edges_cut(parts);
    Margin margin = {0};
    if (is_triple) margin = margin_find(parts, starts_line);
    AstList joined = {0};
    Buf text = {0};
    Span text_span = span;
    for (size_t i = 0; i < parts.len; i++) {
        Ast *part = parts.items[i];
        if (part->kind == AST_HOLE) {
            text_end(syntax, &joined, &text, text_span);
            joined = list_add(syntax, joined, part);
            continue;
        }
        text_span = text.len ? span_join(text_span, part->span) : part->span;
        part_add(syntax, part, is_triple ? &margin : NULL, starts_line && i == 0, &text);
    }
    bool has_holes = joined.len > 0;
    if (has_holes) text_end(syntax, &joined, &text, text_span);
    Ast *node;
    if (has_holes) {
        AstInterpolation *interpolation = ast_make(syntax->arena, INTERPOLATION, Interpolation, span);
        interpolation->parts = joined;
        node = &interpolation->base;
    } else {
        node = build_text(syntax, (AstText){text.data, text.len}, span);
    }
    buf_free(&text);
    return node;
}

/* ---- format specifications: [[fill]align][sign][0][width][,][.precision][type] */

static bool is_one_of(char c, const char *set) {
    return c && strchr(set, c);
}

static size_t character_length(const char *p) {
    size_t len = *p != 0;
    while (((unsigned char)p[len] & 0xc0) == 0x80) len++;
    return len;
}

/* Skips a number of up to four digits; false where there are more. */
static bool number_skip(const char **p) {
    size_t digits = strspn(*p, "0123456789");
    *p += digits;
    return digits <= 4;
}

/* The first character that does not fit, or NULL where all do. */
static const char *spec_trouble(const char *p, const char *end) {
    size_t fill = character_length(p);
    if (fill && is_one_of(p[fill], "<>^=")) {
        p += fill + 1;
    } else if (is_one_of(*p, "<>^=")) {
        p++;
    }
    if (is_one_of(*p, "+- ")) p++;
    const char *number = p;
    if (!number_skip(&p)) return number;
    if (*p == ',') p++;
    if (*p == '.') {
        number = ++p;
        if (!isdigit((unsigned char)*p) || !number_skip(&p)) return number;
    }
    if (is_one_of(*p, "bcdeEfFgGnosxX%")) p++;
    return p == end ? NULL : p;
}

AstText literal_spec(Syntax *syntax, AstText spec, Span span) {
    AstText copy = {arena_strndup(syntax->arena, spec.bytes, spec.len), spec.len};
    const char *trouble = spec_trouble(copy.bytes, copy.bytes + copy.len);
    if (!trouble) return copy;
    Span place = {span.file, span.from + (uint32_t)(trouble - copy.bytes), span.to};
    Diag *d = diag_add(syntax->diags, E0111, place, "this does not fit into a format");
    diag_hint(
        d, "a format is [[fill]align][sign][0][width][,][.precision][type], as in {n:>8} {x:.2f} {share:.1%%}; numbers in it have "
           "at most four digits");
    return (AstText){0};
}
