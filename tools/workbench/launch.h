/* launch.h: options about workers that are processes, which a tool with a workbench takes and mrrun understands. */
#ifndef TOOLS_WORKBENCH_LAUNCH_H
#define TOOLS_WORKBENCH_LAUNCH_H

#include <getopt.h>
#include <stddef.h>

enum { LAUNCH_OPTION = 256 /* with a value */, LAUNCH_FLAG };

/* For getopt_long. */
#define LAUNCH_OPTIONS                                                                                                             \
    {"host", required_argument, NULL, LAUNCH_OPTION}, {"hostfile", required_argument, NULL, LAUNCH_OPTION},                        \
        {"launcher", required_argument, NULL, LAUNCH_OPTION}, {"ssh", required_argument, NULL, LAUNCH_OPTION},                     \
        {"address", required_argument, NULL, LAUNCH_OPTION}, {"memory", required_argument, NULL, LAUNCH_OPTION},                   \
        {"retries", required_argument, NULL, LAUNCH_OPTION}, {"no-respawn", no_argument, NULL, LAUNCH_FLAG}, {                     \
        "tcp", no_argument, NULL, LAUNCH_FLAG                                                                                      \
    } /* for testing, and not in the help */

#define LAUNCH_HELP                                                                                                                \
    "  -n, --workers=N      N workers that are processes (without this and what follows: a thread for each processor)\n"           \
    "      --host=A,B:4     workers on these hosts, over ssh; B has 4 slots; also --hostfile, --launcher, --ssh, --address\n"      \
    "      --memory=SIZE    a bound for each worker's values; also --retries=N, --no-respawn: as of mrrun (mrrun --help)\n"

/* All-zero: threads work. */
typedef struct Launch {
    char **options; /* for mrrun, ended by NULL; NULL: none was given */
    size_t count;
} Launch;

void launch_add(Launch *launch, const struct option *option, const char *value); /* value NULL: it is a flag */
void launch_free(Launch *launch);

#endif
