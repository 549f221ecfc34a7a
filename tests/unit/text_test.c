/* text_test.c: chunks of text against a naive reference: random files, every small chunk size, lines and words.
 *
 * The reference tokenises each file whole; a token then belongs to the chunk of its first byte in the concatenation of all files.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "runtime/include/abi.h"
#include "runtime/io/text.h"

enum { MOST_FILES = 12 };

typedef struct Texts {
    char folder[32];
    char *paths[MOST_FILES];
    Buf contents[MOST_FILES];
    size_t count;
} Texts;

static uint64_t random_state;

static uint64_t draw(uint64_t below) {
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

static void add_file(Texts *texts, const void *bytes, size_t len) {
    size_t i = texts->count++;
    texts->contents[i] = (Buf){0};
    buf_add(&texts->contents[i], bytes, len);
    buf_reserve(&texts->contents[i], MR_STRING_SLACK);
    if (asprintf(&texts->paths[i], "%s/%zu", texts->folder, i) < 0) abort();
    FILE *file = fopen(texts->paths[i], "w");
    assert_non_null(file);
    if (len) assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

static Texts texts_new(void) {
    Texts texts = {.folder = "/tmp/mr-text-test-XXXXXX"};
    assert_non_null(mkdtemp(texts.folder));
    return texts;
}

static void texts_free(Texts *texts) {
    for (size_t i = 0; i < texts->count; i++) {
        unlink(texts->paths[i]);
        free(texts->paths[i]);
        buf_free(&texts->contents[i]);
    }
    rmdir(texts->folder);
}

static FileList list_of(const Texts *texts) {
    FileList list = {0};
    char *error = NULL;
    for (size_t i = 0; i < texts->count; i++) assert_false(file_list_add(&list, texts->paths[i], &error));
    return list;
}

typedef bool Next(MrContext *context, MrCursor *cursor, const char *end, MrString *out);

/* The tokens of a stretch of text, each with a bar after it, and where each began. */
static void add_tokens(Next *next, const char *text, size_t len, uint64_t start, uint64_t low, uint64_t high, Buf *out) {
    MrSpans room;
    MrCursor cursor = {.next = text, .room = &room};
    MrString token;
    while (len && next(NULL, &cursor, text + len, &token)) {
        const char *first = token.data ? token.data : text;
        uint64_t at = start + (uint64_t)(first - text);
        if (at < low || at >= high) continue;
        buf_add(out, token.data, (size_t)token.len);
        buf_add_char(out, '|');
    }
}

/* Every chunk has exactly the tokens that begin in it. */
static void check_chunks(const Texts *texts, TextUnit unit, uint64_t chunk_size) {
    TextSource source;
    text_source_init(&source, list_of(texts), unit, chunk_size);
    TextReader *reader = text_reader_new(&source);
    Next *next = unit == TEXT_LINES ? mr_next_line : mr_next_word;
    for (uint64_t i = 0; i < source.chunks; i++) {
        const char *data;
        size_t size;
        char *error = NULL;
        assert_false(text_reader_chunk(reader, i, &data, &size, &error));
        Buf got = {0}, expected = {0};
        char *copy = xmalloc(size + MR_STRING_SLACK); /* no larger, so that a sanitizer sees what is read past the end */
        memcpy(copy, data, size);
        add_tokens(next, copy, size, 0, 0, UINT64_MAX, &got);
        free(copy);
        for (size_t f = 0; f < texts->count; f++) {
            uint64_t start = source.files.files[f].start;
            add_tokens(next, texts->contents[f].data, texts->contents[f].len, start, i * chunk_size, (i + 1) * chunk_size,
                       &expected);
        }
        if (got.len != expected.len || memcmp(got.data ? got.data : "", expected.data ? expected.data : "", got.len) != 0) {
            print_message("unit %d, chunk %llu of size %llu:\n got      %s\n expected %s\n", unit, (unsigned long long)i,
                          (unsigned long long)chunk_size, buf_text(&got), buf_text(&expected));
            fail();
        }
        buf_free(&got);
        buf_free(&expected);
    }
    text_reader_free(&reader);
    text_source_free(&source);
}

static void check_all_sizes(const Texts *texts, uint64_t most) {
    for (uint64_t size = 1; size <= most; size++) {
        check_chunks(texts, TEXT_LINES, size);
        check_chunks(texts, TEXT_WORDS, size);
    }
}

/* Pieces that words and lines are made of: letters of 1 to 4 bytes, both apostrophes, marks, broken UTF-8, all line ends. */
static const char *const morsels[] = {"a",    "bc",   "Z",        "7",        "\xc3\xa9",         "\xe2\x80\x99", "'",
                                      " ",    "\n",   "\r\n",     "\r",       "\xf0\x90\x8d\x88", "\xe4\xb8\xad", "-",
                                      "\xff", "\xc3", "\xe2\x80", "\xcc\x81", "\xf0\x90",         "''",           "don't"};

static void random_files(void **state) {
    (void)state;
    for (int round = 0; round < 60; round++) {
        random_state = (uint64_t)round;
        Texts texts = texts_new();
        size_t files = 1 + draw(MOST_FILES - 1);
        for (size_t f = 0; f < files; f++) {
            Buf text = {0};
            size_t len = draw(4) == 0 ? draw(3) : draw(60), choices = draw(3) == 0 ? 7 : sizeof morsels / sizeof *morsels;
            for (size_t i = 0; i < len; i++) buf_add_text(&text, morsels[draw(choices)]);
            if (draw(2)) buf_add_char(&text, '\n');
            add_file(&texts, text.data, text.len);
            buf_free(&text);
        }
        check_all_sizes(&texts, 70);
        texts_free(&texts);
    }
}

static void empty_files(void **state) {
    (void)state;
    Texts texts = texts_new();
    check_all_sizes(&texts, 3); /* no files at all */
    add_file(&texts, "", 0);
    check_all_sizes(&texts, 3);
    add_file(&texts, "one", 3);
    add_file(&texts, "", 0);
    add_file(&texts, "two\n", 4);
    add_file(&texts, "", 0);
    check_all_sizes(&texts, 12);
    texts_free(&texts);
}

static void long_lines(void **state) {
    (void)state;
    Texts texts = texts_new();
    Buf text = {0};
    buf_add_text(&text, "short\n");
    for (int i = 0; i < 300000; i++) buf_add_char(&text, (char)('a' + i % 26));
    buf_add_text(&text, "\nend");
    add_file(&texts, text.data, text.len);
    buf_free(&text);
    check_chunks(&texts, TEXT_LINES, 4096);
    check_chunks(&texts, TEXT_WORDS, 4096);
    check_chunks(&texts, TEXT_WORDS, 100000);
    texts_free(&texts);
}

static void chunk_count_is_bounded(void **state) {
    (void)state;
    FileEntry entry = {.size = 0};
    FileList list = {.files = &entry, .count = 1, .size = 0};
    TextSource source;
    static const struct {
        uint64_t size, chunk, chunks;
    } cases[] = {
        {0, TEXT_CHUNK, 0},
        {1, TEXT_CHUNK, 1},
        {TEXT_CHUNK, TEXT_CHUNK, 1},
        {TEXT_CHUNK + 1, TEXT_CHUNK, 2},
        {(uint64_t)TEXT_CHUNK * TEXT_CHUNKS, TEXT_CHUNK, TEXT_CHUNKS},
        {(uint64_t)TEXT_CHUNK * TEXT_CHUNKS + 1, 2 * TEXT_CHUNK, TEXT_CHUNKS / 2 + 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        list.size = entry.size = cases[i].size;
        text_source_init(&source, list, TEXT_LINES, 0);
        assert_int_equal(source.chunk_size, cases[i].chunk);
        assert_int_equal(source.chunks, cases[i].chunks);
    }
}

static void places_are_named(void **state) {
    (void)state;
    Texts texts = texts_new();
    add_file(&texts, "one two", 7);
    add_file(&texts, "three four", 10);
    TextSource source;
    text_source_init(&source, list_of(&texts), TEXT_WORDS, 5); /* the second chunk: "three" (with what is before it) */
    TextReader *reader = text_reader_new(&source);
    const char *data;
    size_t size;
    char *error = NULL, expected[64];
    assert_false(text_reader_chunk(reader, 1, &data, &size, &error));
    const char *three = memmem(data, size, "three", 5);
    assert_non_null(three);
    Buf place = {0};
    text_reader_locate(reader, (size_t)(three - data) + 2, &place);
    snprintf(expected, sizeof expected, "%s, byte 2", texts.paths[1]);
    assert_string_equal(buf_text(&place), expected);
    buf_free(&place);
    text_reader_free(&reader);
    text_source_free(&source);
    texts_free(&texts);
}

static void sources_travel(void **state) {
    (void)state;
    Texts texts = texts_new();
    add_file(&texts, "one two", 7);
    add_file(&texts, "three", 5);
    TextSource source, copy;
    text_source_init(&source, list_of(&texts), TEXT_WORDS, 4);
    Buf bytes = {0};
    text_source_encode(&source, &bytes);
    assert_int_equal(text_source_decode(&copy, bytes.data, bytes.len), bytes.len);
    assert_int_equal(copy.chunks, 3);
    assert_string_equal(copy.files.files[1].path, texts.paths[1]);
    text_source_free(&copy);
    for (size_t len = 0; len < bytes.len; len++) {
        char *cut = xmalloc(len + 1);
        memcpy(cut, bytes.data, len);
        assert_int_equal(text_source_decode(&copy, cut, len), 0);
        free(cut);
    }
    buf_free(&bytes);
    text_source_free(&source);
    texts_free(&texts);
}

static void changed_files_are_errors(void **state) {
    (void)state;
    Texts texts = texts_new();
    add_file(&texts, "one two", 7);
    TextSource source;
    text_source_init(&source, list_of(&texts), TEXT_LINES, 0);
    FILE *file = fopen(texts.paths[0], "a");
    fputs("!", file);
    fclose(file);
    TextReader *reader = text_reader_new(&source);
    const char *data;
    size_t size;
    char *error = NULL;
    assert_true(text_reader_chunk(reader, 0, &data, &size, &error));
    assert_non_null(strstr(error, "changed while it was being read"));
    free(error);
    error = NULL;
    unlink(texts.paths[0]);
    assert_true(text_reader_chunk(reader, 0, &data, &size, &error));
    assert_non_null(strstr(error, "No such file"));
    free(error);
    text_reader_free(&reader);
    text_source_free(&source);
    texts_free(&texts);
}

/* What a reader says of the first chunk of a list that another host made. */
static void expect_error(TextSource *source, const char *wanted) {
    TextReader *reader = text_reader_new(source);
    const char *data;
    size_t size;
    char *error = NULL;
    assert_true(text_reader_chunk(reader, 0, &data, &size, &error));
    if (!strstr(error, wanted)) fail_msg("\"%s\" instead of \"%s\"", error, wanted);
    free(error);
    text_reader_free(&reader);
}

static void files_of_other_hosts_are_told_apart(void **state) {
    (void)state;
    Texts texts = texts_new();
    add_file(&texts, "one two", 7);
    TextSource source;
    text_source_init(&source, list_of(&texts), TEXT_LINES, 0);
    snprintf(source.files.host, sizeof source.files.host, "otherhost");
    FileEntry *entry = &source.files.files[0];
    int64_t modified = entry->modified;
    entry->modified = modified / 1000000000 * 1000000000; /* as tools keep it that copy files */
    TextReader *reader = text_reader_new(&source);
    const char *data;
    size_t size;
    char *error = NULL;
    assert_false(text_reader_chunk(reader, 0, &data, &size, &error));
    text_reader_free(&reader);
    entry->modified -= 1000000000;
    expect_error(&source, "is not the same file on all hosts: on otherhost it has 7 bytes of ");
    entry->modified = modified;
    entry->size = 6;
    expect_error(&source, "is not the same file on all hosts: on otherhost it has 6 bytes of ");
    unlink(texts.paths[0]);
    expect_error(&source, ": No such file");
    expect_error(&source, "host ");
    entry->real_path = strdup("/proc/1/fd/1");
    expect_error(&source, ", which is on otherhost only: name a file that all hosts have");
    text_source_free(&source);
    texts_free(&texts);
}

static void pipes_are_spooled(void **state) {
    (void)state;
    Texts texts = texts_new();
    char path[64], *error = NULL;
    snprintf(path, sizeof path, "%s/pipe", texts.folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    if (fork() == 0) {
        int fd = open(path, O_WRONLY);
        _exit(write(fd, "a b\nc", 5) == 5 ? 0 : 1);
    }
    FileList list = {0};
    assert_false(file_list_add(&list, path, &error));
    TextSource source;
    text_source_init(&source, list, TEXT_LINES, 0);
    TextReader *reader = text_reader_new(&source);
    const char *data;
    size_t size;
    for (int twice = 0; twice < 2; twice++) {
        assert_false(text_reader_chunk(reader, 0, &data, &size, &error));
        assert_int_equal(size, 5);
        assert_memory_equal(data, "a b\nc", 5);
    }
    text_reader_free(&reader);
    text_source_free(&source);
    unlink(path);
    texts_free(&texts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_files),
        cmocka_unit_test(empty_files),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(chunk_count_is_bounded),
        cmocka_unit_test(places_are_named),
        cmocka_unit_test(sources_travel),
        cmocka_unit_test(changed_files_are_errors),
        cmocka_unit_test(files_of_other_hosts_are_told_apart),
        cmocka_unit_test(pipes_are_spooled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
