/* nearest.c: the edit distance of Damerau and Levenshtein, in its form that swaps neighbours only. */
#include "base/nearest.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NEAREST_MAX = 48 }; /* longer names are not compared */

static char lower_ascii(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

static unsigned smaller(unsigned a, unsigned b) {
    return a < b ? a : b;
}

/* The number of insertions, deletions, replacements and swaps of neighbours that make `b` of `a`, letters' case aside. */
static unsigned edit_distance(const char *a, size_t a_len, const char *b, size_t b_len) {
    unsigned rows[3][NEAREST_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++) last[j] = before[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            char ca = lower_ascii(a[i - 1]), cb = lower_ascii(b[j - 1]);
            row[j] = smaller(smaller(last[j], row[j - 1]) + 1, last[j - 1] + (ca != cb));
            bool swapped = i > 1 && j > 1 && ca == lower_ascii(b[j - 2]) && lower_ascii(a[i - 2]) == cb;
            if (swapped) row[j] = smaller(row[j], before[j - 2] + 1);
        }
        unsigned *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[b_len];
}

const char *nearest_name(const char *name, const char *const *candidates, size_t count) {
    size_t len = strlen(name);
    if (len == 0 || len > NEAREST_MAX) return NULL;
    unsigned best = 4;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other_len = strlen(candidates[i]);
        if (other_len > NEAREST_MAX || strcmp(name, candidates[i]) == 0) continue;
        /* One slip in three letters of the shorter, three at most. */
        unsigned limit = smaller((unsigned)((len < other_len ? len : other_len) + 1) / 3, 3);
        unsigned distance = edit_distance(name, len, candidates[i], other_len);
        if (distance > 0 && is_capital(*name) != is_capital(*candidates[i])) continue; /* a type, and a value */
        if (distance <= limit && distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

const char *nearest_option(const char *word, const struct option *options) {
    enum { MOST = 64 };
    const char *names[MOST];
    size_t count = 0;
    for (; options->name && count < MOST; options++) names[count++] = options->name;
    if (optopt != 0 || strncmp(word, "--", 2) != 0) return NULL; /* optopt: a known option, wrongly used */
    char *name = strndup(word + 2, strcspn(word + 2, "="));
    const char *near = name ? nearest_name(name, names, count) : NULL;
    free(name);
    return near;
}
