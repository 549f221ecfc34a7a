/* texts.h: what a process on another host does not inherit from mrrun: the program's arguments, the folder to be in, and the
 * environment, of which programs ask by env(NAME). Settings that say something of a machine or a login stay what they are there.
 *
 * mrrun sends them before START; the parent collects them. One thread; the texts live as long as the process. */
#ifndef RUNTIME_LAUNCH_TEXTS_H
#define RUNTIME_LAUNCH_TEXTS_H

#include "runtime/launch/record.h"

typedef struct Texts {
    char **arguments; /* ended by NULL */
    size_t count;     /* complete ones */
    char *folder;     /* NULL: none was named */
    char *begun;      /* of which pieces are still to come */
} Texts;

bool texts_add(Texts *texts, const RecordText *piece); /* false: there are more than any command line has */

/* Makes the folder the current one, if there is such a folder here; else says so, and stays. */
void texts_enter_folder(const Texts *texts);

/* Does a host keep this setting ("NAME=value") as it has it? */
bool texts_is_hosts(const char *setting);

/* Appends the records that say this text. */
void texts_say(Buf *out, TextKind kind, const char *text);

#endif
