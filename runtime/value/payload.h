/* payload.h: the memory of large lists' elements.
 *
 * It is mapped by itself, so that it grows without being copied, lies in huge pages where the system has them, and costs nothing
 * before it is touched. Threads may share it: whoever holds a reference may read. Who wants to write, or to have it grow, must hold
 * the only one (payload_is_shared). Counts are atomic; retaining, releasing and asking may be done by any thread, all else by the
 * one whose value it is.
 *
 * Other processes may share it, too, when it is published: its first bytes then are those of a file without a name (a sealed memfd)
 * that they can map. What its owner writes afterwards is his alone, so the file never changes; he must withdraw it first, so that
 * it is not taken for what he has now. */
#ifndef RUNTIME_VALUE_PAYLOAD_H
#define RUNTIME_VALUE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAYLOAD_LEAST = 1 << 20 }; /* bytes; what is smaller is malloc'ed */

typedef struct MrPayload Payload;

Payload *payload_new(size_t bytes);                    /* zeroed; with one reference, the caller's */
Payload *payload_try(size_t bytes);                    /* the same; NULL: there are not so many addresses */
char *payload_data(const Payload *payload);            /* on a 64-byte boundary; moves when the payload grows */
size_t payload_size(const Payload *payload);           /* bytes that can be used: at least as many as were asked for */
Payload *payload_grow(Payload *payload, size_t bytes); /* in place of the one that was given, which nobody shares */
bool payload_is_shared(const Payload *payload);
int64_t payload_references(const Payload *payload);
void payload_retain(Payload *payload);
void payload_release(Payload *payload); /* gives the memory back with the last reference */

/* The file of a published payload: the descriptor is the payload's. */
typedef struct PayloadFile {
    int file;
    uint64_t inode, size; /* bytes */
} PayloadFile;

/* Publishes the first `bytes`, or finds them published already. The data stay where they are. False: the system has no such files,
 * or no memory for one, or the process has too many. */
bool payload_publish(Payload *payload, size_t bytes, PayloadFile *out);
void payload_withdraw(Payload *payload); /* before it is written to; who has mapped the file keeps what was there */

/* One that is published from the beginning, zeroed, for other processes to write to: what they write is here as long as nothing is
 * written here. NULL: as above. */
Payload *payload_new_published(size_t bytes, PayloadFile *out);

/* The first `bytes` of a published payload of another process, which must be in the file; what is written is seen here alone. With
 * one reference; NULL: it cannot be mapped. */
Payload *payload_of_file(int file, size_t bytes);
/* The same, but what is written is written to the file. It counts as shared, whoever has it. */
Payload *payload_on_file(int file, size_t bytes);
/* Before so many bytes are written to such a one: has huge pages for them where that can be. By the thread that writes. */
void payload_settle(Payload *payload, const void *place, size_t bytes);

#endif
