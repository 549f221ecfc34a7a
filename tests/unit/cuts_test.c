/* cuts_test.c: the parts of lines as all levels of the processor find them, against a search byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/value/blocks.h"
#include "tests/unit/values.h"

/* The parts from `from` on, of which the search says that it found so many. */
static void check_parts(const Cuts *cuts, const char *end) {
    const char *from = cuts->base;
    for (uint32_t i = 0; i < cuts->count; i++) {
        const char *stop = from;
        while (stop < end && *stop != cuts->separator && *stop != '\n') stop++;
        assert_true(stop < end);
        bool has_return = *stop == '\n' && stop > from && stop[-1] == '\r';
        assert_int_equal(cuts->spans->starts[i], from - cuts->base);
        assert_int_equal(cuts->spans->ends[i], stop - has_return - cuts->base);
        assert_true(i + 1 < cuts->count || cuts->is_within == (*stop != '\n'));
        from = stop + 1;
    }
    assert_int_equal(cuts->spans->starts[cuts->count], from - cuts->base);
    const char *looked = cuts->base + cuts->at < end ? cuts->base + cuts->at : end;
    for (const char *p = from; p < looked; p++) assert_true(*p != cuts->separator && *p != '\n');
}

static void check_level(MrCpu level, bool packs, const char *text, const char *end, char separator) {
    static MrSpans spans;
    for (const char *next = text; next < end;) {
        spans.starts[0] = 0;
        Cuts cuts = {.base = next, .spans = &spans, .separator = separator};
        cuts_find_at(&cuts, end, level, packs);
        check_parts(&cuts, end);
        assert_true(cuts.count <= MR_SPANS && cuts.at > 0);
        if (cuts.count == 0) break;
        next = cuts.base + spans.starts[cuts.count];
    }
}

static void check_levels(const char *text, const char *end, char separator) {
    check_level(CPU_LOWEST, false, text, end, separator);
    if (cpu_level() >= MR_CPU_X86_64_V3) check_level(MR_CPU_X86_64_V3, false, text, end, separator);
    if (cpu_packs_bytes()) check_level(MR_CPU_X86_64_V4, true, text, end, separator);
}

/* Separators of all kinds, one of them the byte that blocks are filled with; few and many; returns everywhere. */
static void test_levels(void **state) {
    (void)state;
    enum { MOST = 200000 };
    static const char separators[] = {' ', ',', '\0', '\xff', '\n'};
    Random random = {11};
    char *text = malloc(MOST);
    for (int round = 0; round < 2000; round++) {
        int len = (int)random_below(&random, round % 500 == 0 ? MOST : 300), others = 1 << random_below(&random, 9);
        char separator = separators[random_below(&random, sizeof separators)];
        for (int i = 0; i < len; i++) {
            int kind = (int)random_below(&random, 4 + others);
            text[i] = kind == 0 ? separator : kind == 1 ? '\n' : kind == 2 ? '\r' : kind == 3 ? '\0' : 'a';
        }
        char *exact = malloc((size_t)len + MR_STRING_SLACK);
        memcpy(exact, text, (size_t)len);
        check_levels(exact, exact + len, separator);
        free(exact);
    }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_levels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
