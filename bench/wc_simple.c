/* wc_simple.c: the word count that an ordinary C programmer writes: each file read whole, a loop over bytes, a chained hash table,
 * one thread. Words are those of wc_ref.c. Usage: wc_simple FILE... */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOP = 10 };

typedef struct Word {
    struct Word *next;
    uint64_t hash, count;
    size_t len;
    char text[];
} Word;

typedef struct Table {
    Word **chains;
    size_t size, used; /* size is a power of two */
    uint64_t total;
} Table;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void table_grow(Table *table) {
    size_t size = table->size ? table->size * 4 : 1 << 16;
    Word **chains = calloc(size, sizeof *chains);
    if (!chains) die("calloc");
    for (size_t i = 0; i < table->size; i++)
        for (Word *word = table->chains[i], *next; word; word = next) {
            next = word->next;
            word->next = chains[word->hash & (size - 1)];
            chains[word->hash & (size - 1)] = word;
        }
    free(table->chains);
    table->chains = chains;
    table->size = size;
}

static void table_add(Table *table, const char *text, size_t len) {
    uint64_t hash = 1469598103934665603ull;
    for (size_t i = 0; i < len; i++) hash = (hash ^ (uint8_t)text[i]) * 1099511628211ull;
    table->total++;
    if (table->used >= table->size) table_grow(table);
    Word **chain = &table->chains[hash & (table->size - 1)];
    for (Word *word = *chain; word; word = word->next)
        if (word->hash == hash && word->len == len && memcmp(word->text, text, len) == 0) {
            word->count++;
            return;
        }
    Word *word = malloc(sizeof *word + len);
    if (!word) die("malloc");
    *word = (Word){.next = *chain, .hash = hash, .count = 1, .len = len};
    memcpy(word->text, text, len);
    *chain = word;
    table->used++;
}

static char *read_file(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) die(path);
    long size = ftell(file);
    rewind(file);
    char *text = malloc((size_t)size + 1);
    if (!text) die("malloc");
    *len = fread(text, 1, (size_t)size, file);
    fclose(file);
    return text;
}

static void count_words(Table *table, char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        size_t start = i;
        for (; i < len; i++) {
            char c = text[i];
            if (c >= 'A' && c <= 'Z')
                text[i] = (char)(c | 0x20);
            else if (!((c >= 'a' && c <= 'z') || c == '\''))
                break;
        }
        if (i > start) table_add(table, text + start, i - start);
    }
}

static int compare_counts(const void *a, const void *b) {
    uint64_t x = (*(Word *const *)a)->count, y = (*(Word *const *)b)->count;
    return (x < y) - (x > y);
}

int main(int argc, char **argv) {
    Table table = {0};
    table_grow(&table);
    for (int i = 1; i < argc; i++) {
        size_t len;
        char *text = read_file(argv[i], &len);
        count_words(&table, text, len);
        free(text);
    }
    Word **words = malloc(sizeof *words * (table.used + 1));
    if (!words) die("malloc");
    size_t n = 0;
    for (size_t i = 0; i < table.size; i++)
        for (Word *word = table.chains[i]; word; word = word->next) words[n++] = word;
    qsort(words, n, sizeof *words, compare_counts);
    printf("%lu words, %zu different ones\n", table.total, n);
    for (size_t i = 0; i < TOP && i < n; i++) printf("%8lu %.*s\n", words[i]->count, (int)words[i]->len, words[i]->text);
    return 0;
}
