/* launch.c: see launch.h. */
#include "tools/workbench/launch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void launch_add(Launch *launch, const struct option *option, const char *value) {
    launch->options = xrealloc(launch->options, (launch->count + 2) * sizeof *launch->options);
    char **text = &launch->options[launch->count++];
    int len = value ? asprintf(text, "--%s=%s", option->name, value) : asprintf(text, "--%s", option->name);
    if (len < 0) out_of_memory(strlen(option->name));
    launch->options[launch->count] = NULL;
}

void launch_free(Launch *launch) {
    for (size_t i = 0; i < launch->count; i++) free(launch->options[i]);
    free(launch->options);
    *launch = (Launch){0};
}
