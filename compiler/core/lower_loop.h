/* lower_loop.h: what the files share that lower streams into loops: loops with code around them, and jobs that find out first what
 * other jobs need (a "pass"). See lower_internal.h for lowering as a whole. */
#ifndef COMPILER_CORE_LOWER_LOOP_H
#define COMPILER_CORE_LOWER_LOOP_H

#include "compiler/core/lower_internal.h"

/* ---- code around the outermost loop of an emission (lower_stream.c)
 *
 * A stage that needs variables around the loop over its bases adds a hook to the nest before it emits its operand. When the loop is
 * complete, and all types are known, the hooks say what stands around it. */

typedef struct LoopEnds {
    CoreExprs before;     /* in front of the loop */
    CoreExprs begin;      /* at the beginning of its body */
    CoreSources *job;     /* the loop is that over a job's chunk: the job's sources, to which BEFORE and SHARE can be added */
    CoreSources *sources; /* else those of the loop */
    CoreVar *size, *index, *begun; /* made by ends_chunk_begins */
} LoopEnds;

struct LoopHook {
    void (*close)(Lower *l, LoopHook *hook, LoopEnds *ends);
};

/* ---- lengths, and where chunks begin (lower_chunk.c) */

/* A primitive of one argument of any type. */
CoreExpr *make_prim_of_any(Lower *l, const char *name, const CoreType *type, CoreExpr *value, Span span);
/* How many elements the sequence has, an atom of a type whose values know that; an open range has MR_OPEN. */
CoreExpr *make_extent(Lower *l, const CoreExpr *sequence, Span span);
CoreExpr *make_least(Lower *l, const CoreExprs *numbers, Span span, CoreExprs *out); /* of at least one; an atom */

/* In a plain loop: whether a job over the same bases would begin a chunk, not its first, with this round; NULL: never. */
CoreExpr *ends_chunk_begins(Lower *l, LoopEnds *ends, Span span);

/* ---- what first passes found */

/* What stream_prepare made for a stage of a job's stream: NULL where it made nothing; the second refuses the stage then. */
CoreExpr *nest_find(const Nest *nest, const Stream *stage);
CoreExpr *nest_prepared(Lower *l, const Nest *nest, const Stream *stage);

void nest_prepare(Lower *l, Nest *nest, const Stream *stage, CoreExpr *list);

/* ---- the library's own functions (lower_pass.c) */

const Symbol *prelude_symbol(const Lower *l, const char *name, AstKind kind); /* kind: FN, EXTERN, REDUCER */
/* A call of a function of the prelude with at most one type variable, which stands for `type`. */
CoreExpr *call_prelude(Lower *l, const char *name, Type *type, CoreExprs args, Span span);
CoreExpr *make_failure(Lower *l, CoreExpr *message, Span span);      /* `fail(message)` as a statement */
ReducerUse reducer_list(Lower *l, Type *element);                    /* the reducer `list` */
Type *type_node(Lower *l, TypeKind kind, Type *first, Type *second); /* those that are there */

/* ---- passes (lower_pass.c) */

CoreVar *mutable_new(Lower *l, const char *name, const CoreType *type, Span span);
CoreExpr *make_assign(Lower *l, CoreVar *var, CoreExpr *value);

/* What consumes the elements of a first pass. */
typedef struct Pass Pass;
struct Pass {
    Consumer base;
    CoreExprs declared;                                    /* out: the variables that it uses in the loop */
    bool counts_failed;                                    /* its content counts too where an element failed */
    Type *type;                                            /* out: of what is found of a chunk … */
    CoreExpr *(*content)(Lower *l, Pass *self, Span span); /* … which this reads behind the loop */
};

/* The list of what the pass finds of each chunk of the stream: pairs of that and whether an element failed. */
CoreExpr *pass_job(Lower *l, Stream *stream, Pass *pass, const Nest *nest, Span span);

/* ---- sequences walked together (lower_together.c) */

/* The operand whose elements are pushed: the first of unknown length, or the first of all. */
size_t together_driver(const Stream *stage);
bool stream_is_in_step(const Stream *stream);               /* it has one element for each of its bases' */
bool stream_needs_pass(const Stream *stream);               /* its chunks cannot be walked by themselves: see stream_prepare */
CoreExpr *gather(Lower *l, Stream *stream, CoreExprs *out); /* a list of its elements, by a job */
void together_prepare(Lower *l, Stream *stage, Nest *nest, CoreExprs *out);
void together_emit(Lower *l, Stream *stage, Consumer *consumer, Nest *nest, CoreExprs *out);

/* ---- streams that come in pieces (lower_pieces.c) */

bool is_pieces(const Symbol *symbol); /* the primitive `pieces_of` */
Stream *stream_of_pieces(Lower *l, Env *env, Ast *call, const CallArgs *args, CoreExprs *out);
void pieces_emit(Lower *l, Stream *stage, Consumer *consumer, Nest *nest, CoreExprs *out);

/* ---- shared by the files of streams (lower_stream.c) */

typedef struct OpenLoop {
    CoreSources *job;       /* the sources of the job whose chunk it walks, else NULL */
    CoreExpr *chunk, *loop; /* the loop over a job's chunk and the one over the sources; NULL: there is none */
    VEC(LoopHook *) hooks;
    CoreExprs statements; /* the innermost body */
} OpenLoop;

OpenLoop loop_open(Lower *l, Nest *nest, CoreSources sources, Span span);
void loop_close(Lower *l, OpenLoop *open, CoreExprs *out);
CoreVar *add_source(Lower *l, CoreSources *sources, const Stream *stream);
/* One stage's code around an element of each of its operands. */
void stage_apply(Lower *l, Stream *stage, CoreExprs args, Consumer *consumer, Nest *nest, CoreExprs *out);

/* ---- scans (lower_scan.c) */

typedef struct Running Running;

void scan_emit(Lower *l, Stream *stage, Consumer *consumer, Nest *nest, CoreExprs *out);
/* The same where elements are computed from those of the bases: before the loop is opened, and for each element. */
Running *scan_begin(Lower *l, Stream *stage, Nest *nest);
CoreExpr *scan_value(Lower *l, Running *running, CoreExpr *element, CoreExprs *out);
/* The prefixes of a scan's chunks, by a job over what is below it. */
CoreExpr *scan_prefixes(Lower *l, Stream *stage, Stream *below, const Nest *nest, CoreExprs *out);

#endif
