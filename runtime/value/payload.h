/* payload.h: the memory of large lists' elements.
 *
 * It is mapped by itself, so that it grows without being copied, lies in huge pages where the system has them, and costs nothing
 * before it is touched. Threads may share it: whoever holds a reference may read. Who wants to write, or to have it grow, must hold
 * the only one (payload_is_shared). Counts are atomic; all functions may be called by any thread. */
#ifndef RUNTIME_VALUE_PAYLOAD_H
#define RUNTIME_VALUE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>

enum { PAYLOAD_LEAST = 1 << 20 }; /* bytes; what is smaller is malloc'ed */

typedef struct MrPayload Payload;

Payload *payload_new(size_t bytes);                    /* zeroed; with one reference, the caller's */
char *payload_data(const Payload *payload);            /* on a 64-byte boundary; moves when the payload grows */
Payload *payload_grow(Payload *payload, size_t bytes); /* in place of the one that was given, which nobody shares */
bool payload_is_shared(const Payload *payload);
void payload_retain(Payload *payload);
void payload_release(Payload *payload); /* gives the memory back with the last reference */

#endif
