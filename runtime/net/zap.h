/* zap.h: asks of everybody who connects: is this one of the run's keys?
 *
 * CURVE alone proves that a client knows the server's public key, not that it may come in: that is decided here, by ZeroMQ's
 * authentication protocol (https://rfc.zeromq.org/spec/27/), for all sockets of a context. The handler has a thread of its own, so
 * that nobody who joins waits for a busy one; the thread ends with the context. */
#ifndef RUNTIME_NET_ZAP_H
#define RUNTIME_NET_ZAP_H

#include "runtime/net/keys.h"

#define ZAP_DOMAIN "mr"

typedef struct Zap Zap;

/* Before the first socket of the context is bound. `keys` must stay until zap_join. NULL: failed, *error malloc'ed. */
Zap *zap_start(void *zmq_context, KeyList *keys, char **error);
void zap_join(Zap **zap); /* after zmq_ctx_term */

#endif
