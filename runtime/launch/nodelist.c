/* nodelist.c: expanding Slurm's lists of nodes and of counts.
 *
 * An entry of a list is literal text with brackets in it, each of which stands for one of several numbers or ranges of numbers;
 * several brackets stand for all combinations, in which the last changes fastest. Numbers keep the width with which a range's first
 * is written: [08-10] is 08, 09, 10. */
#include "runtime/launch/nodelist.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { MOST_DIGITS = 18, MOST_COUNT = 1 << 20 };

typedef struct Reader {
    const char *text, *at;
    char **error;
} Reader;

static bool fail(Reader *reader, const char *what) {
    if (asprintf(reader->error, "\"%.200s\": %s, at character %zu", reader->text, what, (size_t)(reader->at - reader->text) + 1) <
        0)
        *reader->error = NULL;
    return false;
}

/* ---- lists of names */

static void list_add(NodeList *list, char *name) {
    if ((list->count & (list->count - 1)) == 0)
        list->names = xrealloc(list->names, (list->count ? list->count * 2 : 1) * sizeof *list->names);
    list->names[list->count++] = name;
}

void nodelist_free(NodeList *list) {
    for (size_t i = 0; i < list->count; i++) free(list->names[i]);
    free(list->names);
    *list = (NodeList){0};
}

/* Each name so far with each of the texts behind it. */
static bool extend(Reader *reader, NodeList *names, const NodeList *texts) {
    if (names->count * texts->count > NODELIST_MOST) return fail(reader, "too many nodes");
    NodeList longer = {0};
    for (size_t i = 0; i < names->count; i++) {
        for (size_t k = 0; k < texts->count; k++) {
            char name[NODELIST_NAME_SIZE];
            int len = snprintf(name, sizeof name, "%s%s", names->names[i], texts->names[k]);
            if (len >= (int)sizeof name) {
                nodelist_free(&longer);
                return fail(reader, "the name of a node is too long");
            }
            list_add(&longer, strdup(name));
        }
    }
    nodelist_free(names);
    *names = longer;
    return true;
}

/* Digits, and how many they are. */
static bool read_number(Reader *reader, unsigned long long *number, int *width) {
    *number = 0;
    *width = 0;
    for (; isdigit((unsigned char)*reader->at); reader->at++) {
        if (++*width > MOST_DIGITS) return fail(reader, "the number is too long");
        *number = *number * 10 + (unsigned)(*reader->at - '0');
    }
    return *width > 0 || fail(reader, "expected a number");
}

/* What stands in a bracket, up to and with its end. */
static bool read_bracket(Reader *reader, NodeList *numbers) {
    do {
        reader->at++; /* the bracket or the comma */
        unsigned long long first, last;
        int width, last_width;
        if (!read_number(reader, &first, &width)) return false;
        last = first;
        last_width = width;
        if (*reader->at == '-') {
            reader->at++;
            if (!read_number(reader, &last, &last_width)) return false;
        }
        if (last < first || last_width < width) return fail(reader, "the range ends before it begins");
        if (last - first >= NODELIST_MOST - numbers->count) return fail(reader, "too many nodes");
        for (unsigned long long i = first; i <= last; i++) {
            char number[MOST_DIGITS + 2];
            snprintf(number, sizeof number, "%0*llu", width, i);
            list_add(numbers, strdup(number));
        }
    } while (*reader->at == ',');
    if (*reader->at != ']') return fail(reader, "expected `,`, `-` or `]`");
    reader->at++;
    return true;
}

static bool is_literal(char c) {
    return isgraph((unsigned char)c) && !strchr("[],", c);
}

/* One stretch of an entry: literal text, or a bracket. */
static bool read_stretch(Reader *reader, NodeList *names) {
    NodeList texts = {0};
    bool is_good = true;
    if (*reader->at == '[') {
        is_good = read_bracket(reader, &texts);
    } else {
        const char *start = reader->at;
        while (is_literal(*reader->at)) reader->at++;
        list_add(&texts, strndup(start, (size_t)(reader->at - start)));
        if (reader->at == start) is_good = fail(reader, "expected the name of a node");
    }
    is_good = is_good && extend(reader, names, &texts);
    nodelist_free(&texts);
    return is_good;
}

/* Up to the next comma outside of brackets. */
static bool read_entry(Reader *reader, NodeList *list) {
    NodeList names = {0};
    list_add(&names, strdup(""));
    bool is_good = true;
    do is_good = read_stretch(reader, &names);
    while (is_good && *reader->at && *reader->at != ',');
    if (is_good && list->count + names.count > NODELIST_MOST) is_good = fail(reader, "too many nodes");
    for (size_t i = 0; is_good && i < names.count; i++) {
        list_add(list, names.names[i]);
        names.names[i] = NULL;
    }
    nodelist_free(&names);
    return is_good;
}

bool nodelist_parse(const char *text, NodeList *list, char **error) {
    Reader reader = {text, text, error};
    *list = (NodeList){0};
    bool is_good = true;
    while (is_good && *reader.at) {
        is_good = read_entry(&reader, list);
        if (!is_good || !*reader.at) break;
        reader.at++;
        if (!*reader.at) is_good = fail(&reader, "expected the name of a node");
    }
    if (!is_good) nodelist_free(list);
    return is_good;
}

/* ---- counts */

static bool read_count(Reader *reader, unsigned long long most, unsigned long long *count) {
    int width;
    if (!read_number(reader, count, &width)) return false;
    return *count <= most || fail(reader, "the number is too large");
}

static bool read_repetition(Reader *reader, size_t room, unsigned long long *times) {
    *times = 1;
    if (*reader->at == '(') {
        if (*++reader->at != 'x') return fail(reader, "expected `x`");
        reader->at++;
        if (!read_count(reader, NODELIST_MOST, times)) return false;
        if (*reader->at != ')') return fail(reader, "expected `)`");
        reader->at++;
    }
    return *times <= room || fail(reader, "more counts than nodes");
}

bool nodelist_counts(const char *text, size_t nodes, uint32_t *counts, char **error) {
    Reader reader = {text, text, error};
    size_t known = 0;
    while (*reader.at) {
        unsigned long long count, times;
        if (!read_count(&reader, MOST_COUNT, &count) || !read_repetition(&reader, nodes - known, &times)) return false;
        for (; times > 0; times--) counts[known++] = (uint32_t)count;
        if (!*reader.at) break;
        if (*reader.at != ',') return fail(&reader, "expected `,` or `(`");
        reader.at++;
        if (!*reader.at) return fail(&reader, "expected a number");
    }
    return known == nodes || fail(&reader, "fewer counts than nodes");
}
