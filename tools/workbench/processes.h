/* processes.h: workers of a workbench that are processes of the same program: what mrrun needs to start them, and what they do. */
#ifndef TOOLS_WORKBENCH_PROCESSES_H
#define TOOLS_WORKBENCH_PROCESSES_H

#include "runtime/launch/experiment.h"

typedef struct Processes Processes;

/* `options` (for mrrun) and the arguments are borrowed, and must stay. NULL: mrrun is not there, as *error, malloc'ed, says. */
Processes *processes_new(char *const *options, int argc, char **argv, char **error);
void processes_free(Processes **processes);
const ExperimentProcesses *processes_of(const Processes *processes);

#endif
