/* regex.c: regular expressions, by PCRE2.
 *
 * A thread keeps its compiled patterns in its context, the most recently used ones, so that a mapped function compiles its pattern
 * once. Patterns are matched by machine code where this machine lets PCRE2 make some, and interpreted elsewhere; since only the
 * interpreter decides that a match takes too long, both give the same results: what the machine code gives up is interpreted, with
 * limits that are far larger. Texts with bytes that are not UTF-8 are always interpreted, for there the two are not quite the same.
 * (Groups inside of assertions that are repeated possessively are the one corner known where PCRE2 itself is not of one mind.)
 *
 * Nothing else refers to this file, so that only programs with patterns are linked with PCRE2. */
#include "runtime/value/regex.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/value/inline.h"
#include "runtime/value/text.h"

enum {
    PATTERNS_MOST = 32,            /* that a thread keeps */
    PATTERN_BYTES_MOST = 64 << 10, /* of a pattern's text */
    COMPILED_STEPS = 1000 * 1000,  /* at one start in the text, by machine code */
    STEPS_MOST = 10 * 1000 * 1000, /* the same by the interpreter: about half a second */
    HEAP_MOST = 256 << 10,         /* KiB */
    KEPT_MOST = 1 << 20,           /* bytes of the interpreter's memory that are kept for the next match */
    JIT_STACK_FIRST = 32 << 10,
    JIT_STACK_MOST = 1 << 20,
};

/* A thread's patterns, the most recently used one first. */
struct Patterns {
    MrHeld held;
    pcre2_general_context *memory; /* the interpreter's */
    size_t largest;                /* bytes that it asked for at once, since its memory was given back */
    pcre2_match_context *quick, *patient;
    pcre2_jit_stack *stack; /* NULL: patterns are interpreted */
    size_t count;
    Pattern items[PATTERNS_MOST];
};

static void pattern_free(Pattern *pattern) {
    mr_string_drop(NULL, &pattern->text);
    pcre2_match_data_free(pattern->data);
    pcre2_match_data_free(pattern->slow);
    pcre2_code_free(pattern->code);
    pcre2_code_free(pattern->tolerant);
    runs_free(pattern->runs);
}

static void patterns_free(MrHeld *held) {
    Patterns *patterns = (Patterns *)held;
    for (size_t i = 0; i < patterns->count; i++) pattern_free(&patterns->items[i]);
    pcre2_jit_stack_free(patterns->stack);
    pcre2_match_context_free(patterns->quick);
    pcre2_match_context_free(patterns->patient);
    pcre2_general_context_free(patterns->memory);
    free(patterns);
}

static void *memory_take(PCRE2_SIZE size, void *patterns) {
    Patterns *of = patterns;
    if (size > of->largest) of->largest = size;
    return malloc(size);
}

static void memory_give(void *memory, void *patterns) {
    (void)patterns;
    free(memory);
}

static Patterns *patterns_of(MrContext *context) {
    if (context->patterns) return (Patterns *)context->patterns;
    Patterns *patterns = xcalloc(1, sizeof *patterns);
    patterns->held.free = patterns_free;
    patterns->quick = pcre2_match_context_create(NULL);
    patterns->patient = pcre2_match_context_create(NULL);
    /* Machine code reads vectors that go past the ends of a text, which tools such as valgrind cannot follow. */
    const char *how = getenv("MR_REGEX");
    if (!how || strcmp(how, "interpreted") != 0) patterns->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MOST, NULL);
    patterns->memory = pcre2_general_context_create(memory_take, memory_give, patterns);
    if (!patterns->quick || !patterns->patient || !patterns->memory) out_of_memory(0);
    pcre2_set_match_limit(patterns->quick, COMPILED_STEPS);
    pcre2_set_match_limit(patterns->patient, STEPS_MOST);
    pcre2_set_heap_limit(patterns->patient, HEAP_MOST);
    if (patterns->stack) pcre2_jit_stack_assign(patterns->quick, NULL, patterns->stack);
    context->patterns = &patterns->held;
    return patterns;
}

/* ---- compiling */

static bool fail_pattern(MrContext *context, const MrString *text, int code, size_t at) {
    PCRE2_UCHAR reason[256];
    if (pcre2_get_error_message(code, reason, sizeof reason) < 0) reason[0] = '\0';
    if (at > (size_t)text->len) at = (size_t)text->len;
    if (text->len > PATTERN_BYTES_MOST) return mr_failf(context, "a pattern of %lld bytes is too long", (long long)text->len);
    const char *bytes = text->len ? text->data : "";
    if (at == 0) return mr_failf(context, "the pattern `%.*s` is wrong: %s", (int)text->len, bytes, (const char *)reason);
    return mr_failf(context, "the pattern `%.*s` is wrong at byte %zu, after `%.*s`: %s", (int)text->len, bytes, at, (int)at, bytes,
                    (const char *)reason);
}

/* \C, which matches a part of a character, is refused. */
static pcre2_code *compile(MrContext *context, const MrString *text, uint32_t more) {
    pcre2_compile_context *options = pcre2_compile_context_create(NULL);
    if (!options) out_of_memory(0);
    pcre2_set_max_pattern_length(options, PATTERN_BYTES_MOST);
    pcre2_set_newline(options, PCRE2_NEWLINE_LF);
    uint32_t flags = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | more;
    int code = 0;
    PCRE2_SIZE at = 0;
    PCRE2_SPTR bytes = (PCRE2_SPTR)(text->len ? text->data : "");
    pcre2_code *compiled = pcre2_compile(bytes, (PCRE2_SIZE)text->len, flags, &code, &at, options);
    pcre2_compile_context_free(options);
    if (!compiled) fail_pattern(context, text, code, at);
    return compiled;
}

Pattern *pattern_find(MrContext *context, const MrString *text) {
    Patterns *patterns = patterns_of(context);
    size_t i = 0;
    if (patterns->count > 0 && mr_string_equal(context, &patterns->items[0].text, text)) return &patterns->items[0];
    while (i < patterns->count && !mr_string_equal(context, &patterns->items[i].text, text)) i++;
    Pattern found;
    if (i < patterns->count) {
        found = patterns->items[i];
    } else {
        found = (Pattern){.code = compile(context, text, 0)};
        if (!found.code) return NULL;
        found.text = string_new(text->data, text->len);
        found.data = pcre2_match_data_create_from_pattern(found.code, NULL);
        if (!found.data) out_of_memory(0);
        found.is_compiled = patterns->stack && pcre2_jit_compile(found.code, PCRE2_JIT_COMPLETE) == 0;
        found.runs = runs_of_pattern(&found);
        if (i == PATTERNS_MOST)
            pattern_free(&patterns->items[--i]);
        else
            patterns->count++;
    }
    memmove(patterns->items + 1, patterns->items, i * sizeof found);
    patterns->items[0] = found;
    return &patterns->items[0];
}

/* ---- matching */

bool search_open(Search *search, MrContext *context, const MrString *s, const MrString *text) {
    return search_open_as(search, context, s, text, text_is_utf8(s->data, s->len));
}

bool search_open_as(Search *search, MrContext *context, const MrString *s, const MrString *text, bool is_utf8) {
    *search = (Search){.context = context, .patterns = patterns_of(context), .text = s->len ? s->data : "", .len = (size_t)s->len};
    search->pattern = pattern_find(context, text);
    search->is_utf8 = is_utf8;
    if (search->pattern && !search->is_utf8 && !search->pattern->tolerant)
        search->pattern->tolerant = compile(context, text, PCRE2_MATCH_INVALID_UTF);
    return search->pattern && (search->is_utf8 || search->pattern->tolerant);
}

void search_close(const Search *search) {
    if (!search->pattern || search->patterns->largest <= KEPT_MOST) return;
    pcre2_match_data_free(search->pattern->slow);
    search->pattern->slow = NULL;
    search->patterns->largest = 0;
}

static bool fail_match(const Search *search, int code) {
    const MrString *pattern = &search->pattern->text;
    const char *bytes = pattern->len ? pattern->data : "";
    if (code == PCRE2_ERROR_HEAPLIMIT)
        return mr_failf(
            search->context,
            "the pattern `%.*s` needs too much memory on a text of %zu bytes: what its repetitions may have to give back is "
            "remembered",
            (int)pattern->len, bytes, search->len);
    if (code == PCRE2_ERROR_MATCHLIMIT || code == PCRE2_ERROR_DEPTHLIMIT)
        return mr_failf(
            search->context,
            "the pattern `%.*s` takes too long on a text of %zu bytes: there are too many ways to try; repetitions inside of "
            "repetitions, as in (a+)+, make them",
            (int)pattern->len, bytes, search->len);
    PCRE2_UCHAR reason[256];
    if (pcre2_get_error_message(code, reason, sizeof reason) < 0) reason[0] = '\0';
    return mr_failf(search->context, "the pattern `%.*s` cannot be matched: %s", (int)pattern->len, bytes, (const char *)reason);
}

/* Looks for a match from search->from on; *is_there says whether there is one. True is failure. */
static bool search_once(Search *search, bool *is_there) {
    Pattern *pattern = search->pattern;
    PCRE2_SPTR text = (PCRE2_SPTR)search->text;
    const pcre2_code *code = search->is_utf8 ? pattern->code : pattern->tolerant;
    uint32_t options = search->is_utf8 ? PCRE2_NO_UTF_CHECK : 0;
    pcre2_match_data *data = pattern->data;
    int found = PCRE2_ERROR_MATCHLIMIT;
    if (pattern->is_compiled && search->is_utf8)
        found = pcre2_jit_match(code, text, search->len, search->from, options, data, search->patterns->quick);
    if (found == PCRE2_ERROR_MATCHLIMIT || found == PCRE2_ERROR_JIT_STACKLIMIT) {
        if (!pattern->slow) pattern->slow = pcre2_match_data_create_from_pattern(pattern->code, search->patterns->memory);
        if (!pattern->slow) out_of_memory(0);
        data = pattern->slow;
        options |= PCRE2_NO_JIT;
        found = pcre2_match(code, text, search->len, search->from, options, data, search->patterns->patient);
    }
    search->spans = pcre2_get_ovector_pointer(data);
    *is_there = found >= 0;
    return found < 0 && found != PCRE2_ERROR_NOMATCH && fail_match(search, found);
}

bool search_next(Search *search, bool *is_there) {
    *is_there = false;
    if (search->from > search->len) return false;
    if (search_once(search, is_there)) return true;
    if (!*is_there) return false;
    bool is_empty = search->spans[0] == search->spans[1];
    search->from = search->spans[1];
    if (is_empty && search->from < search->len)
        search->from += (size_t)text_unit(search->text + search->from, search->text + search->len);
    else if (is_empty)
        search->from++;
    return false;
}

bool mr_prim_regex_matches(MrContext *context, bool *out, const MrString *s, const MrString *pattern) {
    Search search;
    bool is_there = false;
    bool failed = !search_open(&search, context, s, pattern) || search_once(&search, &is_there);
    search_close(&search);
    *out = is_there;
    return failed;
}

static void push_int(MrList **list, int64_t value) {
    list_push_take(list, &value, &type_int);
}

bool mr_prim_regex_spans(MrContext *context, MrList **out, const MrString *s, const MrString *pattern, int64_t most) {
    Search search;
    MrList *list = NULL;
    bool is_there = true, failed = !search_open(&search, context, s, pattern);
    uint32_t groups = 0;
    if (!failed) {
        pcre2_pattern_info(search.pattern->code, PCRE2_INFO_CAPTURECOUNT, &groups);
        push_int(&list, (int64_t)groups + 1);
    }
    for (int64_t i = 0; !failed && i < most; i++) {
        failed = search_next(&search, &is_there);
        if (failed || !is_there) break;
        for (size_t j = 0; j < 2 * ((size_t)groups + 1); j++)
            push_int(&list, search.spans[j] == PCRE2_UNSET ? -1 : (int64_t)search.spans[j]);
    }
    search_close(&search);
    if (failed) mr_drop(context, &list, &type_int_list);
    *out = failed ? NULL : list;
    return failed;
}

/* What stands in the place of a match: the pieces, and between two of them a group of the match. */
static void add_replacement(Buf *out, const Search *search, const MrList *pieces, const MrList *groups) {
    for (int64_t i = 0; i < list_len(pieces); i++) {
        const MrString *piece = (const MrString *)pieces->data + i;
        int64_t group = i < list_len(groups) ? ((const int64_t *)groups->data)[i] : -1;
        if (piece->len) buf_add(out, piece->data, (size_t)piece->len);
        if (group < 0 || search->spans[2 * group] == PCRE2_UNSET) continue;
        buf_add(out, search->text + search->spans[2 * group], search->spans[2 * group + 1] - search->spans[2 * group]);
    }
}

bool mr_prim_regex_replace(MrContext *context, MrString *out, const MrString *s, const MrString *pattern, MrList *const *pieces,
                           MrList *const *groups) {
    Search search;
    Buf made = {0};
    bool is_there = true, is_changed = false, failed = !search_open(&search, context, s, pattern);
    size_t done = 0;
    while (!failed) {
        failed = search_next(&search, &is_there);
        if (failed || !is_there) break;
        is_changed = true;
        buf_add(&made, search.text + done, search.spans[0] - done);
        add_replacement(&made, &search, *pieces, *groups);
        done = search.spans[1];
    }
    if (!failed && is_changed) buf_add(&made, search.text + done, search.len - done);
    search_close(&search);
    if (!failed) *out = is_changed ? string_from_buf(&made) : string_slice(s, 0, s->len);
    buf_free(&made);
    return failed;
}

/* An entry of PCRE2's table of names: the group's number in two bytes, then its name, which a NUL ends. */
bool mr_prim_regex_names(MrContext *context, MrList **out, const MrString *pattern) {
    const Pattern *found = pattern_find(context, pattern);
    if (!found) return true;
    uint32_t groups = 0, count = 0, size = 0;
    PCRE2_SPTR table = NULL;
    pcre2_pattern_info(found->code, PCRE2_INFO_CAPTURECOUNT, &groups);
    pcre2_pattern_info(found->code, PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(found->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(found->code, PCRE2_INFO_NAMETABLE, &table);
    MrList *list = NULL;
    for (uint32_t group = 0; group <= groups; group++) {
        MrString name = {0};
        for (uint32_t i = 0; i < count; i++) {
            PCRE2_SPTR entry = table + (size_t)i * size;
            if ((uint32_t)(entry[0] << 8 | entry[1]) == group) name = string_of((const char *)entry + 2);
        }
        list_push_take(&list, &name, &type_string);
    }
    *out = list;
    return false;
}
