/* fields.h: fields of a message as bytes: one call describes a field, and writes it or reads and checks it, so that the two cannot
 * disagree. The protocol's messages (wire.c) and what launchers say (runtime/launch/record.c) are made of them.
 *
 * Little-endian, one after another, texts with their length in front. A Wire lives on the stack of whoever encodes or decodes;
 * pure, on any thread. Once something is bad nothing more is read, and what is read is 0. */
#ifndef RUNTIME_NET_FIELDS_H
#define RUNTIME_NET_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Wire {
    bool writes;
    bool is_bad;  /* reading: too short, or a value that may not be */
    uint8_t *out; /* writing: there is room for all that will be written */
    const uint8_t *in, *end;
} Wire;

uint64_t wire_number(Wire *wire, uint64_t value, unsigned size); /* of `size` bytes: writes `value`, or returns what was read */
void wire_u32(Wire *wire, uint32_t *field);
void wire_u64(Wire *wire, uint64_t *field);
void wire_i64(Wire *wire, int64_t *field);
void wire_check(Wire *wire, bool holds);                     /* reading: what does not hold is bad */
int wire_choice(Wire *wire, int value, int least, int most); /* of an enum; returns `least` where it is neither */
void wire_bytes(Wire *wire, uint8_t *field, size_t size);    /* exactly that many */
void wire_text(Wire *wire, char *field, size_t size);        /* ends with a NUL in an array of `size` bytes */

#endif
