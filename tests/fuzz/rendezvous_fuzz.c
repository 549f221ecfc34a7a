/* rendezvous_fuzz.c: any bytes as the file by which ranks find each other. */
#include <stdlib.h>
#include <string.h>

#include "runtime/launch/rendezvous.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Rendezvous found;
    if (rendezvous_parse((const char *)data, size, &found) != RENDEZVOUS_FOUND) return 0;
    if (found.count < 1 || found.count >= RENDEZVOUS_RANKS || !memchr(found.control, '\0', sizeof found.control)) abort();
    for (uint32_t i = 0; i < found.count; i++) {
        if (!key_is_good(found.pairs[i].public_key) || !key_is_good(found.pairs[i].secret_key)) abort();
    }
    rendezvous_free(&found);
    return 0;
}
