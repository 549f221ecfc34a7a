/* words_ref.c: how often each word stands in a file, by the rule of mr's `words` and `lower`, written to be obviously right and not
 * to be fast: what word counts are compared with.
 *
 *     words_ref FILE
 *
 * A word is a maximal run of letters (Unicode's L) and digits (Nd), with an apostrophe (' or ’) counted in when it stands between
 * two of them. Bytes that are not UTF-8 are no letters. Each code point is made small by itself. The words are printed in the order
 * of their bytes, each with its number. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

typedef struct Word {
    char *text; /* NULL: a free place of the table */
    int64_t count;
} Word;

typedef struct Words {
    Word *items; /* open addressing; less than half are in use */
    size_t size, used;
} Words;

/* A word while it is read. */
typedef struct Current {
    char *text;
    size_t len, cap;
} Current;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void *checked(void *memory) {
    if (!memory) die("memory");
    return memory;
}

/* ---- counting */

static Word *words_find(const Words *words, const char *text) {
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (const char *p = text; *p; p++) hash = (hash ^ (unsigned char)*p) * 1099511628211u;
    size_t at = hash % words->size;
    while (words->items[at].text && strcmp(words->items[at].text, text) != 0) at = (at + 1) % words->size;
    return &words->items[at];
}

static void words_grow(Words *words) {
    Words larger = {checked(calloc(2 * words->size + 1024, sizeof(Word))), 2 * words->size + 1024, words->used};
    for (size_t i = 0; i < words->size; i++)
        if (words->items[i].text) *words_find(&larger, words->items[i].text) = words->items[i];
    free(words->items);
    *words = larger;
}

static void words_count(Words *words, const char *text) {
    if (2 * words->used >= words->size) words_grow(words);
    Word *word = words_find(words, text);
    if (!word->text) {
        word->text = checked(strdup(text));
        words->used++;
    }
    word->count++;
}

/* ---- reading */

/* The code point at p, and its length; -1 and 1 for a byte that is not UTF-8. At the end -1 and 0. */
static int read_code(const char *p, const char *end, int32_t *code) {
    *code = -1;
    if (p == end) return 0;
    utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)p, end - p, code);
    if (len < 1) *code = -1;
    return len < 1 ? 1 : (int)len;
}

static bool is_letter(int32_t code) {
    utf8proc_category_t category = code < 0 ? UTF8PROC_CATEGORY_CN : utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL || category == UTF8PROC_CATEGORY_LT ||
           category == UTF8PROC_CATEGORY_LM || category == UTF8PROC_CATEGORY_LO || category == UTF8PROC_CATEGORY_ND;
}

static void current_add(Current *current, int32_t code) {
    if (current->len + 8 > current->cap) current->text = checked(realloc(current->text, current->cap = 2 * current->cap + 64));
    current->len += (size_t)utf8proc_encode_char(utf8proc_tolower(code), (utf8proc_uint8_t *)current->text + current->len);
    current->text[current->len] = 0;
}

static void count_all(Words *words, const char *p, const char *end) {
    Current current = {0};
    while (p < end) {
        int32_t code, next;
        p += read_code(p, end, &code);
        read_code(p, end, &next);
        bool is_apostrophe = code == '\'' || code == 0x2019;
        if (is_letter(code) || (is_apostrophe && current.len && is_letter(next))) {
            current_add(&current, code);
        } else if (current.len) {
            words_count(words, current.text);
            current.len = 0;
        }
    }
    if (current.len) words_count(words, current.text);
    free(current.text);
}

static int compare_words(const void *a, const void *b) {
    return strcmp(((const Word *)a)->text, ((const Word *)b)->text);
}

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (argc != 2) {
        fputs("usage: words_ref FILE\n", stderr);
        return 2;
    }
    if (!file || fseek(file, 0, SEEK_END) != 0) die(argv[1]);
    size_t len = (size_t)ftell(file);
    rewind(file);
    char *data = checked(malloc(len + 1));
    if (fread(data, 1, len, file) != len) die(argv[1]);
    fclose(file);
    Words words = {0};
    count_all(&words, data, data + len);
    size_t n = 0;
    for (size_t i = 0; i < words.size; i++)
        if (words.items[i].text) words.items[n++] = words.items[i];
    qsort(words.items, n, sizeof *words.items, compare_words);
    for (size_t i = 0; i < n; i++) {
        printf("%s %lld\n", words.items[i].text, (long long)words.items[i].count);
        free(words.items[i].text);
    }
    free(words.items);
    free(data);
    return 0;
}
