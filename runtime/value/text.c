/* text.c: primitives that look at the characters of a string. */
#include "runtime/value/text.h"

#include <utf8proc.h>

#include "runtime/value/parts.h"
#include "runtime/value/rare.h"

bool text_is_utf8(const char *text, int64_t len) {
    const char *p = text, *end = text + len;
    while (p < end) {
        if (end - p >= 8 && !(load64(p) & UINT64_C(0x8080808080808080))) {
            p += 8;
            continue;
        }
        int32_t code;
        p += text_decode(p, end, &code);
        if (code < 0) return false;
    }
    return true;
}

int64_t text_count(const char *text, int64_t len) {
    int64_t count = 0;
    for (const char *p = text, *end = text + len; p < end; p += text_unit(p, end)) count++;
    return count;
}

int64_t text_prefix(const char *text, int64_t len, int64_t units) {
    const char *p = text, *end = text + len;
    while (p < end && units-- > 0) p += text_unit(p, end);
    return p - text;
}

int text_encode(int32_t code, char out[4]) {
    uint32_t c = (uint32_t)code;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    int len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (int i = len - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00 >> len) | c);
    return len;
}

/* ---- case: one code point becomes one code point, as in Unicode's simple mappings */

static int32_t code_lower(int32_t code) {
    if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + 0x20 : code;
    return utf8proc_tolower(code);
}

static int32_t code_upper(int32_t code) {
    if (code < 0x80) return code >= 'a' && code <= 'z' ? code - 0x20 : code;
    return utf8proc_toupper(code);
}

/* The string with each code point mapped, bytes that are not UTF-8 kept; the string itself when nothing changes. */
static MrString text_mapped(const MrString *s, int32_t (*map)(int32_t)) {
    const char *p = s->data, *end = s->data + s->len;
    int32_t code = 0;
    int len = 0;
    while (p < end) {
        len = text_decode(p, end, &code);
        if (code >= 0 && map(code) != code) break;
        p += len;
    }
    if (p == end) return string_slice(s, 0, s->len);
    Buf buf = {0};
    buf_reserve(&buf, (size_t)s->len + 8);
    buf_add(&buf, s->data, (size_t)(p - s->data));
    for (; p < end; p += len) {
        char bytes[4];
        len = text_decode(p, end, &code);
        if (code < 0)
            buf_add_char(&buf, *p);
        else
            buf_add(&buf, bytes, (size_t)text_encode(map(code), bytes));
    }
    MrString mapped = string_from_buf(&buf);
    buf_free(&buf);
    return mapped;
}

enum { IS_UPPER = 1, IS_BEYOND_ASCII = 2 };

static int ascii_kinds(const MrString *s) {
    Bytes beyond = {0}, upper = {0};
    for (int64_t i = 0; i < s->len; i += SHORT_BYTES) {
        Bytes bytes = load_bytes(s->data + i);
        if (s->len - i < SHORT_BYTES) bytes &= short_mask(s->len - i);
        beyond |= bytes;
        upper |= (Bytes)(bytes - 'A' < 26);
    }
    return (flag_bits((Flags)upper) ? IS_UPPER : 0) | (flag_bits((Flags)beyond) ? IS_BEYOND_ASCII : 0);
}

/* Of ASCII. Writes up to MR_STRING_SLACK bytes more. */
static void ascii_lower(char *to, const MrString *s) {
    for (int64_t i = 0; i < s->len; i += SHORT_BYTES) {
        Bytes bytes = load_bytes(s->data + i);
        bytes |= (Bytes)(bytes - 'A' < 26) & 0x20;
        memcpy(to + i, &bytes, sizeof bytes);
    }
}

static MrString text_lower(const MrString *s) {
    int kinds = ascii_kinds(s);
    if (kinds & IS_BEYOND_ASCII) return text_mapped(s, code_lower);
    if (!kinds) return string_slice(s, 0, s->len);
    char *bytes;
    MrString lower = string_alloc(s->len, &bytes);
    ascii_lower(bytes, s);
    return lower;
}

MrString text_lower_slice(MrScratch *scratch, const MrString *s) {
    int kinds = s->owner || scratch->left < s->len ? IS_BEYOND_ASCII : ascii_kinds(s);
    if (kinds != IS_UPPER) return text_lower(s);
    char *to = scratch->at;
    scratch->at += s->len;
    scratch->left -= s->len;
    ascii_lower(to, s);
    return (MrString){to, s->len, NULL};
}

bool mr_prim_upper(MrContext *context, MrString *out, const MrString *s) {
    (void)context;
    *out = text_mapped(s, code_upper);
    return false;
}

/* ---- white space */

static bool is_space(int32_t code) {
    if (code < 0x80) return code == ' ' || (code >= '\t' && code <= '\r');
    if (code == 0x85) return true;
    utf8proc_category_t category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

/* White space beyond ASCII has two or three bytes, and begins with one of four that begin nothing else but what is looked up here.
 */
uint64_t text_blanks_beyond(const char *begin, const char *block, const char *end) {
    uint64_t blanks = 0;
    int64_t len = end - block < BLOCK_BYTES ? end - block : BLOCK_BYTES;
    for (int64_t at = block - begin < 2 ? 0 : -2; at < len; at++) {
        unsigned char lead = (unsigned char)block[at];
        if (lead != 0xc2 && (unsigned char)(lead - 0xe1) > 2) continue;
        int32_t code;
        int size = text_decode(block + at, end, &code);
        if (code < 0 || !is_space(code)) continue;
        for (int64_t i = at < 0 ? 0 : at; i < at + size && i < BLOCK_BYTES; i++) blanks |= UINT64_C(1) << i;
    }
    return blanks;
}

static const char *field_begin(const void *context, const char *p, const char *end) {
    (void)context;
    int32_t code;
    for (int len; p < end && (len = text_decode(p, end, &code), is_space(code)); p += len) {}
    return p;
}

static const char *field_end(const void *context, const char *p, const char *end) {
    (void)context;
    int32_t code;
    for (int len; p < end && (len = text_decode(p, end, &code), !is_space(code)); p += len) {}
    return p;
}

WordsFound text_fields_look(MrCursor *cursor, const char *end, MrString *out) {
    /* All of ASCII but 9 to 13 and 32. */
    static const ByteClass solid = {
        .bits = {~UINT64_C(0x100003e00), ~UINT64_C(0)},
        .by_low = {0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xff, 0xff},
        .is_solid = true};
    static const WordsKind kind = {&solid, field_begin, field_end, NULL};
    return words_look_for(&kind, cursor, end, out);
}

int text_unit_len(const char *p, const char *end) {
    return text_unit(p, end);
}

MrString text_trim(const MrString *s) {
    const char *begin = s->data, *end = s->data + s->len, *p, *stop;
    int32_t code;
    for (; begin < end; begin = p) {
        p = begin + text_decode(begin, end, &code);
        if (!is_space(code)) break;
    }
    stop = begin; /* the end of the last unit that is no space */
    for (p = begin; p < end;) {
        p += text_decode(p, end, &code);
        if (!is_space(code)) stop = p;
    }
    return string_slice(s, begin - s->data, stop - begin);
}

/* Is the character at p one of these? Those of ASCII are known by a bit each. */
static bool is_one_of(const char *p, int len, const MrString *characters, const uint64_t ascii[2]) {
    unsigned char byte = (unsigned char)*p;
    if (byte < 0x80) return ascii[byte >> 6] >> (byte & 63) & 1;
    const char *end = characters->data + characters->len;
    int size;
    for (const char *other = characters->data; other < end; other += size) {
        size = text_unit(other, end);
        if (size == len && memcmp(other, p, (size_t)len) == 0) return true;
    }
    return false;
}

/* The start of the character that ends before `end`. */
static const char *unit_before(const char *begin, const char *end) {
    for (int back = 4; back > 1; back--)
        if (end - begin >= back && text_unit(end - back, end) == back) return end - back;
    return end - 1;
}

/* The same where the characters are a few of ASCII: they are compared at once, and no other byte is one of them. */
static void trim_of_few(MrString *out, const MrString *s, const MrString *characters) {
    Bytes few = load_bytes(characters->data);
    uint32_t there = first_bits(characters->len);
    const char *begin = s->data, *end = s->data + s->len;
    while (begin < end && flag_bits((Flags)(few == (uint8_t)*begin)) & there) begin++;
    while (begin < end && flag_bits((Flags)(few == (uint8_t)end[-1])) & there) end--;
    *out = string_slice(s, begin - s->data, end - begin);
}

bool mr_prim_trim_of(MrContext *context, MrString *out, const MrString *s, const MrString *characters) {
    (void)context;
    if (is_short(characters->len) && !(flag_bits((Flags)load_bytes(characters->data)) & first_bits(characters->len))) {
        trim_of_few(out, s, characters);
        return false;
    }
    uint64_t ascii[2] = {0};
    for (int64_t i = 0; i < characters->len; i++) {
        unsigned char byte = (unsigned char)characters->data[i];
        if (byte < 0x80) ascii[byte >> 6] |= UINT64_C(1) << (byte & 63);
    }
    const char *begin = s->data, *end = s->data + s->len, *p;
    for (int len; begin < end && (len = text_unit(begin, end), is_one_of(begin, len, characters, ascii)); begin += len) {}
    for (; end > begin && (p = unit_before(begin, end), is_one_of(p, (int)(end - p), characters, ascii)); end = p) {}
    *out = string_slice(s, begin - s->data, end - begin);
    return false;
}

/* ---- characters */

/* The string, owned, so that slices of it may be stored: a slice of a chunk is copied once for all of them. */
static MrString owned_whole(const MrString *s) {
    MrString whole = *s;
    mr_string_own(NULL, &whole);
    return whole;
}

/* A byte that is not UTF-8 is -1 less itself, so that of_codes gives it back. */
bool mr_prim_codes(MrContext *context, MrList **out, const MrString *s) {
    (void)context;
    MrList *list = s->len ? list_new(text_count(s->data, s->len), &type_int) : NULL;
    int32_t code;
    for (const char *p = s->data, *end = p + s->len; p < end;) {
        int len = text_decode(p, end, &code);
        int64_t value = code >= 0 ? code : -1 - (int64_t)(unsigned char)*p;
        list_push_take(&list, &value, &type_int);
        p += len;
    }
    *out = list;
    return false;
}

bool mr_prim_of_codes(MrContext *context, MrString *out, MrList *const *codes) {
    Buf buf = {0};
    for (int64_t i = 0; i < list_len(*codes); i++) {
        int64_t code = ((const int64_t *)(*codes)->data)[i];
        char bytes[4];
        if (code < -256 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
            buf_free(&buf);
            return mr_failf(context, "%lld is not the code of a character", (long long)code);
        }
        if (code < 0)
            buf_add_char(&buf, (char)(-1 - code));
        else
            buf_add(&buf, bytes, (size_t)text_encode((int32_t)code, bytes));
    }
    *out = string_from_buf(&buf);
    buf_free(&buf);
    return false;
}

bool mr_prim_chars(MrContext *context, MrList **out, const MrString *s) {
    MrList *list = NULL;
    MrString whole = owned_whole(s);
    const char *end = whole.data + whole.len;
    int len;
    if (whole.len) list = list_new(text_count(whole.data, whole.len), &type_string);
    for (const char *p = whole.data; p < end; p += len) {
        len = text_unit(p, end);
        MrString unit = string_slice(&whole, p - whole.data, len);
        list_push_take(&list, &unit, &type_string);
    }
    mr_string_drop(context, &whole);
    *out = list;
    return false;
}
