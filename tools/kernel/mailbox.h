/* mailbox.h: pointers from one thread to another, in order. */
#ifndef TOOLS_KERNEL_MAILBOX_H
#define TOOLS_KERNEL_MAILBOX_H

#include <stdbool.h>

typedef struct Mailbox Mailbox;

Mailbox *mailbox_new(void);           /* NULL: impossible; errno says why */
void mailbox_free(Mailbox **mailbox); /* empty by then */
void mailbox_put(Mailbox *mailbox, void *what);
void *mailbox_take(Mailbox *mailbox);           /* NULL: there is nothing */
void *mailbox_wait(Mailbox *mailbox);           /* until there is something */
int mailbox_descriptor(const Mailbox *mailbox); /* can be read while there is something */

/* Calls it for each item that waits. */
void mailbox_each(Mailbox *mailbox, void (*call)(void *item));

#endif
