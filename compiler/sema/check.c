/* check.c: the checking of a module, and the entry to the whole of sema. */
#include "compiler/sema/check.h"

enum { DEFAULT_BUDGET = 1 << 18 };

void check_module(Sema *sema, Module *module, const Items *items, const ItemGroups *groups) {
    Checker c = {.sema = sema, .arena = sema->arena, .diags = sema->diags, .module = module, .default_budget = DEFAULT_BUDGET};
    infer_init(&c.infer, sema->arena, sema->diags);
    c.infer.level = 1; /* of the top level; below it there is only the end of the file */
    check_types(&c, items);
    for (size_t i = 0; i < groups->len; i++) check_group(&c, &groups->items[i]);
    c.infer.level = 0;
    literals_default(&c.infer, 0);
    pred_solve_pending(&c.infer);
    report_undecided(&c, items);
}

bool sema_check(const SemaInput *input, AstFile *file, CheckedProgram *out) {
    Sema sema = {
        .arena = input->arena, .names = input->names, .sources = input->sources, .diags = input->diags, .cell = input->cell};
    const SourceFile *source = source_file(input->sources, file->base.span.file);
    sema.prelude = module_import(&sema, "prelude", SPAN_NONE);
    const char *path = source ? file_identity(&sema, source->path) : NULL;
    Module *module = module_check(&sema, file, source ? source->path : "program", path, MODULE_MAIN);
    *out = (CheckedProgram){.modules = sema.modules, .main = module, .cell = input->cell, .value = sema.value};
    return !diag_has_errors(input->diags);
}
