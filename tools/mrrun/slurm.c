/* slurm.c: what a Slurm allocation offers, read from the environment that Slurm sets in it. */
#include "tools/mrrun/slurm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/launch/nodelist.h"

static const char *get(const char *variable) {
    const char *value = getenv(variable);
    return value && *value ? value : NULL;
}

bool slurm_is_here(void) {
    return get("SLURM_JOB_ID") && get("SLURM_JOB_NODELIST");
}

/* The variable that says how many workers each node takes. Without a wish for tasks, Slurm counts one for each node. */
static const char *counts_variable(void) {
    bool has_wish = get("SLURM_NTASKS") || get("SLURM_NTASKS_PER_NODE");
    if (has_wish && get("SLURM_TASKS_PER_NODE")) return "SLURM_TASKS_PER_NODE";
    return "SLURM_JOB_CPUS_PER_NODE";
}

static bool fail_take(const char *variable, char *why, char **error) {
    if (asprintf(error, "%s is not what Slurm writes: %s", variable, why ? why : "it is not set") < 0) *error = NULL;
    free(why);
    return false;
}

/* Tasks may be spread over fewer nodes than the allocation has (a step inside of it): the rest take one worker for each processor.
 */
static bool read_counts(const NodeList *nodes, uint32_t *counts, char **error) {
    const char *variable = counts_variable();
    char *why = NULL;
    if (get(variable) && nodelist_counts(get(variable), nodes->count, counts, &why)) return true;
    free(why);
    why = NULL;
    variable = "SLURM_JOB_CPUS_PER_NODE";
    if (get(variable) && nodelist_counts(get(variable), nodes->count, counts, &why)) return true;
    return fail_take(variable, why, error);
}

bool slurm_add_hosts(HostList *list, char **error) {
    NodeList nodes;
    char *why = NULL;
    const char *text = get("SLURM_JOB_NODELIST");
    if (!text || !nodelist_parse(text, &nodes, &why)) return fail_take("SLURM_JOB_NODELIST", why, error);
    uint32_t *counts = xcalloc(nodes.count, sizeof *counts);
    bool is_good = read_counts(&nodes, counts, error);
    for (size_t i = 0; i < nodes.count && is_good; i++) {
        char host[NODELIST_NAME_SIZE + 16];
        snprintf(host, sizeof host, "%s:%u", nodes.names[i], counts[i] ? counts[i] : 1);
        is_good = hosts_add_list(list, host, error);
    }
    free(counts);
    nodelist_free(&nodes);
    return is_good;
}

char **slurm_command(const char *node, char *const *words) {
    static const char *const srun[] = {
        "srun",     "--quiet",     "--nodes=1",  "--ntasks=1",  "--overlap", "--no-kill", "--kill-on-bad-exit=0",
        "--wait=0", "--input=all", "--mpi=none", "--export=ALL"};
    enum { FIXED = sizeof srun / sizeof *srun };
    size_t count = 0;
    while (words[count]) count++;
    size_t name_size = strlen("--nodelist=") + strlen(node) + 1, table = (FIXED + 1 + count + 1) * sizeof(char *);
    char **command = xmalloc(table + name_size), *name = (char *)command + table;
    snprintf(name, name_size, "--nodelist=%s", node);
    size_t len = 0;
    for (size_t i = 0; i < FIXED; i++) command[len++] = (char *)(uintptr_t)srun[i];
    command[len++] = name;
    for (size_t i = 0; i < count; i++) command[len++] = words[i];
    command[len] = NULL;
    return command;
}
