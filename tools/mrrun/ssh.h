/* ssh.h: the command by which a host is reached, and what its complaints mean. Pure. */
#ifndef TOOLS_MRRUN_SSH_H
#define TOOLS_MRRUN_SSH_H

#include "tools/mrrun/hosts.h"

/* The words of the command that runs `text` there, ended by NULL; to be freed, as one block. `command` is another program than ssh,
 * with options of its own, in words that blanks separate; NULL: ssh. Host keys are checked as the user's ssh does it, and nobody is
 * asked for a password. */
char **ssh_command(const char *command, const Host *host, const char *text);

/* What an ssh that has failed means by what it wrote: the cause in words, with a hint. NULL: something else. */
const char *ssh_explain(const char *complaints);

#endif
