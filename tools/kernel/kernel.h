/* kernel.h: a kernel for Jupyter: it listens at a connection's sockets until a client has it end. */
#ifndef TOOLS_KERNEL_KERNEL_H
#define TOOLS_KERNEL_KERNEL_H

#include "tools/kernel/connection.h"
#include "tools/workbench/workbench.h"

/* Blocks SIGINT and SIGTERM in all threads, and takes standard output and error over, while it runs. Returns the exit status. */
int kernel_run(const Connection *connection, const WorkbenchConfig *workbench);

#endif
