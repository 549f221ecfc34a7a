/* nodelist_test.c: Slurm's lists of nodes and counts. tests/slurm/node_lists.sh compares them with Slurm's own opinion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "runtime/launch/nodelist.h"

static void expect_names(const char *text, const char *names) {
    NodeList list;
    char *error = NULL;
    if (!nodelist_parse(text, &list, &error)) fail_msg("%s", error);
    Buf got = {0};
    for (size_t i = 0; i < list.count; i++) buf_printf(&got, i ? " %s" : "%s", list.names[i]);
    assert_string_equal(buf_text(&got), names);
    buf_free(&got);
    nodelist_free(&list);
}

static void expect_refused(const char *text, const char *why) {
    NodeList list;
    char *error = NULL;
    if (nodelist_parse(text, &list, &error)) fail_msg("`%s` was taken for a list of nodes", text);
    if (!strstr(error, why)) fail_msg("`%s` does not say `%s`", error, why);
    free(error);
}

static void names_are_expanded(void **state) {
    (void)state;
    expect_names("", "");
    expect_names("a", "a");
    expect_names("a,b", "a b");
    expect_names("a[1-3,7],b-[01-03]-x", "a1 a2 a3 a7 b-01-x b-02-x b-03-x");
    expect_names("r[1-2]n[9-11]", "r1n9 r1n10 r1n11 r2n9 r2n10 r2n11");
    expect_names("n[08-10]", "n08 n09 n10");
    expect_names("n[098-101]", "n098 n099 n100 n101");
    expect_names("n[7,7]", "n7 n7");
    expect_names("[1-2]", "1 2");
    expect_names("a[0-1][0-1]b,c", "a00b a01b a10b a11b c");
    expect_names("node.example.org,x_y-z", "node.example.org x_y-z");
}

static void what_is_no_list_is_refused(void **state) {
    (void)state;
    expect_refused(",", "name of a node");
    expect_refused("a,", "name of a node");
    expect_refused("a,,b", "name of a node");
    expect_refused("a[", "number");
    expect_refused("a[1", "`]`");
    expect_refused("a[1-", "number");
    expect_refused("a[1-2,]", "number");
    expect_refused("a[]", "number");
    expect_refused("a[x]", "number");
    expect_refused("a]", "name of a node");
    expect_refused("a b", "name of a node");
    expect_refused("a[3-1]", "before it begins");
    expect_refused("a[01-2]", "before it begins");
    expect_refused("a[0-999999999]", "too many");
    expect_refused("a[0-65535],b", "too many");
    expect_refused("a[0-999][0-999]", "too many");
    expect_refused("a[0-99][0-99][0-99][0-99]", "too many");
    expect_refused("a[1234567890123456789]", "too long");
    char name[NODELIST_NAME_SIZE + 1];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    expect_refused(name, "too long");
}

static void counts_are_expanded(void **state) {
    (void)state;
    uint32_t counts[4];
    char *error = NULL;
    assert_true(nodelist_counts("2(x3),1", 4, counts, &error));
    assert_int_equal(counts[0] + counts[1] + counts[2], 6);
    assert_int_equal(counts[3], 1);
    assert_true(nodelist_counts("8", 1, counts, &error));
    assert_int_equal(counts[0], 8);
    assert_true(nodelist_counts("", 0, counts, &error));
    static const char *const wrong[] = {"2(x3)",   "2(x4),1",         "", "2(3),1", "2(x3,1", "2,", "x", "2(x99999999999999999999)",
                                        "2;3;4;5", "1,2,3,4294967296"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (nodelist_counts(wrong[i], 4, counts, &error)) fail_msg("`%s` was taken for the counts of four nodes", wrong[i]);
        assert_non_null(error);
        free(error);
        error = NULL;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_expanded),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(counts_are_expanded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
