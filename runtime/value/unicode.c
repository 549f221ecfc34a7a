/* unicode.c: what needs more of Unicode than a mapping of single code points: full case mapping, caseless comparison, normal forms
 * and graphemes, by utf8proc. Bytes that are not UTF-8 are kept everywhere. */
#include <stdlib.h>
#include <utf8proc.h>

#include "base/arena.h"
#include "runtime/value/inline.h"
#include "runtime/value/text.h"

static void add_code(Buf *out, int32_t code) {
    char bytes[4];
    buf_add(out, bytes, (size_t)text_encode(code, bytes));
}

static MrString take_buf(Buf *buf) {
    MrString string = string_from_buf(buf);
    buf_free(buf);
    return string;
}

/* ---- case */

enum { FOLD_MOST = 4 }; /* code points that one is folded to, at most 3 */

/* The full capital form. Unicode lists those of several code points one by one (SpecialCasing.txt); they are the capitals of what
 * the letter is folded to, as "ss" is for ß. */
static void add_upper(Buf *out, int32_t code) {
    utf8proc_int32_t folded[FOLD_MOST];
    int last_class = 0;
    utf8proc_ssize_t count = 0;
    if (code >= 0x80 && utf8proc_category(code) != UTF8PROC_CATEGORY_LU)
        count = utf8proc_decompose_char(code, folded, FOLD_MOST, UTF8PROC_CASEFOLD, &last_class);
    if (count < 2 || count > FOLD_MOST) {
        add_code(out, utf8proc_toupper(code));
        return;
    }
    for (utf8proc_ssize_t i = 0; i < count; i++) add_code(out, utf8proc_toupper(folded[i]));
}

bool mr_prim_upper_full(MrContext *context, MrString *out, const MrString *s) {
    (void)context;
    Buf buf = {0};
    int32_t code;
    for (const char *p = s->data, *end = p + s->len; p < end;) {
        const char *from = p;
        p += text_decode(p, end, &code);
        if (code < 0)
            buf_add_char(&buf, *from);
        else
            add_upper(&buf, code);
    }
    *out = take_buf(&buf);
    return false;
}

enum { SIGMA = 0x3a3, FINAL_SIGMA = 0x3c2, DOTTED_I = 0x130, DOT_ABOVE = 0x307 };

static bool is_cased(int32_t code) {
    utf8proc_category_t category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL || category == UTF8PROC_CATEGORY_LT ||
           utf8proc_tolower(code) != code || utf8proc_toupper(code) != code;
}

/* What does not separate letters of a word: marks, modifiers, and the punctuation within words (Unicode's D136). */
static bool is_case_ignorable(int32_t code) {
    static const int32_t punctuation[] = {'\'',   '.',    ':',    0xb7,   0x387,  0x55f,  0x5f4,  0x2018, 0x2019,
                                          0x2024, 0x2027, 0xfe13, 0xfe52, 0xfe55, 0xff07, 0xff0e, 0xff1a};
    for (size_t i = 0; i < sizeof punctuation / sizeof *punctuation; i++)
        if (punctuation[i] == code) return true;
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK: return true;
    default: return false;
    }
}

/* Whether a letter follows in the same word. */
static bool is_followed(const char *p, const char *end) {
    int32_t code = -1;
    for (; p < end; p += text_unit(p, end)) {
        text_decode(p, end, &code);
        if (code < 0) return false;
        if (!is_case_ignorable(code)) return is_cased(code);
    }
    return false;
}

bool mr_prim_lower_full(MrContext *context, MrString *out, const MrString *s) {
    (void)context;
    Buf buf = {0};
    int32_t code;
    bool in_word = false; /* a letter came before, with nothing but what is case-ignorable since */
    for (const char *p = s->data, *end = p + s->len; p < end;) {
        const char *from = p;
        p += text_decode(p, end, &code);
        if (code < 0) {
            buf_add_char(&buf, *from);
        } else if (code == SIGMA) {
            add_code(&buf, in_word && !is_followed(p, end) ? FINAL_SIGMA : utf8proc_tolower(SIGMA));
        } else if (code == DOTTED_I) {
            add_code(&buf, 'i');
            add_code(&buf, DOT_ABOVE);
        } else {
            add_code(&buf, utf8proc_tolower(code));
        }
        in_word = code >= 0 && (is_case_ignorable(code) ? in_word : is_cased(code));
    }
    *out = take_buf(&buf);
    return false;
}

/* ---- forms that utf8proc makes of a whole text */

/* The runs of UTF-8 in the text made over, the bytes between them kept. */
static bool map_runs(MrContext *context, MrString *out, const MrString *s, utf8proc_option_t options) {
    Buf buf = {0};
    const char *end = s->data + s->len;
    for (const char *p = s->data, *from = p; from < end; from = p) {
        int32_t code;
        int len = 0;
        for (; p < end; p += len) {
            len = text_decode(p, end, &code);
            if (code < 0) break;
        }
        utf8proc_uint8_t *made = NULL;
        utf8proc_ssize_t count = p > from ? utf8proc_map((const utf8proc_uint8_t *)from, p - from, &made, options) : 0;
        if (count == UTF8PROC_ERROR_NOMEM) out_of_memory((size_t)(p - from));
        if (count < 0) {
            buf_free(&buf);
            return mr_failf(context, "the text cannot be brought to a normal form: %s", utf8proc_errmsg(count));
        }
        if (made) buf_add(&buf, (const char *)made, (size_t)count);
        free(made);
        if (p < end) buf_add_char(&buf, *p++);
    }
    *out = take_buf(&buf);
    return false;
}

bool mr_prim_fold_case(MrContext *context, MrString *out, const MrString *s) {
    return map_runs(context, out, s, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
}

bool mr_prim_normal_form(MrContext *context, MrString *out, const MrString *s, bool is_composed, bool is_compatible) {
    int options = UTF8PROC_STABLE | (is_composed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE) | (is_compatible ? UTF8PROC_COMPAT : 0);
    return map_runs(context, out, s, (utf8proc_option_t)options);
}

/* ---- graphemes */

/* A byte that is not UTF-8 is a grapheme of its own. */
bool mr_prim_graphemes(MrContext *context, MrList **out, const MrString *s) {
    MrList *list = NULL;
    MrString whole = *s;
    mr_string_own(context, &whole);
    const char *end = whole.data + whole.len, *from = whole.data;
    int32_t code = 0, before = -1;
    utf8proc_int32_t state = 0;
    for (const char *p = from; p < end; before = code) {
        int len = text_decode(p, end, &code);
        bool is_break = code < 0 || before < 0;
        if (is_break)
            state = 0;
        else
            is_break = utf8proc_grapheme_break_stateful(before, code, &state);
        if (is_break && p > from) {
            MrString grapheme = string_slice(&whole, from - whole.data, p - from);
            list_push_take(&list, &grapheme, &type_string);
            from = p;
        }
        p += len;
    }
    if (from < end) {
        MrString grapheme = string_slice(&whole, from - whole.data, end - from);
        list_push_take(&list, &grapheme, &type_string);
    }
    mr_string_drop(context, &whole);
    *out = list;
    return false;
}
