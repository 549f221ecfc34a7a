/* fault.c: what happens at a named point, in builds for testing. The counts of passings belong to the process, whatever thread
 * comes by: they are the only variables outside of functions in the runtime, and in such builds only. */
#include "runtime/worker/fault.h"

#ifdef MR_FAULTS

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_FAULTS = 32, NAME_SIZE = 64 };

typedef struct Fault {
    char name[NAME_SIZE], processes[NAME_SIZE];
    unsigned passing; /* 0: each */
    char action[NAME_SIZE];
    double number; /* of the action */
} Fault;

static _Atomic unsigned passed[MOST_FAULTS];
static const char *_Atomic process = "";

void fault_process(const char *name) {
    atomic_store(&process, name);
    for (int i = 0; i < MOST_FAULTS; i++) atomic_store(&passed[i], 0); /* a fork has those of its parent */
}

uint64_t fault_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void sleep_for(double milliseconds) {
    struct timespec time = {.tv_sec = (time_t)(milliseconds / 1000)};
    time.tv_nsec = (long)((milliseconds - (double)time.tv_sec * 1000) * 1e6);
    while (nanosleep(&time, &time) != 0) {}
}

/* A test that is misspelt must not pass. */
static _Noreturn void refuse(const char *text) {
    fprintf(stderr, "mr: MR_FAULT: \"%s\" is no fault\n", text);
    abort();
}

static Fault parse(const char *text) {
    char word[4 * NAME_SIZE];
    Fault fault = {.passing = 1, .action = "kill"};
    if (snprintf(word, sizeof word, "%s", text) >= (int)sizeof word) refuse(text);
    char *rest = word, *name = strsep(&rest, ":"), *at = strchr(name, '@');
    if (at) *at++ = '\0';
    snprintf(fault.name, sizeof fault.name, "%.60s", name);
    snprintf(fault.processes, sizeof fault.processes, "%.60s", at ? at : "");
    for (char *part; (part = strsep(&rest, ":"));) {
        char *number = strchr(part, '='), *end = part;
        unsigned long passing = strtoul(part, &end, 10);
        if (*part && !*end) {
            fault.passing = (unsigned)passing;
        } else if (strcmp(part, "*") == 0) {
            fault.passing = 0;
        } else {
            if (number) fault.number = strtod(number + 1, NULL), *number = '\0';
            snprintf(fault.action, sizeof fault.action, "%.60s", part);
        }
    }
    return fault;
}

static bool means_this_process(const char *list) {
    const char *own = atomic_load(&process);
    size_t len = strlen(own);
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
        if (strcspn(at, ",") == len && strncmp(at, own, len) == 0) return true;
    }
    return !*list;
}

static void act(const Fault *fault, uint64_t started) {
    if (strcmp(fault->action, "kill") == 0)
        kill(getpid(), SIGKILL);
    else if (strcmp(fault->action, "stop") == 0)
        kill(getpid(), SIGSTOP);
    else if (strcmp(fault->action, "exit") == 0)
        _exit(3);
    else if (strcmp(fault->action, "delay") == 0)
        sleep_for(fault->number);
    else if (strcmp(fault->action, "slow") == 0)
        sleep_for((double)(fault_now() - started) / 1e6 * (fault->number - 1));
    else
        refuse(fault->action);
}

static void pass(const char *name, uint64_t started) {
    const char *text = getenv("MR_FAULT");
    for (int i = 0; text && *text && i < MOST_FAULTS; i++) {
        char word[4 * NAME_SIZE];
        size_t len = strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", (int)len, text);
        text += len + strspn(text + len, " ");
        Fault fault = parse(word);
        if (strcmp(fault.name, name) != 0 || !means_this_process(fault.processes)) continue;
        unsigned count = atomic_fetch_add(&passed[i], 1) + 1;
        if (fault.passing == 0 || fault.passing == count) act(&fault, started);
    }
}

void fault_pass(const char *name) {
    pass(name, fault_now());
}

void fault_slow(const char *name, uint64_t started) {
    pass(name, started);
}

#else
typedef int FaultsAreOff; /* a file of C has at least one declaration */
#endif
