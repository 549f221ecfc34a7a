/* slurm.c: what a Slurm allocation offers, read from the environment that Slurm sets in it. */
#include "tools/mrrun/slurm.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* A batch script has the whole of its node; a step has what it was given, and another step may have more. */
static bool is_own(const char *node) {
    const char *own = get("SLURMD_NODENAME");
    return own && !get("SLURM_STEP_ID") && strcmp(own, node) == 0;
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
        if (is_good) list->items[list->len - 1].is_local = is_own(nodes.names[i]);
    }
    free(counts);
    nodelist_free(&nodes);
    return is_good;
}

/* The processors that the job has on a node; 0: that is not known. */
static uint32_t processors_of(const char *node) {
    NodeList nodes;
    char *why = NULL;
    uint32_t found = 0;
    const char *list = get("SLURM_JOB_NODELIST"), *text = get("SLURM_JOB_CPUS_PER_NODE");
    if (!list || !text || !nodelist_parse(list, &nodes, &why)) {
        free(why);
        return 0;
    }
    uint32_t *counts = xcalloc(nodes.count, sizeof *counts);
    bool is_good = nodelist_counts(text, nodes.count, counts, &why);
    for (size_t i = 0; i < nodes.count && is_good; i++) found = strcmp(nodes.names[i], node) == 0 ? counts[i] : found;
    free(why);
    free(counts);
    nodelist_free(&nodes);
    return found;
}

/* One task, which may be bound to the processors that it has asked for: so it asks for all. An SSH_CONNECTION that was inherited
 * tells of somebody else's connection. */
char **slurm_command(const char *node, const char *text) {
    static const char *const srun[] = {
        "srun",      "--quiet",   "--job-name=mr",        "--nodes=1", "--ntasks=1", "--ntasks-per-node=1",
        "--overlap", "--no-kill", "--kill-on-bad-exit=0", "--wait=0",  "--mpi=none", "--export=ALL"};
    static const char *const shell[] = {"env", "-u", "SSH_CONNECTION", "sh", "-c"};
    enum { SRUN = sizeof srun / sizeof *srun, SHELL = sizeof shell / sizeof *shell };
    uint32_t processors = processors_of(node);
    size_t table = (SRUN + SHELL + 4) * sizeof(char *), size = strlen(node) + strlen(text) + 64;
    char **command = xmalloc(table + size), *at = (char *)command + table;
    size_t count = 0;
    for (size_t i = 0; i < SRUN; i++) command[count++] = (char *)(uintptr_t)srun[i];
    command[count++] = at;
    at = stpcpy(stpcpy(at, "--nodelist="), node) + 1;
    if (processors > 0) {
        command[count++] = at;
        at += sprintf(at, "--cpus-per-task=%u", processors) + 1;
    }
    for (size_t i = 0; i < SHELL; i++) command[count++] = (char *)(uintptr_t)shell[i];
    command[count++] = at;
    stpcpy(at, text);
    command[count] = NULL;
    return command;
}

/* What scontrol has to say about a node, up to `size`; returns as waitpid does how it ended, or -1. It waits for Slurm's
 * controller, which may be long: so an interrupt, which mrrun takes later, ends it. */
static int ask_scontrol(const char *node, char *text, size_t size) {
    int ends[2], status = -1;
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        signal(SIGINT, SIG_DFL); /* mrrun heeds it, also where a shell that starts programs in the background says not to */
        sigprocmask(SIG_SETMASK, &none, NULL);
        dup2(ends[1], STDOUT_FILENO);
        execlp("scontrol", "scontrol", "--oneliner", "show", "node", node, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t got; len < size - 1 && (got = read(ends[0], text + len, size - 1 - len)) > 0;) len += (size_t)got;
    text[len] = '\0';
    close(ends[0]);
    return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

bool slurm_address(const char *node, char address[ADDRESS_SIZE]) {
    static const char field[] = " NodeAddr=";
    char text[8192], *found = NULL;
    int status = ask_scontrol(node, text, sizeof text);
    if (status != -1 && WIFSIGNALED(status)) return false; /* to ask the system's names for it may take long, too */
    if (status == 0) found = strstr(text, field);
    if (!found) return address_of(node, address);
    found += strlen(field);
    found[strcspn(found, " \n")] = '\0';
    return address_of(found, address);
}
