/* regex.h: what the files share that match regular expressions: compiled patterns, and walks over their matches.
 *
 * A pattern belongs to the thread of its context, and may be gone after the next use of another pattern. Patterns that match runs
 * of certain characters (`[a-z]+`, `\w+`) are known as such (matches.c). */
#ifndef RUNTIME_VALUE_REGEX_H
#define RUNTIME_VALUE_REGEX_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "runtime/value/value.h"

typedef struct Patterns Patterns;
typedef struct Runs Runs;

typedef struct Pattern {
    MrString text;                 /* a copy */
    pcre2_code *code;              /* for texts that are UTF-8; compiled to machine code too, where that can be */
    pcre2_code *tolerant;          /* for other texts, in which bytes that are not UTF-8 match nothing; NULL until it is needed */
    pcre2_match_data *data, *slow; /* for machine code and for the interpreter; slow: NULL until it is needed */
    bool is_compiled;              /* to machine code */
    Runs *runs;                    /* of a pattern that matches runs of certain characters and nothing else; else NULL */
} Pattern;

/* One walk over the matches of a pattern in a text. */
typedef struct Search {
    MrContext *context;
    Patterns *patterns;
    Pattern *pattern;
    const char *text;
    bool is_utf8;
    size_t len, from; /* where the next match is looked for; beyond the text: nowhere */
    size_t *spans;    /* of the last match: where each group begins and ends (PCRE2_UNSET: took no part) */
} Search;

/* The compiled pattern, which the thread's patterns keep: it comes first of them. NULL: failed. */
Pattern *pattern_find(MrContext *context, const MrString *text);

/* False: failed. What was opened is closed, also then. */
bool search_open(Search *search, MrContext *context, const MrString *s, const MrString *pattern);
bool search_open_as(Search *search, MrContext *context, const MrString *s, const MrString *pattern,
                    bool is_utf8); /* which is known */
void search_close(const Search *search);

/* The next match after those before it: it begins where the last one ended, or, where that was empty, behind the next character (of
 * which bytes that are not UTF-8 are one each). *is_there: there is one. True is failure. */
bool search_next(Search *search, bool *is_there);

/* Runs of characters, NULL where the pattern matches something else (matches.c). */
Runs *runs_of_pattern(const Pattern *pattern);
void runs_free(Runs *runs);

#endif
