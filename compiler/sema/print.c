/* print.c: --emit=types: what the program declares, with types, one a line. */
#include "compiler/sema/sema.h"

static void print_symbol(const Symbol *symbol, Buf *out) {
    buf_printf(out, "%s : ", symbol->name);
    if (!symbol->scheme)
        buf_add_text(out, "?");
    else if (symbol->kind == SYMBOL_REDUCER)
        scheme_print_reducer(symbol->scheme, out);
    else
        scheme_print(symbol->scheme, out);
    buf_add_char(out, '\n');
}

static void print_pattern(Ast *pattern, void *context) {
    if ((pattern->kind == AST_PAT_NAME || pattern->kind == AST_PAT_REST) && pattern->symbol)
        print_symbol(pattern->symbol, context);
    else if (ast_is_pattern(pattern))
        ast_each_child(pattern, print_pattern, context);
}

static void print_constructors(const AstTypeDecl *decl, Buf *out) {
    for (size_t i = 0; i < decl->constructors.len; i++)
        if (decl->constructors.items[i]->symbol) print_symbol(decl->constructors.items[i]->symbol, out);
}

void sema_print_types(const CheckedProgram *program, Buf *out) {
    const AstList *items = &program->main->file->items;
    for (size_t i = 0; i < items->len; i++) {
        Ast *node = items->items[i];
        if (node->kind == AST_TYPE_DECL)
            print_constructors(ast_as(TypeDecl, node), out);
        else if (node->kind == AST_LET)
            print_pattern(ast_as(Let, node)->pattern, out);
        else if (node->symbol && (node->kind == AST_FN || node->kind == AST_REDUCER || node->kind == AST_VAR))
            print_symbol(node->symbol, out);
    }
}
