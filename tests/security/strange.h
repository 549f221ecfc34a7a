/* strange.h: what strangers say, for the programs that are strangers in tests. */
#ifndef TESTS_SECURITY_STRANGE_H
#define TESTS_SECURITY_STRANGE_H

#include <stdlib.h>
#include <string.h>

#include "runtime/net/wire.h"

static inline void fill_random(void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) ((char *)bytes)[i] = (char)rand();
}

/* A message that a peer might send, of another program or about jobs that nobody knows. Returns its size. */
static inline size_t make_message(uint8_t *out) {
    Message message = {.kind = (MessageKind)(1 + rand() % (MSG_KINDS - 1)), .job = (uint64_t)rand() % 1000 + 100};
    if (rand() % 2) message.kind = MSG_HELLO;
    if (message.kind == MSG_HELLO) {
        message.as.hello = (MsgHello){.role = rand() % 2 ? ROLE_ROOT : ROLE_WORKER, .version = PROTOCOL_VERSION, .wish = -1};
        fill_random(message.as.hello.program, sizeof message.as.hello.program);
        strcpy(message.as.hello.name, "stranger");
        strcpy(message.as.hello.data_endpoint, "ipc:///nowhere");
    }
    if (message.kind == MSG_GET) message.as.get = (MsgGet){.pull = 1, .name.kind = DATA_BAG, .length = 100};
    return wire_encode(&message, out);
}

#endif
