/* lower_fuzz.c: any bytes as a program, through lowering: no crash, no hang; what checking accepted is lowered to a core that is as
 * promised, or refused with a message. Run by `make fuzz-lower FUZZ_SECONDS=60`. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/core/lower.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, Buf *messages) {
    fprintf(stderr, "lower_fuzz: %s\n%s\n", what, buf_text(messages));
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
    CheckedProgram checked;
    Buf out = {0};
    if (sema_check(&sema, parse_file(&parse), &checked)) {
        CoreProgram *program = core_lower(arena, sources, &checked, diags);
        diag_render(diags, DIAG_FORMAT_SHORT, false, &out);
        if (!program != diag_has_errors(diags)) fail("the result and the messages differ", &out);
        if (strstr(buf_text(&out), "E0701")) fail("the core is not as promised", &out);
        if (program) core_print_plan(program, NULL, NULL, &out);
    }
    buf_free(&out);
    arena_free(&arena);
    return 0;
}
