/* build_pipe.c: `map f over a where p reduce g from z by k` of its clauses. The grammar takes the clauses in any order and
 * number, so that a wrong order gets a message of its own. */
#include "compiler/syntax/syntax.h"

#include <string.h>

enum { RANK_WHERE, RANK_RESULT, RANK_FROM, RANK_BY };

Ast *build_clause(Syntax *syntax, const char *word, Ast *value, Span span) {
    return build_argument(syntax, intern_text(syntax->names, word), value, span);
}

/* The field of the pipe that a clause fills, and its place in the order. */
static Ast **clause_place(AstPipe *pipe, const char *word, int *rank) {
    switch (word[0]) {
    case 'w': *rank = RANK_WHERE; return &pipe->where;
    case 's': *rank = RANK_RESULT; return &pipe->scan;
    case 'r': *rank = RANK_RESULT; return &pipe->reduce;
    case 'f': *rank = RANK_FROM; return &pipe->from;
    default: *rank = RANK_BY; return &pipe->by;
    }
}

/* What is wrong with a clause at this place, or NULL. */
static const char *clause_trouble(const AstPipe *pipe, const Ast *filled, int rank, int last_rank) {
    if (filled || (rank == RANK_BY && pipe->by_key)) return "stands here twice";
    if (rank == RANK_RESULT && (pipe->reduce || pipe->scan)) return "cannot follow another `reduce` or `scan`";
    if (rank >= RANK_FROM && !pipe->reduce) return "belongs to a `reduce`, which must stand before it";
    if (rank < last_rank) return "stands in the wrong place";
    return NULL;
}

static const char *clause_hint(const AstPipe *pipe, Ast *const *place, int rank) {
    if (pipe->scan && place == &pipe->reduce) return "`reduce g over (map … scan h)` reduces the values of a scan";
    if (pipe->scan && rank >= RANK_FROM) return "`scan` takes a function or a reducer alone; `from` and `by` go with `reduce`";
    if (pipe->op == OP_REDUCE)
        return "the order is: `reduce g over a where p from z by k`; an inner `map` or `reduce` needs parentheses";
    return "the order is: `map f over a where p reduce g from z by k`; an inner `map` or `reduce` needs parentheses";
}

static bool is_bare_key(const Ast *node) {
    return node->kind == AST_NAME_REF && strcmp(((const AstNameRef *)node)->name, "key") == 0;
}

/* False where the pipe cannot be what is meant: what it gives is not known then. */
static bool clause_add(Syntax *syntax, AstPipe *pipe, AstArg *clause, int *last_rank) {
    int rank;
    Ast **place = clause_place(pipe, clause->label, &rank);
    const char *trouble = clause_trouble(pipe, *place, rank, *last_rank);
    if (trouble) {
        Diag *d = diag_add(syntax->diags, E0110, clause->base.span, "this `%s` %s", clause->label, trouble);
        diag_hint(d, "%s", clause_hint(pipe, place, rank));
        if (place == &pipe->reduce && pipe->scan) { /* most likely both are meant, and a reduction's result is what is expected */
            pipe->scan = NULL;
            pipe->reduce = clause->value;
        }
        return rank < RANK_FROM || pipe->reduce || pipe->scan;
    }
    *last_rank = rank;
    if (rank == RANK_BY && is_bare_key(clause->value)) {
        pipe->by_key = true;
    } else {
        *place = clause->value;
    }
    return true;
}

Ast *build_pipe(Syntax *syntax, AstOp op, Ast *function, AstList sources, AstList clauses, Span span) {
    AstPipe *pipe = ast_make(syntax->arena, PIPE, Pipe, span);
    pipe->op = op;
    pipe->function = function;
    pipe->sources = sources;
    if (op == OP_REDUCE) pipe->reduce = function;
    int last_rank = RANK_WHERE;
    bool is_known = true;
    for (size_t i = 0; i < clauses.len; i++)
        is_known = clause_add(syntax, pipe, ast_as(Arg, clauses.items[i]), &last_rank) && is_known;
    return is_known ? &pipe->base : build_error(syntax, span);
}
