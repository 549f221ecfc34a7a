/* mailbox.c: see mailbox.h. An eventfd is readable exactly while the mailbox holds something. */
#include "tools/kernel/mailbox.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"

typedef struct Item {
    struct Item *next;
    void *what;
} Item;

struct Mailbox {
    pthread_mutex_t mutex; /* guards the items */
    Item *first, **end;
    int descriptor;
};

Mailbox *mailbox_new(void) {
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (descriptor < 0) return NULL;
    Mailbox *mailbox = xcalloc(1, sizeof *mailbox);
    pthread_mutex_init(&mailbox->mutex, NULL);
    mailbox->end = &mailbox->first;
    mailbox->descriptor = descriptor;
    return mailbox;
}

void mailbox_free(Mailbox **mailbox) {
    if (!*mailbox) return;
    close((*mailbox)->descriptor);
    pthread_mutex_destroy(&(*mailbox)->mutex);
    free(*mailbox);
    *mailbox = NULL;
}

void mailbox_put(Mailbox *mailbox, void *what) {
    Item *item = xmalloc(sizeof *item);
    *item = (Item){.what = what};
    pthread_mutex_lock(&mailbox->mutex);
    *mailbox->end = item;
    mailbox->end = &item->next;
    eventfd_write(mailbox->descriptor, 1);
    pthread_mutex_unlock(&mailbox->mutex);
}

void *mailbox_take(Mailbox *mailbox) {
    void *what = NULL;
    pthread_mutex_lock(&mailbox->mutex);
    Item *item = mailbox->first;
    if (item) {
        what = item->what;
        mailbox->first = item->next;
        if (!mailbox->first) {
            eventfd_t count;
            mailbox->end = &mailbox->first;
            eventfd_read(mailbox->descriptor, &count);
        }
    }
    pthread_mutex_unlock(&mailbox->mutex);
    free(item);
    return what;
}

void *mailbox_wait(Mailbox *mailbox) {
    for (;;) {
        void *what = mailbox_take(mailbox);
        if (what) return what;
        struct pollfd wait = {.fd = mailbox->descriptor, .events = POLLIN};
        poll(&wait, 1, -1);
    }
}

int mailbox_descriptor(const Mailbox *mailbox) {
    return mailbox->descriptor;
}

void mailbox_each(Mailbox *mailbox, void (*call)(void *item)) {
    pthread_mutex_lock(&mailbox->mutex);
    for (Item *item = mailbox->first; item; item = item->next) call(item->what);
    pthread_mutex_unlock(&mailbox->mutex);
}
