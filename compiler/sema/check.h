/* check.h: inference over the tree. Internal to sema.
 *
 * Requires: a module whose names are bound, its items in groups, callees first. Changes: `type` and `use` of nodes, `scheme` of
 * symbols. Each check_… function sets node->type, reports what is wrong once, and gives TYPE_ERROR where nothing can be said any
 * more. */
#ifndef COMPILER_SEMA_CHECK_H
#define COMPILER_SEMA_CHECK_H

#include "compiler/sema/infer.h"
#include "compiler/sema/prims.h"
#include "compiler/sema/resolve.h"

/* The function whose body is being checked. */
typedef struct FnContext {
    Type *result;
    const char *name; /* NULL: a function value */
} FnContext;

typedef struct Checker {
    Sema *sema;
    Arena *arena;
    DiagSink *diags;
    Module *module;
    Infer infer;
    FnContext *fn;
    Map *type_vars;        /* Name -> Type *: the type variables of the declaration around */
    const Ast *statement;  /* the node that stands as a statement: where an update may stand */
    VEC(Use *) group_uses; /* uses inside the group whose scheme is not known yet */
    AstList defaults;      /* PARAMs whose default values are being checked */
    size_t default_budget; /* nodes that copies of default values may still have */
} Checker;

/* What a type is wanted for, for messages: "`what` must be …". */
typedef struct Reason {
    const char *what;
    Span span;        /* of what asks for it; SPAN_NONE: not shown */
    const char *note; /* said about that place */
} Reason;

void check_module(Sema *sema, Module *module, const Items *items, const ItemGroups *groups);

/* ---- declarations and statements (check_decl.c, check_stmt.c, check_update.c) */
void check_group(Checker *c, const ItemGroup *group);
void check_local_functions(Checker *c, Ast *const *fns, size_t count); /* that stand next to one another in a block */
void check_let(Checker *c, AstLet *let);
void check_statement(Checker *c, Ast *node); /* its value, if any, is dropped */
void check_wanted(Checker *c, Ast *node);    /* an expression at the end of a cell: sema->value, where it has a value */
Type *check_block(Checker *c, AstBlock *block, Type *hint);
void check_assign(Checker *c, AstAssign *assign);
Type *check_update(Checker *c, AstMethod *method);

/* ---- expressions (check_expr.c, check_op.c, check_fn.c) */
/* Infers. The hint, when there is one, is what the type will have to be: it guides function values; fitting it is the caller's to
 * check. */
Type *check_expr(Checker *c, Ast *node, Type *hint);
/* Infers, and reports where the type is not the expected one. */
bool check_against(Checker *c, Ast *node, Type *expected, const Reason *reason);
Type *check_binary(Checker *c, AstBinary *binary);
/* The result of `left op right` for operands that were checked. */
Type *check_operation(Checker *c, AstOp op, Span span, const Ast *left, const Ast *right);
Type *check_unary(Checker *c, AstUnary *unary);
Type *check_operator_ref(Checker *c, AstOperatorRef *ref);
Type *check_interpolation(Checker *c, AstInterpolation *interpolation);
Type *check_lambda(Checker *c, AstLambda *lambda, Type *hint);
/* A name, or a module's name after its dot, as a value. */
Type *check_name(Checker *c, Ast *node, Type *hint);

/* ---- calls (check_call.c, check_args.c) */
Type *check_call(Checker *c, AstCall *call);
Type *check_method(Checker *c, AstMethod *method);
/* The arguments of a declared function or reducer, in the order of its parameters, into use->args; `params` are their types.
 * `receiver` may be NULL. False after an error. */
bool check_args(Checker *c, const Ast *call, Use *use, Type *const *params, Ast *receiver, const AstList *args);
/* A new use of the symbol with an instance of its type in *type. */
Use *use_new(Checker *c, Symbol *symbol, Span span, Type **type);
const AstList *params_of(const Symbol *symbol);

/* ---- a comma after `over` that was meant to end the map (open_map.c): reported, and the map cut there in the tree */
/* The last argument of a call in which `missing` arguments are missing, the first by the name `what`: whether it has swallowed
 * them. */
bool open_map_takes_argument(Checker *c, const Ast *call, Ast *argument, size_t missing, const char *what);
/* Whether it walks more sequences than its function, which the tree shows, takes. */
bool open_map_walks_too_much(Checker *c, AstPipe *pipe);

/* ---- pipelines (check_pipe.c, check_reduce.c) */
Type *check_pipe(Checker *c, AstPipe *pipe);
/* The symbol of a reducer that the operand of `reduce` names or calls; NULL: it is a function. */
Symbol *reducer_of(const Ast *operand);
/* What a `reduce` of elements of this type gives, by its operand and `from`. */
Type *check_reduce(Checker *c, AstPipe *pipe, Type *element, Span element_span);
Type *check_scan(Checker *c, AstPipe *pipe, Type *element, Span element_span);
/* A reducer that is called as a function: `mean(xs)`. */
Type *check_reducer_call(Checker *c, Ast *node, Symbol *symbol, Ast *receiver, const AstList *args);

/* ---- declared types (check_data.c) */
/* The types that the module declares: their parameters, their constructors, what they are capable of. Comes before all else. */
void check_types(Checker *c, const Items *items);
/* The type of the field of a value of this type, which an unknown type may become known by; NULL where there is no such field. */
Type *check_field(Checker *c, Span span, Type *type, Name name, bool *was_reported);
Type *check_with(Checker *c, AstWith *with);
/* The constructor whose fields can be named without a match: of a type that has no other; else NULL. */
const Symbol *record_constructor(const Type *type);

/* ---- futures (check_async.c) */
Type *check_async(Checker *c, AstAsync *async);
Type *check_await(Checker *c, AstAwait *await);
Type *check_future_field(Checker *c, const AstDot *dot, Type *future); /* `.done`, `.progress` */

/* ---- match (check_match.c) */
Type *check_match(Checker *c, AstMatch *match, Type *hint);
void check_subject(Checker *c, AstMatch *match);
void check_arm_head(Checker *c, const AstMatch *match, AstArm *arm); /* its pattern and guard */
/* Every value has an arm (E0311), and every arm a value (W0103). */
void check_covered(Checker *c, const AstMatch *match);

/* ---- patterns and types (check_pattern.c, annotate.c) */
void check_pattern(Checker *c, Ast *pattern, Type *type); /* one that must match whatever comes */
void check_case(Checker *c, Ast *pattern, Type *type);    /* one that need not */
Type *annotate(Checker *c, Ast *type_expr);

/* ---- what cannot be associative (check_associative.c): a warning (W0104) */
void check_associative(Checker *c, const Ast *operand); /* of `reduce` or `scan`: a function */
void check_associative_merge(Checker *c, const AstMember *merge);

/* ---- ranges that are meant to count down (descending.c): a warning (W0107) */
void warn_descending_range(Checker *c, const AstRange *range);
/* A call of a declared function: of `step`, from a range whose end is written as a small number, by a negative one. */
void warn_descending_step(Checker *c, const Symbol *symbol, const Ast *receiver, const AstList *args);

/* ---- C functions (check_foreign.c) */
/* An `extern fn` that is no primitive: `types` are those of its parameters, then its result's. */
void check_foreign(Checker *c, const AstExtern *external, const TypeList *types);

/* ---- messages (report.c) */
bool check_fits(Checker *c, Span span, Type *actual, Type *expected, const Reason *reason);
void report_misfit(Checker *c, Span span, const UnifyResult *result, Type *actual, Type *expected, const Reason *reason);
/* The type must belong to the class; `what` begins the message. */
bool check_class(Checker *c, Span span, Type *type, uint32_t classes, const char *what);
Type *not_supported(Checker *c, const Ast *node, const char *what);

/* ---- at the end (undecided.c) */
void report_undecided(Checker *c, const Items *items);

/* Begins a statement: a level of its own, for the literals in it. */
size_t statement_begin(Checker *c);
void statement_end(Checker *c, size_t literals);

static inline Type *error_type(Checker *c) {
    return type_basic(&c->infer, TYPE_ERROR);
}

static inline Type *unit_type(Checker *c) {
    return type_basic(&c->infer, TYPE_TUPLE);
}

#endif
