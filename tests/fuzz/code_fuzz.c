/* code_fuzz.c: object code as whoever owns a job may send it: what is taken is what was sent, and nothing is read beyond it. */
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "runtime/sched/code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
    if (!is_true) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t hash[CODE_HASH_SIZE];
    checksum128(hash, data, size);
    Code *code = code_read(data, size, hash);
    if (code) {
        size_t whole, part;
        check(memcmp(code_bytes(code, &whole), data, size) == 0 && whole == size);
        const uint8_t *object = code_object(code, &part);
        check(part > 0 && memcmp(object, data + size - part, part) == 0);
        for (uint32_t i = 0; i < code_need_count(code); i++)
            check(memcmp(code_need(code, i), data + 4 + (size_t)i * CODE_HASH_SIZE, CODE_HASH_SIZE) == 0);
    }
    code_release(&code);
    hash[0] ^= 1;
    check(!code_read(data, size, hash));
    return 0;
}
