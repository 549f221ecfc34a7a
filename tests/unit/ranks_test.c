/* ranks_test.c: which variables make a process a rank. The values are those that the engines set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "runtime/launch/ranks.h"

/* The environment is a list of names and values, ended by NULL. */
static const char *get(const void *data, const char *variable) {
    for (const char *const *at = data; *at; at += 2) {
        if (strcmp(at[0], variable) == 0) return at[1];
    }
    return NULL;
}

static RanksFound find(const char *const *environment, const char *watcher, Ranks *ranks) {
    char *error = NULL;
    RanksView view = {.get = get, .data = environment, .watcher = watcher};
    RanksFound found = ranks_find(&view, ranks, &error);
    assert_int_equal(found == RANKS_WRONG, error != NULL);
    free(error);
    return found;
}

#define OPEN_MPI(rank, size, here)                                                                                                 \
    "OMPI_COMM_WORLD_RANK", rank, "OMPI_COMM_WORLD_SIZE", size, "OMPI_COMM_WORLD_LOCAL_SIZE", here, "PMIX_RANK", rank,             \
        "PMIX_NAMESPACE", "660537345"
#define STEP(job, step, rank, size, nodes)                                                                                         \
    "SLURM_JOB_ID", job, "SLURM_STEP_ID", step, "SLURM_PROCID", rank, "SLURM_STEP_NUM_TASKS", size, "SLURM_NTASKS", size,          \
        "SLURM_STEP_NUM_NODES", nodes

static void without_an_engine_there_are_no_ranks(void **state) {
    (void)state;
    Ranks ranks;
    assert_int_equal(find((const char *const[]){NULL}, NULL, &ranks), RANKS_NONE);
    assert_int_equal(find((const char *const[]){"OMPI_COMM_WORLD_RANK", "1", NULL}, NULL, &ranks), RANKS_NONE);
    assert_int_equal(find((const char *const[]){OPEN_MPI("0", "1", "1"), NULL}, NULL, &ranks), RANKS_NONE);
}

static void ranks_of_open_mpi(void **state) {
    (void)state;
    Ranks ranks;
    assert_int_equal(find((const char *const[]){OPEN_MPI("3", "8", "8"), NULL}, NULL, &ranks), RANKS_SEVERAL);
    assert_int_equal(ranks.rank, 3);
    assert_int_equal(ranks.size, 8);
    assert_true(ranks.is_one_host);
    assert_false(ranks.copies_input);
    assert_string_equal(ranks.engine, "mpirun");
    assert_string_equal(ranks.name, "mpirun-660537345");
    assert_int_equal(find((const char *const[]){OPEN_MPI("3", "8", "4"), NULL}, NULL, &ranks), RANKS_SEVERAL);
    assert_false(ranks.is_one_host);
    /* Inside of a step of Slurm, which mpirun's helpers are tasks of. */
    assert_int_equal(find((const char *const[]){OPEN_MPI("3", "8", "4"), STEP("7", "0", "1", "2", "2"), NULL}, NULL, &ranks),
                     RANKS_SEVERAL);
    assert_int_equal(ranks.rank, 3);
    /* Names become parts of names of files. */
    assert_int_equal(find((const char *const[]){"OMPI_COMM_WORLD_RANK", "0", "OMPI_COMM_WORLD_SIZE", "2", "PMIX_NAMESPACE",
                                                "../prterun-host-12@1", NULL},
                          NULL, &ranks),
                     RANKS_SEVERAL);
    assert_string_equal(ranks.name, "mpirun-.._prterun-host-12_1");
}

static void tasks_of_slurm(void **state) {
    (void)state;
    Ranks ranks;
    const char *const task[] = {STEP("12", "3", "5", "6", "1"), NULL};
    assert_int_equal(find(task, "slurmstepd: [12.3]", &ranks), RANKS_SEVERAL);
    assert_int_equal(ranks.rank, 5);
    assert_int_equal(ranks.size, 6);
    assert_true(ranks.is_one_host);
    assert_true(ranks.copies_input);
    assert_string_equal(ranks.name, "srun-12-3");
    assert_true(ranks.is_named);
    assert_int_equal(find(task, NULL, &ranks), RANKS_SEVERAL);
    /* A script that was submitted from within the step 12.3: its variables are still there. */
    assert_int_equal(find(task, "slurmstepd: [12.batch]", &ranks), RANKS_NONE);
    assert_int_equal(find(task, "slurmstepd: [13.batch]", &ranks), RANKS_NONE);
    assert_int_equal(find(task, "slurmstepd: [12.30]", &ranks), RANKS_NONE);
    /* A script has no step's number, an interactive shell one of Slurm's own. */
    assert_int_equal(
        find((const char *const[]){"SLURM_JOB_ID", "12", "SLURM_PROCID", "0", "SLURM_NTASKS", "6", NULL}, NULL, &ranks),
        RANKS_NONE);
    assert_int_equal(find((const char *const[]){STEP("12", "4294967290", "0", "6", "1"), NULL}, NULL, &ranks), RANKS_NONE);
    assert_int_equal(find((const char *const[]){STEP("12", "3", "5", "6", "2"), "SLURM_RESTART_COUNT", "2", NULL}, NULL, &ranks),
                     RANKS_SEVERAL);
    assert_false(ranks.is_one_host);
    assert_string_equal(ranks.name, "srun-12-3-2");
}

static void ranks_of_mpich(void **state) {
    (void)state;
    Ranks ranks;
    const char *const environment[] = {"PMI_RANK", "1", "PMI_SIZE", "2", "MPI_LOCALNRANKS", "2", "MPI_LOCALRANKID", "1", NULL};
    assert_int_equal(find(environment, NULL, &ranks), RANKS_SEVERAL);
    assert_string_equal(ranks.name, "mpiexec");
    assert_false(ranks.is_named);
    assert_true(ranks.is_one_host);
}

static void nonsense_is_refused(void **state) {
    (void)state;
    static const char *const wrong[][2] = {{"8", "8"}, {"-1", "8"},   {"0", "99999999999999999999"},
                                           {"x", "8"}, {"0", "5000"}, {"1", "1"}};
    Ranks ranks;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(find((const char *const[]){OPEN_MPI(wrong[i][0], wrong[i][1], "1"), NULL}, NULL, &ranks), RANKS_WRONG);
}

static void ranks_are_forgotten(void **state) {
    (void)state;
    Ranks ranks;
    char *error = NULL;
    setenv("OMPI_COMM_WORLD_RANK", "1", 1);
    setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
    assert_int_equal(ranks_of_process(&ranks, &error), RANKS_SEVERAL);
    ranks_forget();
    assert_int_equal(ranks_of_process(&ranks, &error), RANKS_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_an_engine_there_are_no_ranks),
        cmocka_unit_test(ranks_of_open_mpi),
        cmocka_unit_test(tasks_of_slurm),
        cmocka_unit_test(ranks_of_mpich),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(ranks_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
