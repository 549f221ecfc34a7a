/* ranks.c: the variables by which engines tell a process its rank.
 *
 * mpirun may itself have been started by Slurm, whose variables are then still there: so MPI's are asked first. Slurm's are there
 * outside of a step too: an sbatch script is rank 0 of as many tasks as the job may have, and one that was submitted from within a
 * step even has that step's number. A task is known by having a step's number and by being watched over by that step's process. */
#include "runtime/launch/ranks.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Steps with larger numbers are no steps of srun: the script itself, an interactive shell. */
#define SLURM_MOST_STEPS 0xfffffff0u

enum { MOST_ANCESTORS = 64, TITLE_SIZE = 64 };

static const char *const rank_variables[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID"};

/* One engine's variables. NULL: it has none for this. */
typedef struct Dialect {
    const char *engine, *rank, *size, *local_size;
    const char *names[2]; /* of the run; all that are set, together */
} Dialect;

static const Dialect dialects[] = {
    {"mpirun",
     "OMPI_COMM_WORLD_RANK",
     "OMPI_COMM_WORLD_SIZE",
     "OMPI_COMM_WORLD_LOCAL_SIZE",
     {"PMIX_NAMESPACE", "OMPI_MCA_orte_precondition_transports"}},
    {"srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", NULL, {"SLURM_JOB_ID", "SLURM_STEP_ID"}},
    {"mpiexec", "PMI_RANK", "PMI_SIZE", "MPI_LOCALNRANKS", {"PMI_JOBID", NULL}},
};

static const char *get(const RanksView *view, const char *variable) {
    const char *value = variable ? view->get(view->data, variable) : NULL;
    return value && *value ? value : NULL;
}

static bool read_number(const char *text, unsigned long long most, unsigned long long *number) {
    char *end;
    if (!text || !isdigit((unsigned char)*text)) return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return !*end && errno == 0 && *number <= most;
}

/* Is this process a task of the step that Slurm's variables name? */
static bool is_task(const RanksView *view) {
    const char *job = get(view, "SLURM_JOB_ID"), *step = get(view, "SLURM_STEP_ID");
    unsigned long long number;
    if (!job || !read_number(step, SLURM_MOST_STEPS - 1, &number)) return false;
    if (!view->watcher) return true;
    char title[TITLE_SIZE];
    snprintf(title, sizeof title, "slurmstepd: [%s.%s]", job, step);
    return strncmp(view->watcher, title, strlen(title)) == 0;
}

static bool is_spoken(const RanksView *view, const Dialect *dialect) {
    if (!get(view, dialect->rank) || !get(view, dialect->size)) return false;
    return strcmp(dialect->rank, "SLURM_PROCID") != 0 || is_task(view);
}

static void add_name(Ranks *ranks, const char *text) {
    size_t len = strlen(ranks->name);
    snprintf(ranks->name + len, sizeof ranks->name - len, "-%.60s", text);
    for (char *c = ranks->name + len; *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("-._", *c)) *c = '_';
    }
}

static RanksFound wrong(const RanksView *view, const Dialect *dialect, char **error) {
    if (asprintf(error, "%s says that this is rank %s of %s: these must be numbers, of %d ranks at most", dialect->engine,
                 get(view, dialect->rank), get(view, dialect->size), RANKS_MOST) < 0)
        *error = NULL;
    return RANKS_WRONG;
}

RanksFound ranks_find(const RanksView *view, Ranks *ranks, char **error) {
    const Dialect *dialect = NULL;
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects && !dialect; i++) {
        if (is_spoken(view, &dialects[i])) dialect = &dialects[i];
    }
    if (!dialect) return RANKS_NONE;
    unsigned long long rank, size, here = 0;
    if (!read_number(get(view, dialect->rank), RANKS_MOST, &rank) || !read_number(get(view, dialect->size), RANKS_MOST, &size) ||
        rank >= size)
        return wrong(view, dialect, error);
    if (size == 1) return RANKS_NONE;
    *ranks = (Ranks){.engine = dialect->engine, .rank = (uint32_t)rank, .size = (uint32_t)size};
    ranks->copies_input = strcmp(dialect->engine, "srun") == 0;
    snprintf(ranks->name, sizeof ranks->name, "%s", dialect->engine);
    for (size_t i = 0; i < sizeof dialect->names / sizeof *dialect->names; i++) {
        const char *name = get(view, dialect->names[i]);
        if (name) add_name(ranks, name);
        ranks->is_named = ranks->is_named || name;
    }
    /* A job that was put back into the queue has the same number when it runs again. */
    const char *restarts = get(view, "SLURM_RESTART_COUNT");
    if (restarts) add_name(ranks, restarts);
    if (dialect->local_size) ranks->is_one_host = read_number(get(view, dialect->local_size), RANKS_MOST, &here) && here == size;
    if (!dialect->local_size) ranks->is_one_host = read_number(get(view, "SLURM_STEP_NUM_NODES"), RANKS_MOST, &here) && here == 1;
    return RANKS_SEVERAL;
}

/* ---- this process */

static const char *get_environment(const void *data, const char *variable) {
    (void)data;
    return getenv(variable);
}

/* The parent of a process, and its title as ps shows it. False: it cannot be seen. */
static bool look_at(long pid, long *parent, char title[TITLE_SIZE]) {
    char path[64], stat[512];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    size_t len = fread(stat, 1, sizeof stat - 1, file);
    fclose(file);
    stat[len] = '\0';
    const char *end = strrchr(stat, ')'); /* the name before it may hold anything */
    if (!end || sscanf(end, ") %*c %ld", parent) != 1) return false;
    snprintf(path, sizeof path, "/proc/%ld/cmdline", pid);
    file = fopen(path, "re");
    if (!file) return false;
    len = fread(title, 1, TITLE_SIZE - 1, file);
    fclose(file);
    title[len] = '\0';
    return true;
}

/* The nearest of this process's ancestors that is a watcher of Slurm's. */
static bool find_watcher(char title[TITLE_SIZE]) {
    long pid = getppid(), parent;
    for (int i = 0; i < MOST_ANCESTORS && pid > 1 && look_at(pid, &parent, title); i++, pid = parent) {
        if (strncmp(title, "slurmstepd: [", strlen("slurmstepd: [")) == 0) return true;
    }
    return false;
}

RanksFound ranks_of_process(Ranks *ranks, char **error) {
    char title[TITLE_SIZE];
    RanksView view = {.get = get_environment};
    if (getenv("SLURM_JOB_ID") && find_watcher(title)) view.watcher = title;
    return ranks_find(&view, ranks, error);
}

void ranks_forget(void) {
    for (size_t i = 0; i < sizeof rank_variables / sizeof *rank_variables; i++) unsetenv(rank_variables[i]);
}
