/* groupby_ref.c: the yardstick of groupby.mr: the mean and the largest worth of the sales of each article, by hand for one machine.
 *
 *     groupby_ref [-t THREADS] TABLE
 *
 * The file is mapped; threads take blocks of it from a shared counter, each with a hash table of its own, whose keys lie in the
 * mapping. Separators are found 64 bytes at a time. A decimal number of up to 19 digits whose value fits 53 bits is the quotient of
 * two exact floats, and so rounded rightly; the rare others go to strtod. */
#include <fcntl.h>
#include <immintrin.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_THREADS = 64, BLOCK = 1 << 22, PADDING = 4096, FIELDS = 4, NUMBER_SIZE = 64, MAX_DIGITS = 19, EXACT_POWERS = 23 };

typedef struct Group {
    const char *key;
    uint64_t hash;
    uint32_t len;
    int64_t count;
    double sum, max;
} Group;

typedef struct Table {
    Group *groups; /* open addressing; a group without a key is free */
    size_t size, used;
} Table;

typedef struct Input {
    const char *data;
    size_t len;
    atomic_size_t next;
} Input;

typedef struct Worker {
    Input *input;
    Table table;
} Worker;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void die_of_line(const char *line) {
    fprintf(stderr, "groupby_ref: no sale: %.60s\n", line);
    exit(1);
}

/* ---- the table */

static void table_open(Table *table, size_t size) {
    table->groups = calloc(size, sizeof *table->groups);
    if (!table->groups) die("calloc");
    table->size = size;
    table->used = 0;
}

/* Keys lie in the mapping, behind which PADDING bytes may be read. */
static uint64_t hash_key(const char *key, uint32_t len) {
    if (!len) return 0;
    uint64_t hash = len, word;
    for (; len > 8; key += 8, len -= 8) {
        memcpy(&word, key, 8);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
        hash ^= hash >> 29;
    }
    memcpy(&word, key, 8);
    hash = (hash ^ (word << (64 - 8 * len))) * 0xD6E8FEB86659FD93ull;
    return hash ^ (hash >> 32);
}

static Group *table_slot(const Table *table, const char *key, uint32_t len, uint64_t hash) {
    for (size_t at = hash & (table->size - 1);; at = (at + 1) & (table->size - 1)) {
        Group *group = &table->groups[at];
        if (!group->key || (group->hash == hash && group->len == len && memcmp(group->key, key, len) == 0)) return group;
    }
}

static void table_grow(Table *table) {
    Table larger;
    table_open(&larger, 2 * table->size);
    for (size_t i = 0; i < table->size; i++) {
        const Group *group = &table->groups[i];
        if (group->key) *table_slot(&larger, group->key, group->len, group->hash) = *group;
    }
    larger.used = table->used;
    free(table->groups);
    *table = larger;
}

static void table_add(Table *table, const Group *more) {
    Group *group = table_slot(table, more->key, more->len, more->hash);
    if (!group->key) {
        *group = *more;
        if (++table->used * 2 > table->size) table_grow(table);
        return;
    }
    group->count += more->count;
    group->sum += more->sum;
    group->max = more->max > group->max ? more->max : group->max;
}

/* ---- numbers */

static double parse_slowly(const char *text, const char *end, const char *line) {
    char copy[NUMBER_SIZE], *stop;
    size_t len = (size_t)(end - text);
    if (!len || len >= sizeof copy) die_of_line(line);
    memcpy(copy, text, len);
    copy[len] = 0;
    double value = strtod(copy, &stop);
    if (*stop) die_of_line(line);
    return value;
}

static double parse_decimal(const char *text, const char *end, const char *line) {
    static const double powers[EXACT_POWERS] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    uint64_t digits = 0;
    const char *at = text, *point = NULL;
    for (; at < end; at++) {
        unsigned digit = (unsigned char)*at - (unsigned)'0';
        if (digit < 10) {
            digits = digits * 10 + digit;
        } else if (*at == '.' && !point) {
            point = at;
        } else {
            return parse_slowly(text, end, line);
        }
    }
    if (text == end || end - text > MAX_DIGITS || digits >> 53) return parse_slowly(text, end, line);
    return (double)digits / powers[point ? end - point - 1 : 0];
}

static int64_t parse_integer(const char *text, const char *end, const char *line) {
    int64_t value = 0;
    if (text == end || end - text > MAX_DIGITS - 1) die_of_line(line);
    for (; text < end; text++) {
        unsigned digit = (unsigned char)*text - (unsigned)'0';
        if (digit > 9) die_of_line(line);
        value = value * 10 + digit;
    }
    return value;
}

/* ---- lines */

/* `ends` are the separators after the line's fields. */
static void add_line(Table *table, const char *line, const char *const ends[FIELDS]) {
    const char *key = ends[0] + 1;
    uint32_t len = (uint32_t)(ends[1] - key);
    double worth = (double)parse_integer(ends[1] + 1, ends[2], line) * parse_decimal(ends[2] + 1, ends[3], line);
    table_add(table, &(Group){key, hash_key(key, len), len, 1, worth, worth});
}

/* A bit for each of 64 bytes that is a comma or ends a line. */
static uint64_t separators(const char *data) {
    const __m256i comma = _mm256_set1_epi8(','), newline = _mm256_set1_epi8('\n');
    uint32_t half[2];
    for (int i = 0; i < 2; i++) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(data + 32 * i));
        half[i] =
            (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(_mm256_cmpeq_epi8(bytes, comma), _mm256_cmpeq_epi8(bytes, newline)));
    }
    return half[0] | (uint64_t)half[1] << 32;
}

/* From the beginning of a line to the end of one. */
static void add_block(Table *table, const char *data, const char *end) {
    const char *line = data, *ends[FIELDS] = {NULL};
    int field = 0;
    for (; data < end; data += 64) {
        uint64_t mask = separators(data);
        if (end - data < 64) mask &= (1ull << (end - data)) - 1;
        for (; mask; mask &= mask - 1) {
            const char *at = data + __builtin_ctzll(mask);
            ends[field++] = at;
            if ((field == FIELDS) != (*at == '\n')) die_of_line(line);
            if (field < FIELDS) continue;
            add_line(table, line, ends);
            line = at + 1;
            field = 0;
        }
    }
    if (field == FIELDS - 1) { /* the last line has no end */
        ends[field] = end;
        add_line(table, line, ends);
    } else if (line < end) {
        die_of_line(line);
    }
}

/* The first beginning of a line at or after the position. */
static const char *line_start(const Input *input, size_t at) {
    if (at == 0) return input->data;
    if (at >= input->len) return input->data + input->len;
    const char *newline = memchr(input->data + at - 1, '\n', input->len - at + 1);
    return newline ? newline + 1 : input->data + input->len;
}

static void *run(void *argument) {
    Worker *worker = argument;
    Input *input = worker->input;
    table_open(&worker->table, 1 << 14);
    for (size_t at; (at = atomic_fetch_add(&input->next, BLOCK)) < input->len;)
        add_block(&worker->table, line_start(input, at), line_start(input, at + BLOCK));
    return NULL;
}

/* Behind the file there is memory that may be read. */
static Input map_file(const char *path) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) die(path);
    size_t len = (size_t)status.st_size;
    char *data = mmap(NULL, len + 2 * PADDING, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) die("mmap");
    if (len && mmap(data, len, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, fd, 0) == MAP_FAILED) die(path);
    close(fd);
    return (Input){.data = data, .len = len};
}

static int compare_groups(const void *a, const void *b) {
    const Group *x = a, *y = b;
    int order = memcmp(x->key, y->key, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void print_groups(Table *table) {
    size_t n = 0;
    for (size_t i = 0; i < table->size; i++)
        if (table->groups[i].key) table->groups[n++] = table->groups[i];
    qsort(table->groups, n, sizeof *table->groups, compare_groups);
    setvbuf(stdout, NULL, _IOFBF, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        const Group *group = &table->groups[i];
        printf("%.*s %.6f %.6f\n", (int)group->len, group->key, group->sum / (double)group->count, group->max);
    }
}

int main(int argc, char **argv) {
    int threads = 1;
    for (int option; (option = getopt(argc, argv, "t:")) >= 0;) threads = option == 't' ? atoi(optarg) : 0;
    if (threads < 1 || threads > MAX_THREADS || argc != optind + 1) {
        fputs("usage: groupby_ref [-t THREADS] TABLE\n", stderr);
        return 2;
    }
    Input input = map_file(argv[optind]);
    Worker workers[MAX_THREADS] = {0};
    pthread_t ids[MAX_THREADS];
    for (int i = 0; i < threads; i++) workers[i].input = &input;
    for (int i = 1; i < threads; i++)
        if (pthread_create(&ids[i], NULL, run, &workers[i]) != 0) die("pthread_create");
    run(&workers[0]);
    for (int i = 1; i < threads; i++) {
        pthread_join(ids[i], NULL);
        for (size_t k = 0; k < workers[i].table.size; k++)
            if (workers[i].table.groups[k].key) table_add(&workers[0].table, &workers[i].table.groups[k]);
    }
    print_groups(&workers[0].table);
    return 0;
}
