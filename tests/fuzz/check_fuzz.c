/* check_fuzz.c: any bytes as a program, through resolution and checking with the library: no crash, no hang, what is not accepted
 * was reported, and what is accepted has all that lowering relies on. Run by `make fuzz-check FUZZ_SECONDS=60`. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/sema/sema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what) {
    fprintf(stderr, "check_fuzz: %s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    SourceMap *sources = source_map_new(arena);
    DiagSink *diags = diag_sink_new(arena, sources);
    Interner *names = interner_new(arena);
    uint32_t file = source_add(sources, "fuzz.mr", (const char *)data, size);
    ParseInput parse = {.arena = arena, .names = names, .sources = sources, .diags = diags, .file = file};
    SemaInput sema = {.arena = arena, .names = names, .sources = sources, .diags = diags};
    CheckedProgram program;

    bool is_good = sema_check(&sema, parse_file(&parse), &program);
    if (is_good == diag_has_errors(diags)) fail("the result and the messages differ");
    const char *trouble = is_good ? sema_verify(&program, sources, arena) : NULL;
    if (trouble) fail(trouble);

    Buf out = {0};
    sema_print_types(&program, &out);
    diag_render(diags, DIAG_FORMAT_TEXT, false, &out);
    buf_free(&out);
    arena_free(&arena);
    return 0;
}
