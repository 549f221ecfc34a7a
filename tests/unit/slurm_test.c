/* slurm_test.c: an allocation's hosts, out of the variables that Slurm sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tools/mrrun/slurm.h"

static const char *const variables[] = {"SLURM_JOB_ID",         "SLURM_JOB_NODELIST", "SLURM_JOB_CPUS_PER_NODE",
                                        "SLURM_TASKS_PER_NODE", "SLURM_NTASKS",       "SLURM_NTASKS_PER_NODE"};

/* The values of the variables, in that order; NULL: not set. */
static void set(const char *const *values) {
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        unsetenv(variables[i]);
        if (values[i]) setenv(variables[i], values[i], 1);
    }
}

static void expect(const char *hosts) {
    HostList list = {0};
    char *error = NULL;
    Buf text = {0};
    if (!slurm_add_hosts(&list, &error)) fail_msg("%s", error);
    for (size_t i = 0; i < list.len; i++) buf_printf(&text, "%s:%u ", list.items[i].name, list.items[i].slots);
    assert_string_equal(buf_text(&text), hosts);
    buf_free(&text);
    hosts_free(&list);
}

static void nodes_have_slots(void **state) {
    (void)state;
    set((const char *const[]){"7", "mr[1-3]", "2(x3)", "1(x3)", NULL, NULL});
    assert_true(slurm_is_here());
    expect("mr1:2 mr2:2 mr3:2 ");
    set((const char *const[]){"7", "mr[1-3]", "4(x3)", "2(x2),1", "5", NULL});
    expect("mr1:2 mr2:2 mr3:1 ");
    set((const char *const[]){"7", "a,b-[01-02]", "16(x3)", "4(x3)", NULL, "4"});
    expect("a:4 b-01:4 b-02:4 ");
    /* Inside of a step of two tasks on one of the nodes. */
    set((const char *const[]){"7", "mr[1-3]", "8(x3)", "2", "2", NULL});
    expect("mr1:8 mr2:8 mr3:8 ");
}

static void nonsense_is_refused(void **state) {
    (void)state;
    HostList list = {0};
    char *error = NULL;
    set((const char *const[]){NULL, NULL, NULL, NULL, NULL, NULL});
    assert_false(slurm_is_here());
    assert_false(slurm_add_hosts(&list, &error));
    assert_non_null(strstr(error, "SLURM_JOB_NODELIST"));
    free(error);
    set((const char *const[]){"7", "mr[1-", "2", NULL, NULL, NULL});
    assert_false(slurm_add_hosts(&list, &error));
    assert_non_null(strstr(error, "SLURM_JOB_NODELIST"));
    free(error);
    set((const char *const[]){"7", "mr[1-2]", "2(x3)", NULL, NULL, NULL});
    assert_false(slurm_add_hosts(&list, &error));
    assert_non_null(strstr(error, "SLURM_JOB_CPUS_PER_NODE"));
    free(error);
    hosts_free(&list);
}

static void a_command_names_its_node(void **state) {
    (void)state;
    char **command = slurm_command("mr2", "say \"a b\"");
    size_t count = 0;
    bool has_node = false;
    for (; command[count]; count++) has_node = has_node || strcmp(command[count], "--nodelist=mr2") == 0;
    assert_true(has_node);
    assert_string_equal(command[0], "srun");
    assert_string_equal(command[count - 2], "-c");
    assert_string_equal(command[count - 1], "say \"a b\"");
    free(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_have_slots),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(a_command_names_its_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
