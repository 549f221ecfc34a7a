/* hosts_test.c: lists of hosts as people write them, what is wrong with others, and how workers are shared out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tools/mrrun/hosts.h"

static void expect_host(const Host *host, const char *text, uint32_t slots, uint32_t most) {
    char buffer[2 * HOST_NAME_SIZE];
    assert_string_equal(host_text(host, buffer), text);
    assert_int_equal(host->slots, slots);
    assert_int_equal(host->most, most);
}

static void a_list_names_hosts_users_and_slots(void **state) {
    (void)state;
    HostList list = {0};
    char *error = NULL;
    assert_true(hosts_add_list(&list, "a,b:4, carol@c.example.org:2 ,[fe80::1%eth0]:3,dave@[::2],localhost", &error));
    assert_int_equal(list.len, 6);
    expect_host(&list.items[0], "a", 1, 0);
    expect_host(&list.items[1], "b", 4, 0);
    expect_host(&list.items[2], "carol@c.example.org", 2, 0);
    expect_host(&list.items[3], "fe80::1%eth0", 3, 0);
    expect_host(&list.items[4], "dave@::2", 1, 0);
    assert_true(list.items[5].is_local);
    assert_false(list.items[0].is_local);
    hosts_free(&list);
}

static void a_file_may_be_scoops_or_mpis(void **state) {
    (void)state;
    static const char text[] = "# my machines\n"
                               "a\n"
                               "  b 4   # SCOOP\r\n"
                               "\n"
                               "c:2\n"
                               "d slots=4 max_slots=8\n"
                               "e slots = 2 max-slots=2 user=carol\n"
                               "a\n"
                               "[::2] cpus=3\n"
                               "127.0.0.1 2\n"
                               "localhost";
    HostList list = {0};
    char *error = NULL;
    assert_true(hosts_add_text(&list, "hosts", text, strlen(text), &error));
    assert_int_equal(list.len, 7);
    expect_host(&list.items[0], "a", 2, 0);
    expect_host(&list.items[1], "b", 4, 0);
    expect_host(&list.items[2], "c", 2, 0);
    expect_host(&list.items[3], "d", 4, 8);
    expect_host(&list.items[4], "carol@e", 2, 2);
    expect_host(&list.items[5], "::2", 3, 0);
    expect_host(&list.items[6], "127.0.0.1", 3, 0);
    hosts_free(&list);
}

static void expect_wrong(bool is_file, const char *text, const char *wanted) {
    HostList list = {0};
    char *error = NULL;
    bool is_good = is_file ? hosts_add_text(&list, "hosts", text, strlen(text), &error) : hosts_add_list(&list, text, &error);
    assert_false(is_good);
    assert_non_null(error);
    if (!strstr(error, wanted)) fail_msg("\"%s\": \"%s\" instead of \"%s\"", text, error, wanted);
    free(error);
    hosts_free(&list);
}

static void mistakes_are_shown_with_their_place(void **state) {
    (void)state;
    expect_wrong(false, "", "--host, column 1: a host's name is expected here, not nothing");
    expect_wrong(false, "a,,b", "--host, column 3: a host's name is expected here, not `,`");
    expect_wrong(false, "a:", "--host, column 3: the number of slots must be a whole number from 1 to 4096");
    expect_wrong(false, "a:0", "--host, column 3: the number of slots");
    expect_wrong(false, "a:4097", "--host, column 3: the number of slots");
    expect_wrong(false, "a:99999999999999999999", "the number of slots");
    expect_wrong(false, "a:4x", "the number of slots");
    expect_wrong(false, "a:-4", "the number of slots");
    expect_wrong(false, "a b", "--host, column 3: `,` or `:` is expected here, not `b`");
    expect_wrong(false, "fe80::1", "--host, column 5: an IPv6 address is written in brackets");
    expect_wrong(false, "1:2:3:4", "an IPv6 address is written in brackets");
    expect_wrong(false, "[fe80::1", "in brackets stands an IPv6 address");
    expect_wrong(false, "[a]", "in brackets stands an IPv6 address");
    expect_wrong(false, "[-oProxyCommand=x:1]", "in brackets stands an IPv6 address");
    expect_wrong(false, "-oProxyCommand=x", "the name of a host begins with a letter or a digit");
    expect_wrong(false, "-l@b", "the name of a user begins with a letter or a digit");
    expect_wrong(false, "carol@", "the name of carol's host is missing");
    expect_wrong(false, "carol@-b", "the name of a host begins");
    expect_wrong(false, "a;id", "`,` or `:` is expected here, not `;`");
    expect_wrong(false, "node[1-4]", "--host, column 5: groups of hosts are written out");
    expect_wrong(false, "a:4096,a", "--host, column 8: a has more than 4096 slots");
    expect_wrong(true, "# nothing\n\n", "hosts: no host is named in it");
    expect_wrong(true, "a\nb slots=four\n", "hosts:2:9: the number of slots must be a whole number from 1 to 4096");
    expect_wrong(true, "a slots\n", "hosts:1:8: `=` is missing after slots");
    expect_wrong(true, "a 4 slots=4", "hosts:1:5: the slots of this host are given twice");
    expect_wrong(true, "a:2 2", "hosts:1:5: the slots of this host are given twice");
    expect_wrong(true, "a speed=4", "hosts:1:3: `speed` is not known here");
    expect_wrong(true, "a slots=4 max_slots=2", "hosts:1:1: a has 4 slots, but at most 2");
    expect_wrong(true, "a,b", "hosts:1:2: a blank is expected after the host, not `,`");
    expect_wrong(true, "a \x01", "hosts:1:3: slots=N, max_slots=N or a number is expected here, not the byte 0x01");
    expect_wrong(true, "carol@a user=dave", "hosts:1:9: the user of this host is given twice");
    HostList list = {0};
    char *error = NULL;
    assert_false(hosts_add_file(&list, "/nowhere/hosts", &error));
    assert_string_equal(error, "cannot read the hosts in /nowhere/hosts: No such file or directory");
    free(error);
    assert_false(hosts_add_file(&list, "/", &error));
    assert_string_equal(error, "cannot read the hosts in /: Is a directory");
    free(error);
    hosts_free(&list);
}

static void expect_workers(const char *hosts, uint32_t workers, bool is_over, const char *wanted) {
    HostList list = {0};
    char *error = NULL;
    Buf got = {0};
    bool was_over;
    assert_true(hosts_add_text(&list, "hosts", hosts, strlen(hosts), &error));
    uint32_t count = hosts_place(&list, workers, &was_over, &error), first = 0;
    if (workers) assert_int_equal(count, workers);
    assert_int_equal(was_over, is_over);
    for (size_t i = 0; i < list.len; i++) {
        assert_int_equal(list.items[i].first, first);
        first += list.items[i].workers;
        buf_printf(&got, "%s%s:%u", i ? " " : "", list.items[i].name, list.items[i].workers);
    }
    assert_int_equal(first, count);
    assert_string_equal(buf_text(&got), wanted);
    buf_free(&got);
    hosts_free(&list);
}

static void workers_fill_slots_and_then_go_round(void **state) {
    (void)state;
    expect_workers("a\nb 4\nc", 0, false, "a:1 b:4 c:1");
    expect_workers("a\nb 4\nc", 3, false, "a:1 b:2 c:0");
    expect_workers("a\nb 4\nc", 8, true, "a:2 b:5 c:1");
    expect_workers("a slots=2 max_slots=2\nb\nc slots=1 max_slots=2", 8, true, "a:2 b:4 c:2");
    HostList list = {0};
    char *error = NULL;
    bool is_over;
    assert_true(hosts_add_text(&list, "hosts", "a slots=2 max_slots=3", 21, &error));
    assert_int_equal(hosts_place(&list, 4, &is_over, &error), 0);
    assert_string_equal(error, "-n 4, but the hosts take 3 workers at most (max_slots)");
    free(error);
    hosts_free(&list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_names_hosts_users_and_slots),
        cmocka_unit_test(a_file_may_be_scoops_or_mpis),
        cmocka_unit_test(mistakes_are_shown_with_their_place),
        cmocka_unit_test(workers_fill_slots_and_then_go_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
