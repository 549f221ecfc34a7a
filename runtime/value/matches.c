/* matches.c: the matches of a pattern one after the other, and patterns that match runs of certain characters.
 *
 * Matches are looked for some at a time, and given as places in the text. Most patterns that take a text apart are runs of
 * characters of one kind: `[A-Za-z]+`, `\w+`, `[^,]+`. PCRE2 needs some 50 ns for a match however short; runs are found as words
 * are (words.h), 64 bytes at a time. Which characters are of a run PCRE2 is asked once for each: so all it knows of classes,
 * options and Unicode holds. Whether a pattern is such a run is told by its text, and in doubt it is none. */
#include "runtime/value/regex.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/value/inline.h"
#include "runtime/value/text.h"
#include "runtime/value/words.h"

enum {
    CODES_KNOWN = 0x10000, /* code points below are asked for once */
    FIRST_MATCHES = 8,     /* that are looked for at once; a walk may end early */
    SPAN_MOST = UINT16_MAX,
};

struct Runs {
    ByteClass ascii;
    bool has_line_end;       /* \n or \r is of them */
    uint64_t *asked, *is_in; /* a bit for each code point; NULL until there is one beyond ASCII */
};

/* ---- which patterns are runs */

/* Behind an escape that stands for a class or for a character; NULL: it may mean something else. */
static const char *escape_end(const char *p, const char *end) {
    if (p == end) return NULL;
    if (strchr("wWdDsStnr", *p)) return p + 1;
    if ((*p == 'p' || *p == 'P') && p + 1 < end && (unsigned char)((p[1] | 0x20) - 'a') < 26) return p + 2;
    bool is_sign =
        (unsigned char)*p < 0x80 && *p > ' ' && (unsigned char)((*p | 0x20) - 'a') >= 26 && (unsigned char)(*p - '0') >= 10;
    return is_sign ? p + 1 : NULL;
}

/* Behind the class that begins at p; NULL: it is none, or one with more to it. */
static const char *class_end(const char *p, const char *end) {
    if (p < end && *p == '\\') return strchr("wWdDsSpP", p + 1 < end ? p[1] : 'x') ? escape_end(p + 1, end) : NULL;
    if (p == end || *p++ != '[') return NULL;
    if (p < end && *p == '^') p++;
    for (const char *first = p; p && p < end; p = *p == '\\' ? escape_end(p + 1, end) : p + 1) {
        if (*p == ']') return p > first ? p + 1 : NULL;
        if (*p == '[') return NULL;
    }
    return NULL;
}

/* A class and a plus, with or without (?i). */
static bool is_run(const MrString *text) {
    static const char caseless[] = "(?i)";
    const char *p = text->data, *end = p + text->len;
    if (text->len == 0) return false;
    if (text->len > 4 && memcmp(p, caseless, 4) == 0) p += 4;
    p = class_end(p, end);
    return p && end - p == 1 && *p == '+';
}

/* ---- which characters are of a run */

static bool pattern_takes(const Pattern *pattern, const char *bytes, size_t len) {
    uint32_t options = PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED | PCRE2_NO_JIT;
    return pcre2_match(pattern->code, (PCRE2_SPTR)bytes, len, 0, options, pattern->data, NULL) >= 0;
}

Runs *runs_of_pattern(const Pattern *pattern) {
    if (!is_run(&pattern->text)) return NULL;
    Runs *runs = xcalloc(1, sizeof *runs);
    for (int byte = 0; byte < 0x80; byte++) {
        char c = (char)byte;
        if (pattern_takes(pattern, &c, 1)) byte_class_add(&runs->ascii, (unsigned char)byte);
    }
    runs->has_line_end = (runs->ascii.bits[0] >> '\n' | runs->ascii.bits[0] >> '\r') & 1;
    return runs;
}

void runs_free(Runs *runs) {
    if (!runs) return;
    free(runs->asked);
    free(runs->is_in);
    free(runs);
}

static bool runs_have(const Pattern *pattern, int32_t code, const char *bytes, size_t len) {
    Runs *runs = pattern->runs;
    if (code < 0) return false; /* a byte that is not UTF-8 */
    if (code < 0x80) return runs->ascii.bits[code >> 6] >> (code & 63) & 1;
    if (code >= CODES_KNOWN) return pattern_takes(pattern, bytes, len);
    if (!runs->asked) {
        runs->asked = xcalloc(CODES_KNOWN / 64, sizeof *runs->asked);
        runs->is_in = xcalloc(CODES_KNOWN / 64, sizeof *runs->is_in);
    }
    uint64_t bit = UINT64_C(1) << (code & 63);
    if (!(runs->asked[code >> 6] & bit)) {
        runs->asked[code >> 6] |= bit;
        if (pattern_takes(pattern, bytes, len)) runs->is_in[code >> 6] |= bit;
    }
    return runs->is_in[code >> 6] & bit;
}

/* From p on, behind all characters that are of a run, or that are not. */
static const char *runs_skip(const Pattern *pattern, const char *p, const char *end, bool those_in) {
    while (p < end) {
        int32_t code;
        int len = text_decode(p, end, &code);
        if (runs_have(pattern, code, p, (size_t)len) != those_in) break;
        p += len;
    }
    return p;
}

static const char *run_begin(const void *pattern, const char *p, const char *end) {
    return runs_skip(pattern, p, end, false);
}

static const char *run_end(const void *pattern, const char *p, const char *end) {
    return runs_skip(pattern, p, end, true);
}

/* ---- what is searched: the text, or one line of it after the other */

/* Makes matches->begin … end the next of it; false: there is no more. */
static bool subject_next(MrMatches *matches, const char *end, bool by_line) {
    const char *from = matches->rest;
    if (by_line ? from >= end : matches->is_begun) return false;
    const char *stop = by_line ? memchr(from, '\n', (size_t)(end - from)) : NULL;
    matches->rest = stop ? stop + 1 : end;
    if (stop && stop > from && stop[-1] == '\r') stop--;
    matches->begin = matches->found.next = from ? from : "";
    matches->end = stop ? stop : from ? end : matches->begin;
    matches->is_over = false;
    matches->is_begun = true;
    return true;
}

/* ---- matches of any pattern */

/* Looks for the next matches in the subject; false: failed. *out has one for which the room is too small. */
static bool matches_search(MrMatches *matches, MrContext *context, const MrString *pattern, MrString *out) {
    MrCursor *found = &matches->found;
    MrString subject = {matches->begin, matches->end - matches->begin, NULL};
    Search search;
    bool is_there = true, is_opened = search_open_as(&search, context, &subject, pattern, matches->is_utf8), failed = !is_opened;
    uint32_t count = 0;
    search.from = (size_t)(found->next - matches->begin);
    while (!failed && count < matches->most) {
        size_t before = search.from;
        failed = search_next(&search, &is_there);
        if (failed || !is_there) break;
        const char *from = matches->begin + search.spans[0], *stop = matches->begin + search.spans[1];
        if (count == 0) found->base = from;
        if (stop - found->base > SPAN_MOST) {
            if (count > 0)
                search.from = before;
            else
                *out = (MrString){from, stop - from, NULL};
            break;
        }
        found->room->starts[count] = (uint16_t)(from - found->base);
        found->room->ends[count++] = (uint16_t)(stop - found->base);
    }
    found->at = found->room->starts;
    found->stop = found->at + count;
    matches->is_over = !is_there || search.from > search.len;
    found->next = matches->begin + (matches->is_over ? search.len : search.from);
    if (matches->most < MR_SPANS) matches->most *= 2;
    if (is_opened) search_close(&search);
    return failed;
}

bool mr_matches_look(MrContext *context, MrMatches *matches, const char *end, const MrString *pattern, bool of_lines,
                     MrString *out) {
    *out = (MrString){0};
    if (!matches->most) matches->most = FIRST_MATCHES;
    for (;;) {
        bool is_open = matches->is_begun && !matches->is_over;
        if (!is_open && matches->rest >= end && (of_lines || matches->is_begun)) return false;
        const Pattern *compiled = pattern_find(context, pattern);
        if (!compiled) return true;
        bool is_run = compiled->runs, by_line = of_lines && !(is_run && !compiled->runs->has_line_end);
        if (!is_open && !subject_next(matches, end, by_line)) return false;
        if (!is_open && !is_run) matches->is_utf8 = text_is_utf8(matches->begin, matches->end - matches->begin);
        if (is_run) {
            WordsKind kind = {&compiled->runs->ascii, run_begin, run_end, compiled};
            matches->is_over = words_look_for(&kind, &matches->found, matches->end, out) == WORDS_NONE;
        } else if (matches_search(matches, context, pattern, out)) {
            return true;
        }
        if (out->data || matches->found.at != matches->found.stop) return false;
    }
}

bool mr_prim_find_all(MrContext *context, MrList **out, const MrString *s, const MrString *pattern) {
    MrList *list = NULL;
    MrSpans room;
    MrString whole = *s, match = {0};
    mr_string_own(context, &whole);
    MrMatches matches = {.rest = whole.data, .found.room = &room};
    bool failed = false;
    for (;;) {
        if (!mr_next_found(context, &matches, &match)) {
            failed = mr_matches_look(context, &matches, whole.data + whole.len, pattern, false, &match);
            if (!failed && matches.found.at != matches.found.stop) continue;
            if (failed || !match.data) break;
        }
        MrString part = string_slice(&whole, match.data - whole.data, match.len);
        list_push_take(&list, &part, &type_string);
    }
    mr_string_drop(context, &whole);
    if (failed) mr_drop(context, &list, &type_string_list);
    *out = failed ? NULL : list;
    return failed;
}
