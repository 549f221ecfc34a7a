/* directory.h: the private directory in which the sockets of a run lie. */
#ifndef TOOLS_MRRUN_DIRECTORY_H
#define TOOLS_MRRUN_DIRECTORY_H

#include <stdbool.h>

#include "runtime/sched/message.h"

typedef struct Directory {
    char path[MESSAGE_ENDPOINT_SIZE]; /* empty: there is none */
    int lock;                         /* held on it as long as mrrun lives, so that no other takes it for left behind; -1: none */
} Directory;

/* A fresh one, for its owner alone, in a folder that the environment names or in /tmp. Directories there that runs have left whose
 * processes were all killed at once are removed. False after a message. */
bool directory_make(Directory *directory);

/* With the sockets in it. */
void directory_remove(Directory *directory);

#endif
