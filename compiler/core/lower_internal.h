/* lower_internal.h: what the files of lowering share. See lower.h for what lowering as a whole does.
 *
 * Everything is made in the compile's arena by one thread. Three ideas carry the rest:
 *
 *   - An Env says what the program's symbols mean at one place of one instance: the same tree is lowered once for each instance of
 * a generic function, and again wherever a function is put in the place of its call; each time in an Env of its own.
 *   - Closures, lifted functions and jobs are lowered as if they stood where they are; afterwards their free variables are found
 * and become captures (capture.c). So nothing else in lowering knows about captures.
 *   - Functions that append to a list of statements `out` leave what must be evaluated first there. */
#ifndef COMPILER_CORE_LOWER_INTERNAL_H
#define COMPILER_CORE_LOWER_INTERNAL_H

#include "compiler/core/core_internal.h"
#include "compiler/core/lower.h"

typedef struct Env Env;
typedef struct Stream Stream;

/* ---- the state of a lowering */

/* Where break and continue go to: the innermost loop of the program's text. */
typedef struct LoopTarget {
    struct LoopTarget *outer;
    uint32_t break_loop, continue_loop;
} LoopTarget;

/* The code being made: of a function or of a job. */
typedef struct Body {
    uint32_t loop_count;
    LoopTarget *target;
    CoreVar *text; /* of a job over text: the chunk */
    const CoreType *result;
    bool holds_globals; /* what a recipe holds goes to hidden globals: it is a top-level let */
} Body;

/* A function whose body is still to be lowered. */
typedef struct PendingFn {
    CoreFn *fn;
    Ast *tree; /* FN or LAMBDA */
    Env *env;
} PendingFn;

typedef struct Lower {
    Arena *arena;
    const SourceMap *sources;
    const CheckedProgram *checked;
    DiagSink *diags;
    CoreProgram *program;
    Body *body;
    Map globals;   /* Symbol -> Binding: top-level lets */
    Map instances; /* "symbol types" -> CoreFn */
    Map lifted;    /* "tree env types" -> Lifted */
    Map fn_names;  /* taken names -> how often */
    VEC(PendingFn) pending;
    VEC(const Ast *) inlining; /* functions that are being put in the place of their calls */
    size_t inline_count;
    int depth; /* of expressions being lowered inside each other */
    int type_depth;
    int emit_depth;  /* of streams being emitted inside each other: their loops stand inside each other too */
    int async_depth; /* of `async` expressions inside each other */
    uint32_t next_var;
    bool has_failed;
    Diag *refusal; /* the message of the last lower_refuse, where it made one */
} Lower;

/* Reports E0501 "… is not supported yet", for the first such place only: what follows may follow from it. Lowering goes on to the
 * end of the statement, and core_lower returns NULL. The result is a unit to go on with. */
CoreExpr *lower_refuse(Lower *l, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- environments and types (lower_env.c) */

/* Type variables and what they are in an instance: types without variables. */
typedef struct Subst {
    const struct Subst *parent;
    TypeList vars, types;
} Subst;

typedef enum BindingKind {
    BINDING_VALUE,    /* a LOCAL, GLOBAL, constant, or FIELDs of one: copied at each use */
    BINDING_STREAM,   /* a recipe */
    BINDING_CALLABLE, /* a function literal, lowered at each use */
} BindingKind;

typedef struct Binding {
    BindingKind kind;
    CoreExpr *value;
    Stream *stream;
    Ast *ast; /* CALLABLE: LAMBDA, OPERATOR_REF or NAME_REF of a declared function … */
    Env *env; /* … in this environment */
} Binding;

struct Env {
    Env *parent; /* of the text around; NULL: the top level of modules */
    Map bindings;
    const Subst *subst;
};

Env *env_new(Lower *l, Env *parent, const Subst *subst);
Binding *env_find(Lower *l, Env *env, const Symbol *symbol); /* NULL where it is not bound */
void env_bind_value(Lower *l, Env *env, const Symbol *symbol, CoreExpr *value);
void env_bind_stream(Lower *l, Env *env, const Symbol *symbol, Stream *stream);
void env_bind_callable(Lower *l, Env *env, const Symbol *symbol, Ast *ast, Env *ast_env);

Type *type_concrete(Lower *l, const Subst *subst, Type *type); /* without variables; what nothing decided is () */
const CoreType *type_lower_concrete(Lower *l, Type *type, Span span);
Type *ast_type(Lower *l, Env *env, const Ast *ast); /* concrete */
const CoreType *ast_core_type(Lower *l, Env *env, const Ast *ast);
/* Makes `types` what a use says, in the user's environment; where it says nothing (inside a recursive group), the user's own. */
const Subst *subst_for_use(Lower *l, Env *env, const Symbol *symbol, const Use *use, const Subst *parent);
bool type_is_stream(const Type *type);                /* concrete */
const char *subst_text(Lower *l, const Subst *subst); /* "int, string": for names and keys */

/* ---- making nodes (lower_env.c) */

const CoreType *core_simple(Lower *l, CoreTypeKind kind);
const CoreType *core_unit_type(Lower *l);
const CoreType *core_type1(Lower *l, CoreTypeKind kind, const CoreType *arg);
const CoreType *core_pair_type(Lower *l, const CoreType *first, const CoreType *second);
CoreVar *var_new(Lower *l, const char *name, const CoreType *type, Span span); /* name NULL: hidden, shown as "t" */
CoreExpr *make(Lower *l, CoreKind kind, const CoreType *type, Span span, size_t count, CoreExpr *const *args);
CoreExpr *make_unit(Lower *l, Span span);
CoreExpr *make_int(Lower *l, int64_t value, Span span);
CoreExpr *make_bool(Lower *l, bool value, Span span);
CoreExpr *make_string(Lower *l, const char *text, size_t len, Span span);
CoreExpr *make_op(Lower *l, CoreOp op, const CoreType *type, Span span, CoreExpr *left, CoreExpr *right); /* right may be NULL */
CoreExpr *make_let(Lower *l, CoreVar *var, CoreExpr *value);
CoreExpr *make_field(Lower *l, CoreExpr *tuple, size_t index, Span span);
CoreExpr *make_if(Lower *l, CoreExpr *condition, CoreExpr *then, CoreExpr *otherwise, const CoreType *type, Span span);
CoreExpr *make_block(Lower *l, CoreExprs *statements, CoreExpr *result,
                     Span span);             /* just the result where there are no statements */
CoreExpr *as_unit(Lower *l, CoreExpr *expr); /* evaluates and drops */
/* A new global, which is assigned the value in `out`; the result reads it. */
CoreExpr *make_global(Lower *l, const char *name, CoreExpr *value, Span span, CoreExprs *out);
bool is_atom(const CoreExpr *expr); /* may be evaluated any number of times, anywhere in its scope, without cost or effect */
/* Evaluates into `out` unless it is an atom; the result is an atom. */
CoreExpr *hold(Lower *l, CoreExpr *expr, const char *name, CoreExprs *out);

/* ---- expressions (lower_expr.c, lower_op.c), statements (lower_statement.c), places (lower_place.c), patterns (lower_pattern.c)
 */

Ast *ast_strip(Ast *ast); /* without parentheses */
CoreExpr *lower_expr(Lower *l, Env *env, Ast *ast);
CoreExpr *lower_name(Lower *l, Env *env, Ast *ast);
CoreExpr *lower_binary(Lower *l, Env *env, AstBinary *ast);
CoreExpr *lower_question(Lower *l, Env *env, AstQuestion *ast);
CoreExpr *lower_unary(Lower *l, Env *env, AstUnary *ast);
CoreExpr *lower_interpolation(Lower *l, Env *env, AstInterpolation *ast);
CoreExpr *apply_operator(Lower *l, AstOp op, CoreExpr *left, CoreExpr *right, const CoreType *type, Span span);
CoreExpr *make_format(Lower *l, CoreExpr *value, AstText spec, Span span);

void lower_tests(Lower *l, Env *env, CoreExprs *out); /* lower_test.c: the program's tests, one after the other */
void lower_statement(Lower *l, Env *env, Ast *ast, CoreExprs *out);
CoreExpr *lower_block(Lower *l, Env *env, AstBlock *block);
void lower_assign(Lower *l, Env *env, AstAssign *ast, CoreExprs *out);
bool ast_is_update(const Ast *ast); /* xs.push(v) and its like */
void lower_update(Lower *l, Env *env, AstMethod *ast, CoreExprs *out);

/* Whether the pattern matches the value, which is an atom or a part of one; NULL: always. */
CoreExpr *pattern_test(Lower *l, Env *env, Ast *pattern, CoreExpr *value);
/* Binds the names of a pattern, which is known to match, to the parts of a value. */
void bind_pattern(Lower *l, Env *env, Ast *pattern, CoreExpr *value, CoreExprs *out);
/* A variable that receives what the pattern takes apart afterwards: named by the pattern when that is a name. */
CoreVar *pattern_var(Lower *l, Ast *pattern, const CoreType *type);
void bind_global_let(Lower *l, Env *env, AstLet *let, CoreExprs *out);

/* ---- cells (lower_cell.c) */

CoreExpr *lower_given(Lower *l, Env *env, AstGiven *given); /* reads what an earlier cell left */
CoreExpr *lower_kept(Lower *l, Env *env, AstKept *kept);
void bind_given(Lower *l, Env *env, AstLet *let, CoreExprs *out); /* a let whose value is given */
void lower_wanted(Lower *l, Env *env, Ast *ast, CoreExprs *out);  /* the value of the last statement */
void lower_exports(Lower *l, Env *env, CoreExprs *out);           /* leaves what the cell declared to those that follow */

CoreExpr *lower_match(Lower *l, Env *env, AstMatch *ast);

/* ---- declared types (lower_data.c) */

const CoreType *data_type(Lower *l, Type *type, Span span); /* of a concrete TYPE_DATA */
CoreExpr *data_make(Lower *l, const CoreType *type, const Symbol *constructor, const CoreExprs *fields, Span span);
CoreExpr *data_field(Lower *l, CoreExpr *value, const Symbol *constructor, size_t field, Span span);
CoreExpr *data_test(Lower *l, CoreExpr *value, const Symbol *constructor, Span span); /* NULL: there is no other constructor */
/* The steps to a record's field, appended; false where there is no such field. */
bool data_steps(Lower *l, CorePlace *place, const char *name);
CoreExpr *lower_dot(Lower *l, Env *env, AstDot *ast);
CoreExpr *lower_with(Lower *l, Env *env, AstWith *ast);

/* ---- calls (lower_call.c) and functions as values (lower_callable.c) */

typedef enum CallableKind { CALLABLE_TREE, CALLABLE_DECLARED, CALLABLE_OPERATOR, CALLABLE_VALUE } CallableKind;

/* A function that is known while lowering, as far as it is. */
typedef struct Callable {
    CallableKind kind;
    Ast *tree;            /* TREE: LAMBDA */
    Env *env;             /* TREE: where it stands; NULL: at the top level */
    Env *home;            /* TREE: the same, before type variables of its own were given a meaning */
    bool is_direct;       /* TREE: it stands in this place only, so that its body may be put there */
    const Symbol *symbol; /* DECLARED: FN or EXTERN of a module */
    const Subst *subst;   /* DECLARED */
    AstOp op;
    CoreExpr *value; /* VALUE: an atom */
    Span span;
} Callable;

bool ast_is_function_literal(Lower *l, Env *env, Ast *ast);
Callable callable_of(Lower *l, Env *env, Ast *ast, CoreExprs *out);
Callable callable_of_symbol(Lower *l, Env *env, const Symbol *symbol, const Use *use, Span span);
size_t callable_arity(const Callable *callable);
/* Arguments as many as the function has parameters: a tuple is taken apart, or several are put together. */
CoreExprs callable_args(Lower *l, const Callable *callable, CoreExprs args, Span span, CoreExprs *out);
/* The call's value. Arguments are taken apart or put together as the arity asks. What must come first goes to `out`. */
CoreExpr *callable_apply(Lower *l, const Callable *callable, CoreExprs args, Span span, CoreExprs *out);
CoreExpr *callable_value(Lower *l, const Callable *callable, const CoreType *type, Span span); /* a closure */
/* The operator that the function is when its body is `x op y` over its two parameters (either way round), else OP_NONE. */
AstOp callable_operator(const Callable *callable);
AstList *tree_params(Ast *tree); /* of a LAMBDA or FN */
Ast *tree_body(Ast *tree);
bool tree_returns(Ast *tree); /* leaves by `return` somewhere */

CoreFn *fn_new(Lower *l, const char *name, const CoreType *result, Span span); /* the name is made unique */
CoreFn *fn_instance(Lower *l, const Symbol *symbol, const Subst *subst);
const char *position_name(Lower *l, const char *what, Span span); /* "lambda@3:14" */
/* Makes the function's params and body from those of a LAMBDA or FN, in a new environment inside `env`. */
void lower_tree_into(Lower *l, CoreFn *fn, Env *env, Ast *tree);
void bind_params(Lower *l, Env *env, Ast *tree, const CoreExprs *args, CoreExprs *out);

CoreExpr *lower_call(Lower *l, Env *env, Ast *call);                          /* CALL or METHOD */
CoreExpr *call_declared(Lower *l, Env *env, Ast *call, const Symbol *symbol); /* a call of a declared function */
CoreExpr *apply_declared(Lower *l, const Symbol *symbol, const Subst *subst, CoreExprs args, Span span);
/* The primitive that an extern names, with the descriptors that it takes. */
CoreExpr *make_prim(Lower *l, const Symbol *symbol, const Subst *subst, CoreExprs args, Span span);
CoreExpr *apply_print(Lower *l, const char *name, CoreExprs values, Span span);

/* One argument of a call: its tree, where to lower it, and the parameter's concrete type. */
typedef struct CallArg {
    Ast *ast;
    Env *env;
    Type *type;
} CallArg;
typedef VEC(CallArg) CallArgs;
/* The call's arguments in the order of the parameters of a declared function; checking put copies of defaults among them. */
CallArgs call_args(Lower *l, Env *env, Ast *call, const Symbol *symbol, const Subst *subst, const AstList *params);
const Use *call_use(const Ast *call);
Callable called(Lower *l, Env *env, Ast *call, CoreExprs *out); /* what a call that is not of a declared function calls */
CoreExprs lower_args(Lower *l, Env *env, Ast *call);            /* its arguments as they are written */

/* ---- captures (capture.c) */

/* The variables that a function in a block may read, being declared around it: before it is lowered, since it may call itself. */
CoreExprs capture_foreseen(Lower *l, Ast *tree, Env *env);
/* Rename the free variables of code to new borrowed variables, appended to `captures`; reads of what they stood for go to
 * `captured`. What is in `captured` already is a capture whether it is read or not. */
void capture_fn(Lower *l, CoreFn *fn, CoreVars *captures, CoreExprs *captured);
void capture_job(Lower *l, CoreJob *job);

/* ---- streams (lower_stream.c, stream_call.c, stream_value.c) */

typedef VEC(Stream *) Streams;
typedef enum StreamKind { STREAM_BASE, STREAM_PIPE, STREAM_SCAN, STREAM_PIECES } StreamKind;
typedef struct ReducerUse ReducerUse;

/* A recipe. */
struct Stream {
    StreamKind kind;
    CoreSourceKind source; /* BASE */
    CoreExpr *value;       /* BASE: an atom; PIECES: whether they come in order */
    bool is_flat;          /* PIPE: flatmap; also of PIECES, whose number is unknown likewise */
    bool is_identity;      /* PIPE: `reduce g over a`: no function */
    Callable function;
    bool has_where;
    Callable where;
    const ReducerUse *reducer; /* SCAN, of operand 0 */
    Type *element;             /* of its elements, where the program's text says it; else NULL */
    Streams operands;
    size_t passes; /* how many first passes a job over it needs */
    size_t size;   /* stages and bases of the whole tree, operands that occur twice counted twice */
    Span span;
};

/* What becomes of each element: appends to `out` the code that consumes it. */
typedef struct Consumer Consumer;
struct Consumer {
    void (*push)(Lower *l, Consumer *self, CoreExpr *element, CoreExprs *out);
};

/* The loops that an emission opened so far. With `sources`, the outermost one is not a loop but a job's: its sources go there. */
typedef struct LoopHook LoopHook; /* lower_loop.h */

/* What a first pass found for a stage of the stream: a list, an atom. */
typedef struct Prepared {
    const Stream *stage;
    CoreExpr *list;
} Prepared;

typedef struct Nest {
    CoreSources *sources;
    VEC(Prepared) prepared; /* of stages that a job's chunks cannot walk by themselves: see stream_prepare */
    VEC(LoopHook *) hooks;  /* of stages whose loop is still to be opened */
    bool is_open;
    bool is_value; /* the code is a walk function's */
    bool by_chunk; /* the job's code is that for a chunk, with the loop over its elements inside */
    uint32_t outermost, innermost;
} Nest;

Stream *stream_of(Lower *l, Env *env, Ast *ast, CoreExprs *out); /* ast: a sequence of any kind; holds its operands in `out` */
Stream *stream_of_value(Lower *l, CoreExpr *value, CoreExprs *out);
void stream_emit(Lower *l, Stream *stream, Consumer *consumer, Nest *nest, CoreExprs *out);
/* Before a stream is emitted into a job: the jobs that must come first, in `out`. Idle where there is nothing to find out. */
void stream_prepare(Lower *l, Stream *stream, Nest *nest, CoreExprs *out);
Stream *stream_of_pipe(Lower *l, Env *env, AstPipe *pipe, CoreExprs *out); /* without its reduction */
Stream *stream_of_call(Lower *l, Env *env, Ast *call, CoreExprs *out);
/* The elements of f(args): for flatmap. */
Stream *stream_of_apply(Lower *l, const Callable *callable, CoreExprs args, Span span, CoreExprs *out);
/* Whether a call of a declared function is put in its place, so that its streams are seen: it takes or gives one, and can be. */
bool fn_is_inlined(Lower *l, const Symbol *symbol, const Subst *subst);
/* The value of a call of a declared function whose body is put in the place of the call, where `lower` makes it. */
typedef CoreExpr *LowerBody(Lower *l, Env *env, Ast *body);
CoreExpr *inline_call(Lower *l, Env *env, Ast *call, const Symbol *symbol, const Subst *subst, LowerBody *lower);
/* Whether the body of a FN or LAMBDA may be put in the place of a call; who does enters it before and leaves it afterwards. */
bool tree_is_inlined(Lower *l, Ast *tree);
void inline_enter(Lower *l, const Ast *tree);
void inline_leave(Lower *l);
CoreExpr *stream_value(Lower *l, Stream *stream); /* the recipe as a value */
bool stream_is_value(const Stream *stream);       /* it is one, and no recipe is seen */
/* A call of a primitive that gives a stream; `value` is its argument. */
Stream *stream_of_primitive(Lower *l, const Symbol *symbol, CoreExpr *value, Span span, CoreExprs *out);
CoreExpr *lower_for(Lower *l, Env *env, AstFor *ast);

/* ---- jobs and reducers (lower_job.c, lower_reducer.c) */

struct ReducerUse {
    const Symbol *symbol;    /* a declared reducer; NULL: a function or a tuple */
    VEC(ReducerUse) members; /* of a tuple of reducers */
    Env *env;                /* of a declared one: its parameters, bound */
    const Subst *subst;
    Callable function;
    CoreExpr *from; /* an atom, or NULL */
    const char *name;
    bool is_plain;    /* made by reducer_plain */
    bool has_default; /* a parameter of a declared one is left to its default */
    Span span;
};

bool ast_is_reducer(const Ast *ast);
Ast *reduced_sequence(Ast *call); /* of mean(xs) or xs.mean(): xs; NULL where there is none */
ReducerUse reducer_use_of(Lower *l, Env *env, Ast *ast, CoreExprs *out);
/* Fills in the job's reducer for elements of this type. */
void reducer_build(Lower *l, CoreJob *job, const ReducerUse *use, const CoreType *element);
/* Adds what is tested of the reducer to the job's laws (lower_laws.c). */
void reducer_laws(Lower *l, CoreJob *job, const ReducerUse *use, const CoreType *element);
void scan_laws(Lower *l, Stream *below, const ReducerUse *use, CoreExprs *out, Span span); /* the same of a scan of `below` */
/* The state and result of a declared reducer; false: refused. */
bool reducer_types(Lower *l, const ReducerUse *use, Span span, const CoreType **state, const CoreType **result);
/* The body of a declared reducer's member with its parameters bound to these values; NULL where it has no such member. */
CoreExpr *reducer_member(Lower *l, const ReducerUse *use, const char *name, const CoreExprs *args, const CoreType *type);
/* A variable of a code piece. */
CoreVar *state_var(Lower *l, const char *name, const CoreType *type, bool is_owned, Span span);
bool reducer_is_prelude(const Symbol *symbol, const char *name);
bool reducer_is_exact(const ReducerUse *use, const CoreType *element);
bool reducer_is_associative(const Symbol *symbol);
/* What a reducer that was built is by its code (lower_known.c). Of one that only adds: what it adds to the state for this element.
 */
bool reducer_only_adds(const CoreReducer *reducer);
CoreExpr *reducer_addend(Lower *l, const ReducerUse *use, CoreExpr *element);
bool reducer_is_extreme(const CoreReducer *reducer); /* exact, as it keeps the largest int, or the smallest */
/* Makes the job's reducer the exact sum of ints. */
void reducer_build_sum(Lower *l, CoreJob *job, Span span);
bool reducer_takes_one(const ReducerUse *use); /* it is done with the first element */
/* The same reducer without the forms that only code generation knows: the sum of ints is the library's `exact_sum`. */
ReducerUse reducer_plain(Lower *l, const ReducerUse *use, const CoreType *element);
/* The type of a plain reducer's state; `result` is that of a function's. */
Type *reducer_state(Lower *l, const ReducerUse *use, Type *result, const CoreType *element);

/* The same for a tuple of reducers (lower_tuple.c). */
ReducerUse reducer_tuple_use(Lower *l, Env *env, AstTuple *tuple, CoreExprs *out);
void reducer_build_tuple(Lower *l, CoreJob *job, const ReducerUse *use, const CoreType *element);

CoreJob *job_new(Lower *l, Span span); /* of the program, named by the text of the span */
/* A job whose sources and reducer are made, with `statements` as its body. */
CoreExpr *job_end(Lower *l, CoreJob *job, const Nest *nest, CoreExprs *statements, Span span);
CoreExpr *job_of_stream(Lower *l, Stream *stream, const ReducerUse *reducer, const Callable *by, bool by_key, CoreExprs *out,
                        Span span);
CoreExpr *lower_pipe(Lower *l, Env *env, AstPipe *pipe);
CoreExpr *lower_reducer_call(Lower *l, Env *env, Ast *call); /* mean(xs) */

/* ---- futures (lower_async.c) */

CoreExpr *lower_async(Lower *l, Env *env, AstAsync *ast);
CoreExpr *lower_await(Lower *l, Env *env, AstAwait *ast);
CoreExpr *lower_future_field(Lower *l, Env *env, AstDot *ast); /* `.done`, `.progress` */

#endif
