/* words_test.c: words against a naive reference that looks at whole code points, and cuts against uncut text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/value/blocks.h"
#include "runtime/value/text.h"
#include "runtime/value/words.h"
#include "tests/unit/values.h"

static MrContext context;

enum { TEXT = 400 };

/* What the reference says of each byte: 0 between words, else the number of its word, from 1. */
typedef struct Marks {
    int of[TEXT + 1];
    int words;
} Marks;

/* The letters and digits that random_text uses: ASCII's, U+E9, U+C0 (put together from two pieces), U+416, U+4E2D, a mathematical A
 * and an Arabic 3. */
static bool is_word_code(int32_t code) {
    if (code >= 0 && code < 0x80) return (code >= 'a' && code <= 'z') || code == 'Z' || code == '0' || code == '9';
    return code == 0xe9 || code == 0xc0 || code == 0x416 || code == 0x4e2d || code == 0x1d400 || code == 0x663;
}

/* Straight from the definition: units, which of them are letters, which apostrophes stand between two, then runs. */
static void mark(Marks *marks, const char *text, int len) {
    int start[TEXT + 1], units = 0;
    int32_t codes[TEXT];
    bool is_in[TEXT];
    for (int i = 0; i < len; units++) {
        start[units] = i;
        i += text_decode(text + i, text + len, &codes[units]);
    }
    start[units] = len;
    for (int u = 0; u < units; u++) {
        bool is_apostrophe = codes[u] == '\'' || codes[u] == 0x2019;
        is_in[u] = is_word_code(codes[u]) ||
                   (is_apostrophe && u > 0 && u + 1 < units && is_word_code(codes[u - 1]) && is_word_code(codes[u + 1]));
    }
    marks->words = 0;
    for (int u = 0; u < units; u++) {
        if (is_in[u] && (u == 0 || !is_in[u - 1])) marks->words++;
        for (int i = start[u]; i < start[u + 1]; i++) marks->of[i] = is_in[u] ? marks->words : 0;
    }
    marks->of[len] = 0;
}

static int random_text(Random *random, char *text) {
    static const char *const pieces[] = {"a",
                                         "Z",
                                         "q",
                                         "word",
                                         "0",
                                         "9",
                                         "'",
                                         "'",
                                         "\xe2\x80\x99",
                                         "\xc3\xa9",
                                         "\xd0\x96",
                                         "\xe4\xb8\xad",
                                         "\xf0\x9d\x90\x80",
                                         "\xcc\x81",
                                         " ",
                                         " ",
                                         "\n",
                                         "-",
                                         "_",
                                         "\xff",
                                         "\xe2\x80",
                                         "\x80",
                                         "\xc3",
                                         "\xe2\x80\x94",
                                         "averyverylongwordindeed",
                                         "                    ",
                                         "\xd9\xa3",
                                         "@",
                                         "[",
                                         "`",
                                         "{"};
    int len = 0, limit = (int)random_below(random, TEXT), kinds = (int)random_below(random, 31) + 1;
    for (;;) {
        const char *piece = pieces[random_below(random, kinds)];
        if (random_below(random, 2)) piece = "e";
        int more = (int)strlen(piece);
        if (len + more > limit) return len;
        memcpy(text + len, piece, (size_t)more);
        len += more;
    }
}

/* The words of text[from, to) are those that the reference has there, and no others. */
static void check_words(const char *text, int from, int to, const Marks *marks) {
    char *copy = malloc((size_t)(to - from) + 1); /* just these bytes, so that a sanitiser sees reads past them */
    memcpy(copy, text + from, (size_t)(to - from));
    MrSpans room;
    MrCursor cursor = {.next = copy, .room = &room};
    const char *end = copy + (to - from);
    int at = from;
    for (MrString word; mr_next_word(&context, &cursor, end, &word);) {
        int begin = from + (int)(word.data - copy), number = marks->of[begin];
        while (at < begin) assert_int_equal(marks->of[at++], 0);
        assert_true(number > 0);
        for (; at < begin + (int)word.len; at++) assert_int_equal(marks->of[at], number);
        assert_int_not_equal(marks->of[at], number);
    }
    while (at < to) assert_int_equal(marks->of[at++], 0);
    free(copy);
}

static void test_reference(void **state) {
    (void)state;
    Random random = {1};
    for (int round = 0; round < 20000; round++) {
        char text[TEXT];
        Marks marks;
        int len = random_text(&random, text);
        mark(&marks, text, len);
        check_words(text, 0, len, &marks);
    }
}

/* ---- the variants for levels of the processor find the same, stretch by stretch, wherever the text lies and blocks end */

typedef struct Variant {
    MrCpu level;
    bool packs;
} Variant;

enum { SKIPPED = 7 };

/* Goes on as words_look does, over a unit that is not ASCII. */
static void check_variant(Variant variant, const ByteClass *class, const char *text, const char *end) {
    static MrSpans wanted_spans, found_spans;
    for (const char *next = text; next < end;) {
        Blocks wanted = {.base = next, .next = next, .spans = &wanted_spans, .class = class}, found = wanted;
        found.spans = &found_spans;
        bool is_full = blocks_find_at(&wanted, end, CPU_LOWEST, false);
        assert_int_equal(blocks_find_at(&found, end, variant.level, variant.packs), is_full);
        assert_ptr_equal(found.next, wanted.next);
        assert_int_equal(found.count, wanted.count);
        for (uint32_t i = 0; i < wanted.count; i++) {
            assert_int_equal(found_spans.starts[i], wanted_spans.starts[i]);
            assert_int_equal(found_spans.ends[i], wanted_spans.ends[i]);
        }
        if (wanted.next > next)
            next = wanted.next;
        else if (class)
            next += end - next < SKIPPED ? end - next : SKIPPED; /* anywhere: only that all levels agree is asked */
        else
            next = words_end(words_begin(next, end), end);
    }
}

/* Some bytes at random, and now and then NUL, which blocks are filled with. */
static ByteClass some_class(uint64_t number) {
    ByteClass class = {0};
    Random random = {number};
    for (int byte = 0; byte < 0x80; byte++)
        if (random_below(&random, 4) > 0) byte_class_add(&class, (unsigned char)byte);
    return class;
}

static void check_variants(const char *text, const char *end) {
    for (uint64_t number = 0; number < 3; number++) {
        ByteClass some = some_class(number), *class = number > 0 ? &some : NULL;
        some.is_solid = number == 2;
        if (cpu_level() >= MR_CPU_X86_64_V3) check_variant((Variant){MR_CPU_X86_64_V3, false}, class, text, end);
        if (cpu_packs_bytes()) check_variant((Variant){MR_CPU_X86_64_V4, true}, class, text, end);
    }
}

static void test_levels(void **state) {
    (void)state;
    Random random = {4};
    for (int round = 0; round < 5000; round++) {
        char text[TEXT + 64];
        int at = (int)random_below(&random, 64), len = random_text(&random, text + at);
        check_variants(text + at, text + at + len);
    }
    /* Longer than a window, with words longer than one, and bytes of all kinds. */
    enum { LONG = 300000 };
    char *text = malloc(LONG);
    for (int letters = 1; letters <= 1 << 18; letters *= 8) {
        for (int i = 0; i < LONG; i++) {
            int kind = (int)random_below(&random, letters + 8);
            text[i] = kind == 0 ? (char)random_below(&random, 256) : kind == 1 ? ' ' : kind == 2 ? '\'' : (char)('a' + kind % 26);
        }
        check_variants(text, text + LONG);
        for (int i = 0; i < LONG; i++)
            if (text[i] < 0 || (letters > 64 && text[i] == ' ')) text[i] = 'x';
        check_variants(text, text + LONG);
    }
    free(text);
}

static void test_inside(void **state) {
    (void)state;
    Random random = {2};
    for (int round = 0; round < 5000; round++) {
        char text[TEXT];
        Marks marks;
        int len = random_text(&random, text);
        mark(&marks, text, len);
        for (int i = 0; i <= len; i++) {
            bool is_inside = i > 0 && i < len && marks.of[i] && marks.of[i] == marks.of[i - 1];
            int from = i > WORDS_LOOK_BACK ? i - WORDS_LOOK_BACK : 0, to = i + WORDS_LOOK_AHEAD < len ? i + WORDS_LOOK_AHEAD : len;
            char window[WORDS_LOOK_BACK + WORDS_LOOK_AHEAD];
            memcpy(window, text + from, (size_t)(to - from));
            assert_int_equal(words_is_inside(window, window + (i - from), window + (to - from)), is_inside);
            int cut = i;
            while (cut > 0 && cut < len && marks.of[cut] && marks.of[cut] == marks.of[cut - 1]) cut++;
            assert_int_equal(words_cut(text, text + i, text + len) - text, cut);
        }
    }
}

/* Cut anywhere, the pieces have the words of the whole. */
static void test_cut(void **state) {
    (void)state;
    Random random = {3};
    for (int round = 0; round < 5000; round++) {
        char text[TEXT];
        Marks marks;
        int len = random_text(&random, text), from = 0;
        mark(&marks, text, len);
        while (from < len) {
            int to = from + 1 + (int)random_below(&random, 40);
            to = to >= len ? len : (int)(words_cut(text, text + to, text + len) - text);
            check_words(text, from, to, &marks);
            from = to;
        }
    }
}

static void check_lines(const char *lines, const char *const *expected) {
    char text[16 + MR_STRING_SLACK] = {0};
    const char *end = stpcpy(text, lines);
    MrSpans room;
    MrCursor cursor = {.next = text, .room = &room};
    MrString line;
    for (; *expected; expected++) {
        assert_true(mr_next_line(&context, &cursor, end, &line));
        assert_int_equal(line.len, strlen(*expected));
        if (line.len) assert_memory_equal(line.data, *expected, line.len);
    }
    assert_false(mr_next_line(&context, &cursor, end, &line));
}

static void test_lines(void **state) {
    (void)state;
    check_lines("", (const char *const[]){NULL});
    check_lines("\n", (const char *const[]){"", NULL});
    check_lines("a\nb\n", (const char *const[]){"a", "b", NULL});
    check_lines("a\nb", (const char *const[]){"a", "b", NULL});
    check_lines("a\r\n\r\n\rb\r", (const char *const[]){"a", "", "\rb\r", NULL});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference), cmocka_unit_test(test_levels), cmocka_unit_test(test_inside),
        cmocka_unit_test(test_cut),       cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
