/* checksum.c: the XXH3 sums of xxHash, compiled into this file alone: its header is all that is needed, and no library. */
#include "base/checksum.h"

#define XXH_INLINE_ALL
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/arena.h"

_Static_assert(sizeof(XXH128_canonical_t) == CHECKSUM_NAME_SIZE, "a name is one sum of 128 bits");

struct Digest {
    XXH3_state_t state; /* must lie at a multiple of 64 */
};

uint64_t checksum64(const void *bytes, size_t size, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, size, seed);
}

static void write_name(uint8_t out[CHECKSUM_NAME_SIZE], XXH128_hash_t sum) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, sum);
    memcpy(out, canonical.digest, CHECKSUM_NAME_SIZE);
}

void checksum128(uint8_t out[CHECKSUM_NAME_SIZE], const void *bytes, size_t size) {
    write_name(out, XXH3_128bits(bytes, size));
}

Digest *digest_new(void) {
    Digest *digest = xaligned(64, sizeof *digest);
    XXH3_128bits_reset(&digest->state);
    return digest;
}

void digest_add(Digest *digest, const void *bytes, size_t size) {
    if (size) XXH3_128bits_update(&digest->state, bytes, size);
}

void digest_end(Digest **digest, uint8_t out[CHECKSUM_NAME_SIZE]) {
    write_name(out, XXH3_128bits_digest(&(*digest)->state));
    free(*digest);
    *digest = NULL;
}
