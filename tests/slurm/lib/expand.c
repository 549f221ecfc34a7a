/* expand.c: prints the names that a list of nodes stands for, one a line, as `scontrol show hostnames` does. */
#include <stdio.h>
#include <stdlib.h>

#include "runtime/launch/nodelist.h"

int main(int argc, char **argv) {
    NodeList list;
    char *error = NULL;
    if (argc != 2 || !nodelist_parse(argv[1], &list, &error)) {
        fprintf(stderr, "%s\n", error ? error : "expected one list");
        return 1;
    }
    for (size_t i = 0; i < list.count; i++) puts(list.names[i]);
    nodelist_free(&list);
    return 0;
}
