/* checksum.h: XXH3 checksums: of 64 bits, which tell whether bytes are as they were written, and of 128 bits, which name things.
 *
 * The same bytes give the same sum on every machine, and in every version: sums are written into files and sent. They protect
 * against accidents and not against people. A Digest belongs to one thread; the functions may be called by any. */
#ifndef BASE_CHECKSUM_H
#define BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

enum { CHECKSUM_NAME_SIZE = 16 };

/* XXH3-64. `seed` takes part in the sum: what is moved to another place, or another kind, is then not what it was. */
uint64_t checksum64(const void *bytes, size_t size, uint64_t seed);

/* XXH3-128 in the canonical order of its bytes. */
void checksum128(uint8_t out[CHECKSUM_NAME_SIZE], const void *bytes, size_t size);

/* The same of bytes that come piece by piece; how they are cut makes no difference. */
typedef struct Digest Digest;

Digest *digest_new(void);
void digest_add(Digest *digest, const void *bytes, size_t size);
void digest_end(Digest **digest, uint8_t out[CHECKSUM_NAME_SIZE]); /* frees it; nulls the pointer */

#endif
