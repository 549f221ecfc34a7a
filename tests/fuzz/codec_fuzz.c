/* codec_fuzz.c: the decoder of values on bytes from anybody. The first byte chooses the type. What decodes must encode to bytes
 * that decode to the same value. */
#include <stdlib.h>

#include "runtime/value/codec.h"
#include "tests/unit/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TYPES = 64 };

static void check(bool is_true) {
    if (!is_true) abort();
}

static void decode_once(const char *bytes, const char *end, const MrType *type, const MrProgram *program) {
    void *value = xcalloc(1, type->size), *back = xcalloc(1, type->size);
    const char *at = bytes;
    if (!codec_decode(&at, end, value, type, program)) {
        Buf encoded = {0};
        codec_encode(&encoded, value, type, program);
        const char *again = buf_text(&encoded);
        check(!codec_decode(&again, buf_text(&encoded) + encoded.len, back, type, program));
        check(mr_compare(NULL, value, back, type) == 0);
        buf_free(&encoded);
        mr_drop(NULL, value, type);
        mr_drop(NULL, back, type);
    }
    free(value);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    Arena *arena = arena_new();
    Random random = {data[0] % TYPES};
    const MrType *type = random_type(&random, arena, 4);
    if (data[0] == 0xff) type = type_of(arena, MR_FUNCTION, NULL, NULL); /* capturing a string and a function */
    const MrFunction function = {.env = type_of(arena, MR_TUPLE, &type_string, type), .name = "captures", .type = type};
    const MrFunction *const functions[] = {&function};
    const MrProgram program = {.function_count = 1, .functions = functions};
    decode_once((const char *)data + 1, (const char *)data + size, type, &program);
    arena_free(&arena);
    return 0;
}
