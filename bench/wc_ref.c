/* wc_ref.c: word count tuned by hand for AVX-512: the yardstick that mr's word count is divided by.
 *
 *     wc_ref [-t THREADS] FILE...
 *
 * A word is a maximal run of ASCII letters and apostrophes, in small letters. The text is read in chunks of 256 KiB, which the
 * threads take from a shared counter. Inside a chunk, 64 bytes at a time are classified into a bit mask; the mask's edges become
 * lists of word starts and ends; words of up to 16 bytes are one vector register each, which is hashed by two AES rounds into an
 * open-addressing table of the thread's own (longer words, which are rare, go to a side table). The table's index is the upper bits
 * of the hash, so that two tables are merged by walking both from front to back, each thread a part. Nothing here is meant for
 * general use: it shows what this machine can do. */
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

enum {
    WINDOW = 32768,    /* bytes whose words are found before they are counted */
    BATCH = 32,        /* words whose table slots are prefetched together */
    KEY_SIZE = 16,     /* bytes of a word that fits a vector register */
    CHUNK = 1 << 18,   /* bytes that a thread takes at a time */
    LOOK_AHEAD = 4096, /* bytes read past a chunk for its last word; doubled while that is not enough */
    FIRST_BITS = 16,   /* log2 of a new table's slots */
    MAX_THREADS = 64,
    TOP = 10,
    EXIT_SKIPPED = 77,
};

/* ---- tables */

typedef struct Slot {
    __m128i key;    /* the word, padded with spaces */
    uint64_t count; /* 0: free */
    uint64_t padding;
} Slot;

typedef struct Table {
    Slot *slots;
    int bits; /* log2 of the number of slots */
    uint64_t used;
} Table;

typedef struct LongWord {
    char *text; /* NULL: free */
    uint32_t len;
    uint64_t count;
} LongWord;

typedef struct LongTable {
    LongWord *slots;
    uint64_t size, used;
} LongTable;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void *zeroed_pages(size_t size) {
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) die("mmap");
    madvise(pages, size, MADV_HUGEPAGE);
    return pages;
}

static inline uint64_t key_hash(__m128i key) {
    const __m128i a = _mm_set_epi64x(0x243F6A8885A308D3, 0x13198A2E03707344);
    const __m128i b = _mm_set_epi64x(0x452821E638D01377, (int64_t)0x84D5B5B5470917C3);
    return (uint64_t)_mm_cvtsi128_si64(_mm_aesenc_si128(_mm_aesenc_si128(_mm_xor_si128(key, a), b), a));
}

static inline bool key_equal(__m128i a, __m128i b) {
    __m128i difference = _mm_xor_si128(a, b);
    return _mm_testz_si128(difference, difference);
}

static void table_init(Table *table, int bits) {
    *table = (Table){zeroed_pages(sizeof(Slot) << bits), bits, 0};
}

static void table_add(Table *table, __m128i key, uint64_t count) {
    uint64_t mask = (1ull << table->bits) - 1;
    for (uint64_t i = key_hash(key) >> (64 - table->bits);; i = (i + 1) & mask) {
        Slot *slot = &table->slots[i];
        if (slot->count && !key_equal(slot->key, key)) continue;
        table->used += !slot->count;
        slot->key = key;
        slot->count += count;
        return;
    }
}

static void table_grow(Table *table, int bits) {
    Table larger;
    table_init(&larger, bits);
    for (uint64_t i = 0; i < 1ull << table->bits; i++)
        if (table->slots[i].count) table_add(&larger, table->slots[i].key, table->slots[i].count);
    munmap(table->slots, sizeof(Slot) << table->bits);
    *table = larger;
}

static uint64_t long_hash(const char *text, uint32_t len) {
    uint64_t hash = 1469598103934665603ull;
    for (uint32_t i = 0; i < len; i++) hash = (hash ^ (uint8_t)(text[i] | 0x20)) * 1099511628211ull;
    return hash;
}

static bool long_equal(const LongWord *word, const char *text, uint32_t len) {
    if (word->len != len) return false;
    for (uint32_t i = 0; i < len; i++)
        if (word->text[i] != (char)(text[i] | 0x20)) return false;
    return true;
}

static void long_grow(LongTable *table) {
    LongTable larger = {.size = table->size ? table->size * 2 : 1024, .used = table->used};
    larger.slots = calloc(larger.size, sizeof *larger.slots);
    if (!larger.slots) die("calloc");
    for (uint64_t i = 0; i < table->size; i++) {
        LongWord *word = &table->slots[i];
        if (!word->text) continue;
        uint64_t k = long_hash(word->text, word->len) & (larger.size - 1);
        while (larger.slots[k].text) k = (k + 1) & (larger.size - 1);
        larger.slots[k] = *word;
    }
    free(table->slots);
    *table = larger;
}

static void long_add(LongTable *table, const char *text, uint32_t len, uint64_t count) {
    if (table->used * 2 >= table->size) long_grow(table);
    uint64_t k = long_hash(text, len) & (table->size - 1);
    while (table->slots[k].text && !long_equal(&table->slots[k], text, len)) k = (k + 1) & (table->size - 1);
    LongWord *word = &table->slots[k];
    if (!word->text) {
        *word = (LongWord){malloc(len), len, 0};
        if (!word->text) die("malloc");
        for (uint32_t i = 0; i < len; i++) word->text[i] = text[i] | 0x20;
        table->used++;
    }
    word->count += count;
}

/* ---- counting */

typedef struct Worker {
    Table table;
    LongTable long_table;
    uint64_t words;
    char *buffer;
    size_t buffer_size;
    int fd, file;                                            /* the file that is open, or -1 */
    uint16_t starts[WINDOW / 2 + 64], ends[WINDOW / 2 + 64]; /* of the window's words; a vector may be stored past the last */
} Worker;

static inline bool is_word_byte(char c) {
    return (unsigned)((c | 0x20) - 'a') < 26 || c == '\'';
}

static inline uint64_t word_mask(__m512i bytes) {
    __m512i small = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
    __mmask64 letters = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(small, _mm512_set1_epi8('a')), _mm512_set1_epi8(26));
    return letters | _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\''));
}

/* Appends base + i to `out` for each bit i of the mask. */
static inline uint32_t append_positions(uint16_t *out, uint32_t len, uint64_t mask, uint32_t base) {
    static const unsigned char numbers[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                              16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                              32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                              48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i set = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(numbers));
    __m512i wide = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(set));
    _mm512_storeu_si512(out + len, _mm512_add_epi16(_mm512_set1_epi16((short)base), wide));
    return len + (uint32_t)__builtin_popcountll(mask);
}

/* Finds the words of text[0 … n), which starts and ends between words, and returns how many there are. */
static uint32_t find_words(Worker *worker, const char *text, uint32_t n) {
    uint32_t starts = 0, ends = 0;
    uint64_t carry = 0;
    for (uint32_t base = 0; base < n; base += 64) {
        __m512i bytes =
            n - base >= 64 ? _mm512_loadu_si512(text + base) : _mm512_maskz_loadu_epi8(_bzhi_u64(~0ull, n - base), text + base);
        uint64_t mask = word_mask(bytes), shifted = mask << 1 | carry;
        carry = mask >> 63;
        starts = append_positions(worker->starts, starts, mask & ~shifted, base);
        ends = append_positions(worker->ends, ends, ~mask & shifted, base);
    }
    if (ends < starts) worker->ends[ends] = (uint16_t)n;
    return starts;
}

static inline void count_batch(Table *table, const __m128i *keys, Slot *const *slots, int n) {
    uint64_t mask = (1ull << table->bits) - 1;
    for (int i = 0; i < n; i++) {
        Slot *slot = slots[i];
        while (!__builtin_expect(key_equal(slot->key, keys[i]), 1)) {
            if (!slot->count) {
                slot->key = keys[i];
                table->used++;
                break;
            }
            slot = table->slots + ((uint64_t)(slot - table->slots + 1) & mask);
        }
        slot->count++;
    }
}

/* Counts the words of text[0 … n), n ≤ WINDOW, which starts and ends between words. */
static void count_window(Worker *worker, const char *text, uint32_t n) {
    uint32_t words = find_words(worker, text, n);
    worker->words += words;
    Table *table = &worker->table;
    uint64_t size = 1ull << table->bits, limit = table->bits < 18 ? size * 10 / 16 : size * 13 / 16;
    if (table->used + words > limit) table_grow(table, table->bits + 1);
    int shift = 64 - table->bits;
    __m128i keys[BATCH];
    Slot *slots[BATCH];
    for (uint32_t i = 0; i < words;) {
        int n_keys = 0;
        for (; i < words && n_keys < BATCH; i++) {
            uint32_t start = worker->starts[i], len = worker->ends[i] - start;
            if (__builtin_expect(len > KEY_SIZE, 0)) {
                long_add(&worker->long_table, text + start, len, 1);
                continue;
            }
            __m128i bytes = _mm_maskz_loadu_epi8((__mmask16)_bzhi_u32(0xFFFF, len), text + start);
            keys[n_keys] = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
            slots[n_keys] = table->slots + (key_hash(keys[n_keys]) >> shift);
            __builtin_prefetch(slots[n_keys++]);
        }
        count_batch(table, keys, slots, n_keys);
    }
}

/* Counts the words from p to q, both between words. */
static void count_text(Worker *worker, const char *p, const char *q) {
    while (p < q) {
        const char *end = q;
        if (q - p > WINDOW) {
            end = p + WINDOW;
            while (end > p && is_word_byte(end[-1])) end--;
        }
        if (end == p) { /* one word longer than the window */
            while (end < q && is_word_byte(*end)) end++;
            worker->words++;
            long_add(&worker->long_table, p, (uint32_t)(end - p), 1);
        } else {
            count_window(worker, p, (uint32_t)(end - p));
        }
        p = end;
    }
}

/* ---- reading */

typedef struct Input {
    char **paths;
    uint64_t *sizes;
    uint64_t *first; /* the number of each file's first chunk; one more at the end */
    int files;
} Input;

static Input input;
static atomic_ullong next_chunk;

/* Reads bytes from lo to hi of a file into the worker's buffer; returns how many there were. */
static uint64_t read_bytes(Worker *worker, int file, uint64_t lo, uint64_t hi) {
    if (worker->file != file) {
        if (worker->fd >= 0) close(worker->fd);
        worker->fd = open(input.paths[file], O_RDONLY);
        worker->file = file;
        if (worker->fd < 0) die(input.paths[file]);
    }
    if (hi - lo + 128 > worker->buffer_size) {
        worker->buffer_size = (hi - lo + 128 + 63) & ~63ull;
        free(worker->buffer);
        worker->buffer = aligned_alloc(64, worker->buffer_size);
        if (!worker->buffer) die("aligned_alloc");
    }
    uint64_t have = 0;
    while (have < hi - lo) {
        ssize_t n = pread(worker->fd, worker->buffer + have, hi - lo - have, (off_t)(lo + have));
        if (n < 0) die(input.paths[file]);
        if (n == 0) break;
        have += (uint64_t)n;
    }
    return have;
}

/* A word belongs to the chunk of its first byte: the byte before the chunk tells whether its first bytes continue a word, and
 * reading goes on past its end until the last word is complete. */
static void count_chunk(Worker *worker, int file, uint64_t start) {
    uint64_t size = input.sizes[file], stop = start + CHUNK < size ? start + CHUNK : size, lo = start ? start - 1 : 0, have;
    for (uint64_t ahead = LOOK_AHEAD;; ahead *= 2) {
        uint64_t hi = stop + ahead < size ? stop + ahead : size;
        have = read_bytes(worker, file, lo, hi);
        uint64_t end = stop;
        while (end < lo + have && is_word_byte(worker->buffer[end - lo])) end++;
        if (end < lo + have || hi == size || have < hi - lo) break;
    }
    if (lo + have < stop) stop = lo + have;
    const char *p = worker->buffer + (start - lo), *q = worker->buffer + (stop - lo), *end = worker->buffer + have;
    if (start && is_word_byte(p[-1]))
        while (p < end && is_word_byte(*p)) p++;
    if (p >= q) return;
    while (q < end && is_word_byte(q[-1]) && is_word_byte(*q)) q++;
    count_text(worker, p, q);
}

static void input_open(char **paths, int files) {
    input = (Input){paths, calloc((size_t)files, sizeof(uint64_t)), calloc((size_t)files + 1, sizeof(uint64_t)), files};
    if (!input.sizes || !input.first) die("calloc");
    for (int i = 0; i < files; i++) {
        struct stat status;
        if (stat(paths[i], &status) != 0) die(paths[i]);
        input.sizes[i] = (uint64_t)status.st_size;
        input.first[i + 1] = input.first[i] + (input.sizes[i] + CHUNK - 1) / CHUNK;
    }
}

/* ---- threads and merging */

typedef struct Deferred {
    Slot *slots;
    uint64_t len, cap;
} Deferred;

static Worker *workers[MAX_THREADS];
static Deferred deferred[MAX_THREADS];
static int threads = 1;
static pthread_barrier_t barrier;

static void deferred_push(Deferred *list, const Slot *slot) {
    if (list->len == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 64;
        list->slots = realloc(list->slots, sizeof(Slot) * list->cap);
        if (!list->slots) die("realloc");
    }
    list->slots[list->len++] = *slot;
}

/* Merges this thread's part of `from` into its part of `into`; what would leave the part is deferred. Returns the new entries. */
static uint64_t merge_part(Table *into, const Table *from, int me) {
    uint64_t into_size = 1ull << into->bits, from_size = 1ull << from->bits, added = 0;
    uint64_t first = into_size * (uint64_t)me / (uint64_t)threads, last = into_size * (uint64_t)(me + 1) / (uint64_t)threads;
    for (uint64_t i = from_size * (uint64_t)me / (uint64_t)threads; i < from_size * (uint64_t)(me + 1) / (uint64_t)threads; i++) {
        const Slot *slot = &from->slots[i];
        if (!slot->count) continue;
        uint64_t k = key_hash(slot->key) >> (64 - into->bits);
        if (k < first) k = last;
        while (k < last && into->slots[k].count && !key_equal(into->slots[k].key, slot->key)) k++;
        if (k >= last) {
            deferred_push(&deferred[me], slot);
            continue;
        }
        added += !into->slots[k].count;
        into->slots[k].key = slot->key;
        into->slots[k].count += slot->count;
    }
    return added;
}

/* All threads together merge the tables of workers 1, 2, … into that of worker 0. */
static void merge_tables(int me) {
    Table *into = &workers[0]->table;
    for (int other = 1; other < threads; other++) {
        const Table *from = &workers[other]->table;
        pthread_barrier_wait(&barrier);
        if (me == 0) {
            int bits = into->bits;
            while (into->used + from->used > (1ull << bits) * 15 / 16) bits++;
            if (bits > into->bits) table_grow(into, bits);
        }
        pthread_barrier_wait(&barrier);
        uint64_t added = merge_part(into, from, me);
        pthread_barrier_wait(&barrier);
        __atomic_fetch_add(&into->used, added, __ATOMIC_RELAXED);
        pthread_barrier_wait(&barrier);
        if (me != 0) continue;
        for (int t = 0; t < threads; t++) {
            for (uint64_t i = 0; i < deferred[t].len; i++) table_add(into, deferred[t].slots[i].key, deferred[t].slots[i].count);
            deferred[t].len = 0;
        }
    }
}

static void *worker_main(void *number) {
    int me = (int)(intptr_t)number, file = 0;
    Worker *worker = workers[me];
    worker->fd = worker->file = -1;
    for (uint64_t chunk; (chunk = atomic_fetch_add(&next_chunk, 1)) < input.first[input.files];) {
        while (input.first[file + 1] <= chunk) file++;
        count_chunk(worker, file, (chunk - input.first[file]) * CHUNK);
    }
    if (worker->fd >= 0) close(worker->fd);
    free(worker->buffer);
    merge_tables(me);
    return NULL;
}

/* ---- the report */

typedef struct Entry {
    const char *text;
    int len;
    uint64_t count;
} Entry;

static int entry_keep(Entry *top, int n, Entry entry) {
    if (n == TOP && entry.count <= top[TOP - 1].count) return n;
    int k = n < TOP ? n++ : TOP - 1;
    for (; k && top[k - 1].count < entry.count; k--) top[k] = top[k - 1];
    top[k] = entry;
    return n;
}

static void report(const Worker *all) {
    Entry top[TOP];
    int n = 0;
    for (uint64_t i = 0; i < 1ull << all->table.bits; i++) {
        const Slot *slot = &all->table.slots[i];
        if (!slot->count) continue;
        const char *text = (const char *)&slot->key, *space = memchr(text, ' ', KEY_SIZE);
        n = entry_keep(top, n, (Entry){text, space ? (int)(space - text) : KEY_SIZE, slot->count});
    }
    for (uint64_t i = 0; i < all->long_table.size; i++) {
        const LongWord *word = &all->long_table.slots[i];
        if (word->text) n = entry_keep(top, n, (Entry){word->text, (int)word->len, word->count});
    }
    printf("%lu words, %lu different ones\n", all->words, all->table.used + all->long_table.used);
    for (int i = 0; i < n; i++) printf("%8lu %.*s\n", top[i].count, top[i].len, top[i].text);
}

static bool cpu_is_able(void) {
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("aes");
}

int main(int argc, char **argv) {
    if (!cpu_is_able()) {
        fputs("wc_ref: skipped: this CPU lacks AVX-512 BW, VL and VBMI2 or AES\n", stderr);
        return EXIT_SKIPPED;
    }
    for (int option; (option = getopt(argc, argv, "t:")) >= 0;) {
        if (option != 't') return 2;
        threads = atoi(optarg);
    }
    if (optind == argc || threads < 1 || threads > MAX_THREADS) {
        fprintf(stderr, "usage: wc_ref [-t 1…%d] FILE...\n", MAX_THREADS);
        return 2;
    }
    input_open(argv + optind, argc - optind);
    pthread_t ids[MAX_THREADS];
    pthread_barrier_init(&barrier, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
        workers[i] = zeroed_pages(sizeof(Worker));
        table_init(&workers[i]->table, FIRST_BITS);
    }
    for (int i = 1; i < threads; i++)
        if (pthread_create(&ids[i], NULL, worker_main, (void *)(intptr_t)i) != 0) die("pthread_create");
    worker_main(NULL);
    Worker *all = workers[0];
    for (int i = 1; i < threads; i++) {
        pthread_join(ids[i], NULL);
        all->words += workers[i]->words;
        for (uint64_t k = 0; k < workers[i]->long_table.size; k++) {
            const LongWord *word = &workers[i]->long_table.slots[k];
            if (word->text) long_add(&all->long_table, word->text, word->len, word->count);
        }
    }
    report(all);
    return 0;
}
