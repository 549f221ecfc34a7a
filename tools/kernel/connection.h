/* connection.h: what a Jupyter client tells a kernel that it starts: the addresses to listen at, and the key that messages are
 * signed with. */
#ifndef TOOLS_KERNEL_CONNECTION_H
#define TOOLS_KERNEL_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

typedef enum Channel { CHANNEL_SHELL, CHANNEL_CONTROL, CHANNEL_STDIN, CHANNEL_IOPUB, CHANNEL_HEARTBEAT, CHANNEL_COUNT } Channel;

typedef struct Connection {
    char *endpoints[CHANNEL_COUNT]; /* as ZeroMQ writes them */
    char *key;                      /* "": messages are not signed */
} Connection;

/* Reads the file; false: it cannot be used, and *error, malloc'ed, says why. */
bool connection_read(const char *path, Connection *out, char **error);
void connection_free(Connection *connection);

#endif
