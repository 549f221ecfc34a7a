/* parse_fuzz.c: any bytes as a program: the scanner, the newline filter and the parser must neither crash nor hang, the tree
 * must have the shape that ast.def promises, whatever the bytes are, and a tree with holes in it must have been reported.
 * Run by `make fuzz-parse FUZZ_SECONDS=60`. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/syntax/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void error_find(Ast *node, void *context) {
    bool *found = context;
    *found |= node->kind == AST_ERROR;
    ast_each_child(node, error_find, context);
}

static void fail(const char *what) {
    fprintf(stderr, "parse_fuzz: %s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    SourceMap *sources = source_map_new(arena);
    DiagSink *diags = diag_sink_new(arena, sources);
    uint32_t file = source_add(sources, "fuzz.mr", (const char *)data, size);
    ParseInput input = {.arena = arena, .names = interner_new(arena), .sources = sources, .diags = diags, .file = file};

    AstFile *tree = parse_file(&input);
    const char *trouble = ast_verify(&tree->base, sources, arena);
    if (trouble) fail(trouble);
    bool has_hole = false;
    ast_each_child(&tree->base, error_find, &has_hole);
    if (has_hole && !diag_has_errors(diags)) fail("an error in the tree that nothing has reported");
    if (size && memcmp(source_file(sources, file)->text, data, size) != 0) fail("the scanner has changed the text");

    Buf out = {0};
    ast_print(&tree->base, sources, NULL, &out);
    ast_print_dot(&tree->base, &out);
    diag_render(diags, DIAG_FORMAT_TEXT, false, &out);
    diag_render(diags, DIAG_FORMAT_JSON, false, &out);
    buf_free(&out);
    DiagSink *again = diag_sink_new(arena, sources);
    input.diags = again;
    parse_print_tokens(&input, &out);
    buf_free(&out);
    arena_free(&arena);
    return 0;
}
