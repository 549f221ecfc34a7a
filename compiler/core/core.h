/* core.h: the monomorphic core: what lowering makes of a checked program and code generation turns into LLVM.
 *
 * A small, typed, structured language: every name is resolved to a CoreVar, a CoreFn or a global; every type is concrete; generic
 * functions exist once for each instance; patterns are taken apart; defaults and names of arguments are gone. Where a stream is
 * seen it does not exist any more: a pipeline has become the loop nest that pushes its elements, ending in `yield`, inside a
 * CoreJob (map … reduce) or a CORE_FOR. Where it is not, it is a value whose function is such a nest. All nodes live in the
 * compile's arena. Requires: a checked AST without errors. The AST is not reachable from here. */
#ifndef COMPILER_CORE_CORE_H
#define COMPILER_CORE_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/intern.h"
#include "base/vec.h"
#include "compiler/source/source.h"

/* ---- types: interned, so that equal types are the same pointer */

typedef enum CoreTypeKind {
    CORE_TYPE_INT,
    CORE_TYPE_FLOAT,
    CORE_TYPE_BOOL,
    CORE_TYPE_STRING,
    CORE_TYPE_RANGE,
    CORE_TYPE_TUPLE,    /* args: the fields; none: unit */
    CORE_TYPE_OPTIONAL, /* args[0] */
    CORE_TYPE_LIST,     /* args[0] */
    CORE_TYPE_MAP,      /* args[0] key, args[1] value */
    CORE_TYPE_SET,      /* args[0] */
    CORE_TYPE_FN,       /* args: parameters, then the result */
    CORE_TYPE_FUTURE,   /* args[0]: the result */
    CORE_TYPE_STREAM,   /* args[0]: a recipe that nobody sees through: a closure of a walk function, see CoreFn */
    CORE_TYPE_BOX,      /* args[0]: a shared cell with such a tuple in it: a declared type that is recursive or large */
} CoreTypeKind;

typedef struct CoreType CoreType;

/* A declared type is a tuple: which constructor it is, where there are several, and the fields. Constructors share the tuple's
 * fields where types and order allow it: a constructor's own fields lie in ascending slots, and what is not one of them is zero. So
 * a value is compared, hashed and dropped as the tuple that it is. */
typedef struct CoreConstructor {
    const char *name;
    size_t field_count;
    const uint32_t *slots;    /* of each field: the field of the tuple; ascending */
    const char *const *names; /* of each field, NULL where it has none */
} CoreConstructor;

typedef struct CoreData {
    const CoreConstructor *constructors;
    size_t constructor_count;
    bool has_tag; /* field 0 of the tuple is an int: the number of the constructor */
} CoreData;

struct CoreType {
    CoreTypeKind kind;
    const CoreType **args;
    size_t arg_count;
    const char *name;     /* as a program would write it: "[string: int]" */
    bool is_flat;         /* nothing inside is reference-counted or borrowed */
    const CoreData *data; /* of a TUPLE that is a declared type; else NULL */
    uint32_t id;          /* from 0 in the order of creation */
};

typedef struct CoreTypes CoreTypes;
CoreTypes *core_types_new(Arena *arena);
const CoreType *core_type(CoreTypes *types, CoreTypeKind kind, const CoreType *const *args, size_t arg_count);
/* Declared types go by their names: the type of this name, or NULL; a new one, which is completed by whoever declares it. */
const CoreType *core_type_named(CoreTypes *types, const char *name);
CoreType *core_type_declare(CoreTypes *types, CoreTypeKind kind, const char *name);
void core_type_complete(CoreTypes *types, CoreType *type, const CoreType *const *args, size_t arg_count);
const CoreType *core_type_declared(const CoreTypes *types, size_t index); /* in the order of core_type_declare; NULL: no more */
/* The tuple that a value of a declared type is; NULL for other types. */
const CoreType *core_type_content(const CoreType *type);

/* ---- names */

typedef struct CoreExpr CoreExpr;
typedef struct CoreFn CoreFn;
typedef struct CoreJob CoreJob;

typedef struct CoreVar {
    const char *name; /* for people; not unique */
    uint32_t id;      /* unique in the program */
    const CoreType *type;
    bool is_mutable; /* declared by `var`: may be the root of a place */
    bool is_owned;   /* a parameter that the callee consumes (reducers' states); locals always own, other parameters are borrowed */
    bool is_borrowed; /* what does not own its value and is never moved from: other parameters, captures, a source's elements */
    bool is_hidden;   /* made by lowering: no name in the program */
    Span span;
} CoreVar;

typedef VEC(CoreVar *) CoreVars;
typedef VEC(CoreExpr *) CoreExprs;

struct CoreFn {
    const char *name;  /* unique in the program: "tally", "biggest[int]", "lambda@3:14" */
    CoreVars captures; /* of a closure: what its environment holds, read as ordinary variables */
    CoreVars params;
    const CoreType *result;
    CoreExpr *body;
    Span span;
    /* Of a walk function, the type of what it yields; else NULL. Its closure is a stream, its body a CORE_FOR with `is_chunk` set
     * whose sources are the first captures; it has no parameters, and each YIELD in it goes to whoever walks the stream. */
    const CoreType *element;
    const CoreType *closure_type; /* of the values that a closure's function makes; see core_closure_type, which asks once */
    bool is_closure; /* made into a value by CORE_CLOSURE, and then never called by CORE_CALL; else the other way round */
    bool is_tail; /* takes part in tail calls of one function by another: has the convention that they need, and owned parameters */
    size_t group; /* the same for all functions of a cycle of calls; 0: in none */
    bool is_recursive; /* in a cycle of calls (also through function values, conservatively): checks the stack on entry */
};

typedef struct CoreGlobal {
    const char *name;
    uint32_t index; /* in CoreProgram.globals */
    const CoreType *type;
    Span span;
} CoreGlobal;

/* ---- expressions
 *
 * BREAK, CONTINUE and RETURN have the type that their place asks for, as have the BLOCKs and IFs that always end in one: such an
 * expression never gives a value.
 *
 * is_move is set only where a value is consumed: in LET, ASSIGN, RETURN, YIELD, the operands of TUPLE, SOME, BOX, LIST, MAP, SET
 * and CLOSURE, captured values of jobs, sources, arguments for owned parameters, and the results of blocks, branches and functions.
 */

/* Steps from a variable to a part of it that is read or changed in place. */
typedef struct CoreStep {
    CoreExpr *index; /* list index or map key; NULL: a tuple field, or what is in a box (field 0), which is made unique */
    uint32_t field;
    const CoreType *container; /* the type of what is stepped into */
} CoreStep;

typedef struct CorePlace {
    CoreVar *var;
    CoreGlobal *global; /* of a top-level `let`, which is assigned once; exactly one of var and global is set */
    VEC(CoreStep) steps;
    const CoreType *type; /* of the part */
} CorePlace;

typedef enum CoreKind {
    CORE_INT,        /* integer */
    CORE_FLOAT,      /* number */
    CORE_BOOL,       /* flag */
    CORE_STRING,     /* text, text_len */
    CORE_LOCAL,      /* var; is_move: the variable is not read again, its value may be taken (and the variable zeroed) */
    CORE_GLOBAL,     /* global */
    CORE_LET,        /* var = args[0]; unit; in scope until the end of the enclosing CORE_BLOCK */
    CORE_ASSIGN,     /* place = args[0]; unit; the indices of the steps are evaluated before args, here and in UPDATE */
    CORE_BLOCK,      /* args in order; the value is the last one's (none: unit) */
    CORE_IF,         /* args[0] condition, args[1] then, args[2] else */
    CORE_WHILE,      /* args[0] condition, args[1] body; loop; unit; flag: the condition is true, and nothing breaks the loop */
    CORE_FOR,        /* sources, args[0] body; loop; unit */
    CORE_BREAK,      /* loop */
    CORE_CONTINUE,   /* loop */
    CORE_RETURN,     /* args[0] or none */
    CORE_TRY,        /* args[0]; where that fails args[1], with var bound to the error: a tuple (message, where) of strings */
    CORE_OP,         /* op on args: see CoreOp */
    CORE_CALL,       /* fn(args); flag: a tail call, the operand of a RETURN */
    CORE_CALL_VALUE, /* args[0] is the function value, the rest its arguments */
    CORE_PRIM,    /* primitive `text` of abi.def: args, then type_args as descriptors. flag: of `split`, the list is only looked at,
                     and never more than its first `integer` elements (0: all), see lend.c */
    CORE_FOREIGN, /* the C function `text` of CoreProgram.foreign: args are ints, floats, bools and strings */
    CORE_UPDATE,  /* updating primitive `text` on `place` with args */
    CORE_CLOSURE, /* fn with args as the values of its captures */
    CORE_TUPLE,   /* args; none: unit */
    CORE_FIELD,   /* field `integer` of args[0]; is_move as for LOCAL when args[0] is a LOCAL: just this field is taken */
    CORE_SOME,    /* args[0] */
    CORE_NONE,
    CORE_ZERO,    /* the value of the type that is all zero bytes */
    CORE_BOX,     /* args[0], a tuple, in a new cell */
    CORE_UNBOX,   /* what is in the cell of args[0] */
    CORE_IS_SOME, /* args[0] */
    CORE_UNWRAP,  /* what is in args[0], known to be some; is_move as for FIELD */
    CORE_LIST,    /* args are the elements */
    CORE_MAP,     /* args: key, value, key, value … */
    CORE_SET,     /* args are the elements */
    CORE_RANGE,   /* args[0] first, args[1] last or none (open); flag: exclusive */
    CORE_INDEX,   /* args[0][args[1]]: a list's element, a map's value; fails where there is none */
    CORE_SLICE,   /* args[0][args[1] .. args[2]] of a list or string; flag: exclusive; args[2] none: to the end */
    CORE_CONCAT,  /* args are strings, put together */
    CORE_FORMAT,  /* args[0] of any printable type as a string; text: the format spec, already checked, or empty */
    CORE_JOB,     /* job: a map … reduce; its value is the result (or the answers); flag: it is only started, and its value is
                     the future. A job that follows another has two args: whether its state is known, and the state, an optional */
    CORE_CHUNK,   /* in the body of a job by chunks only: args[0] for each element of the chunk; loop; unit */
    CORE_YIELD,   /* in a job's body: args[0] goes to the job's reducer (keyed: a pair of key and value); in a walk function: to
                     whoever walks; unit */
} CoreKind;

/* Arithmetic on ints fails on overflow, except the wrapping ones; `//` and `%` round to minus infinity and fail for zero. */
typedef enum CoreOp {
    CORE_OP_ADD,
    CORE_OP_SUB,
    CORE_OP_MUL, /* int, float; ADD of strings is CORE_CONCAT, of lists CONCAT_LISTS */
    CORE_OP_ADD_WRAP,
    CORE_OP_SUB_WRAP,
    CORE_OP_MUL_WRAP, /* int */
    CORE_OP_DIV,      /* float */
    CORE_OP_FLOOR_DIV,
    CORE_OP_MOD, /* int; MOD also float */
    CORE_OP_POW, /* int, float */
    CORE_OP_NEG, /* int, float */
    CORE_OP_NOT, /* bool; `and`, `or` are CORE_IF */
    CORE_OP_BIT_AND,
    CORE_OP_BIT_OR,
    CORE_OP_BIT_XOR,
    CORE_OP_SHL,
    CORE_OP_SHR, /* int; SHR is arithmetic */
    CORE_OP_EQ,
    CORE_OP_NE,
    CORE_OP_LT,
    CORE_OP_LE,
    CORE_OP_GT,
    CORE_OP_GE,            /* any type with equality or order; floats as IEEE compares them, inside containers by the total order */
    CORE_OP_COMPARE_TOTAL, /* negative, 0, positive: the total order, as an int */
    CORE_OP_IN,            /* args[0] in args[1]: map, set, list, range, string */
    CORE_OP_CONCAT_LISTS,
} CoreOp;

/* What a loop or a job walks. */
typedef enum CoreSourceKind {
    CORE_SOURCE_RANGE,
    CORE_SOURCE_LIST,
    CORE_SOURCE_MAP, /* var is a pair */
    CORE_SOURCE_SET,
    CORE_SOURCE_OPTIONAL,
    CORE_SOURCE_WORDS_IN, /* expr is a string: its words */
    CORE_SOURCE_LINES_IN,
    CORE_SOURCE_PARTS,      /* expr is a PRIM that gives a list of a text's parts: they are found one by one, and no list is made */
    CORE_SOURCE_TEXT_WORDS, /* expr is a list of paths: their text in chunks that are cut at words; var is a string */
    CORE_SOURCE_TEXT_LINES,
    CORE_SOURCE_STREAM, /* a stream as a value: alone; var is an element, in a job's own sources nothing */
    CORE_SOURCE_BEFORE, /* of a job by chunks: expr is a list with an element for each chunk and one more; var is the chunk's own */
    CORE_SOURCE_SHARE, /* of a job by chunks: expr is a list, var the part of it, a list too, from the chunk's element of the BEFORE
                          that stands in front, of ints, to the next chunk's */
} CoreSourceKind;

typedef struct CoreSource {
    CoreSourceKind kind;
    CoreExpr *expr; /* evaluated once, before the loop */
    CoreVar *var;   /* bound to each element */
    Span span;
    bool of_lines; /* PARTS, but for characters: of each line of the text, one after the other */
} CoreSource;

typedef VEC(CoreSource) CoreSources;

bool core_source_is_whole(const CoreSource *source); /* BEFORE, SHARE: bound once for a chunk, not to each element */

struct CoreExpr {
    CoreKind kind;
    CoreOp op;
    const CoreType *type;
    Span span;
    CoreExprs args;
    CoreVar *var;
    CoreGlobal *global;
    CoreFn *fn;
    CoreJob *job;
    CorePlace *place;
    CoreSources
        sources; /* FOR: several are walked together: their lengths must be equal, open ranges excepted; WORDS_IN … stand alone */
    uint32_t loop; /* FOR, WHILE: its id, unique in the function; BREAK, CONTINUE: the loop meant */
    bool is_input; /* FOR over WORDS_IN or LINES_IN of the job's own text chunk: its position is the input position of errors */
    bool is_chunk; /* FOR in a walk function, or over a STREAM in a job's body: not all elements, but those of the chunk at hand */
    bool is_move, flag;
    int64_t integer;
    double number;
    const char *text;
    size_t text_len;
    const CoreType **type_args;
    size_t type_arg_count;
    uint64_t generic_args; /* PRIM, UPDATE: bit i is set where args[i] is declared by a type variable: such go by address */
};

/* ---- jobs */

typedef enum CoreReduceKind {
    CORE_REDUCE_FOLD,    /* merge is g itself; the first element is the state; no value for nothing */
    CORE_REDUCE_GENERAL, /* init, add, merge, finish */
    CORE_REDUCE_SUM_INT, /* exact: the state is a pair (low, high) of ints: a 128-bit sum, checked by finish */
    CORE_REDUCE_LANES,   /* float + or * (lane_op): 32 lanes in a chunk by position, combined pairwise */
    CORE_REDUCE_COUNT,   /* int; exact */
} CoreReduceKind;

/* A piece of code over the job's captures: params bound, body evaluated. */
typedef struct CoreCode {
    CoreVar *params[2]; /* add: state, element; merge: left, right; finish, done: state */
    CoreExpr *body;     /* NULL: there is none */
} CoreCode;

typedef struct CoreReducer {
    CoreReduceKind kind;
    CoreOp lane_op;
    const char *name;                         /* "sum", "(+)", "lambda@3:14" */
    const CoreType *element, *state, *result; /* keyed: of one key's values */
    CoreExpr *init;                           /* GENERAL */
    CoreCode add;                             /* GENERAL; the state is owned (moved in and out) */
    CoreCode merge;                           /* GENERAL, FOLD: both owned */
    CoreCode finish;                          /* GENERAL, maybe: state -> result */
    CoreCode done;                            /* GENERAL, maybe: state -> bool: later elements cannot change the result */
    CoreCode from;                            /* FOLD, LANES, SUM_INT with `from z`: params[0] the whole; the body is g(z, whole) */
    CoreExpr *nothing;   /* the result for no elements, where the reducer has one (GENERAL: finish(init); from: z); NULL: an error.
                            Keyed jobs: NULL, the result is [:] */
    bool is_exact;       /* exactly commutative and associative */
    bool is_associative; /* exactly associative, merge(a, b) being a with b's elements added in order: implied by is_exact */
    bool is_list;        /* the state is the list of the elements, and the result */
} CoreReducer;

/* What `mrc --check-laws` tests of a job: a reducer once more, a member of a tuple for itself. Its `from` and `nothing` are left
 * out. */
typedef struct CoreLaw {
    const char *name; /* for people: "`(-)`", "the reducer `mean`" */
    Span span;
    CoreReducer reducer;
} CoreLaw;

/* What must be left of a keyed job's table. */
typedef enum CoreKeep {
    CORE_KEEP_ALL,
    CORE_KEEP_MOST_COMMON, /* the entries with the `keep_most` largest values, of equal ones those with the smaller keys; 0: none */
} CoreKeep;

/* A job over a keyed job's table that is done where the parts of the table are. */
typedef struct CoreFollow {
    CoreJob *job;      /* one source, the table; an exact reducer */
    CoreVar *captures; /* the capture of the keyed job that has the tuple of what `job` captures; NULL: it captures nothing */
} CoreFollow;

/* Where more is asked of a table than its most common entries, the keyed job's value is a tuple of answers: the table, or what is
 * left of it; how many entries the whole has; whether those that were left out have been followed; then for each job that follows
 * its state, an optional. */
enum { CORE_ANSWER_TABLE, CORE_ANSWER_COUNT, CORE_ANSWER_IS_FOLLOWED, CORE_ANSWER_STATES };

struct CoreJob {
    uint32_t index; /* in CoreProgram.jobs */
    const char *name;
    Span span;
    CoreSources sources; /* kinds RANGE, LIST, MAP, SET, OPTIONAL walked together, or one TEXT_… or STREAM; then BEFORE and SHARE,
                            which are bound for a chunk as a whole; evaluated in the enclosing function */
    CoreVars captures;   /* the variables of the job's own code … */
    CoreExprs captured;  /* … and the values they get, evaluated in the enclosing function */
    CoreExpr *body;      /* pushes elements: reads captures and the sources' variables, ends in YIELDs */
    bool catches;        /* reaches a TRY, which may ask what is being mapped */
    bool prints;         /* reaches a call of `print` */
    bool is_single;      /* made of an expression, of which its one element is the value */
    bool by_chunk;       /* the body is evaluated once for each chunk, and walks its elements by CORE_CHUNK */
    bool is_silent;      /* what the job's code prints is dropped: another job prints it */
    const CoreType *key; /* NULL: not keyed; else the result is a map from it */
    CoreKeep keep;
    int64_t keep_most;
    CoreVar *keep_also; /* the capture that has a tuple of ints: as many entries are kept as the largest of them and keep_most says;
                           NULL: none */
    VEC(CoreFollow) follows;
    const CoreType *answers; /* NULL: the job's value is `result` */
    CoreReducer reducer;
    VEC(CoreLaw) laws; /* none but in a program that checks laws */
    const CoreType *result;
    VEC(CoreGlobal *) globals; /* read by the job's code or what it calls, transitively; ascending index */
    uint8_t hash[16];          /* of the printed core of the job and all it calls */
};

/* A name that a cell declares for those that follow: the global that has its value in the end. `value` is the name of that of the
 * last statement. */
typedef struct CoreExport {
    const char *name;
    const CoreGlobal *global;
} CoreExport;

/* A C function that the program calls. */
typedef struct CoreForeign {
    const char *name;
    const char *library; /* what the linker finds it in: "m"; NULL: it is there anyway */
    const CoreType *type;
    Span span;
} CoreForeign;

typedef struct CoreProgram {
    Arena *arena;
    const SourceMap *sources;
    CoreTypes *types;
    VEC(CoreFn *) fns; /* callees need not come before callers */
    VEC(CoreGlobal *) globals;
    VEC(CoreJob *) jobs;
    bool has_futures; /* some job is only started */
    VEC(CoreForeign) foreign;
    VEC(CoreExport)
    given, exports; /* of a cell: the globals that have values before it starts, and that are read when it has run */
    bool checks_laws;
    CoreFn *top_level; /* no parameters, unit; sets the globals (CORE_ASSIGN) and runs the statements */
    uint8_t hash[16];
} CoreProgram;

/* Of the values that the function of a closure, or of a stream, makes. */
const CoreType *core_closure_type(const CoreProgram *program, CoreFn *fn);

/* The type of a job's whole state: keyed, a map of the reducer's states; of the tuple of what it captures. */
const CoreType *core_job_state(const CoreProgram *program, const CoreJob *job);
const CoreType *core_job_captures(const CoreProgram *program, const CoreJob *job);

/* The text forms behind --emit=core and --emit=plan (each job: sources, captures, globals, reducer, how it is cut and combined). */
void core_print(const CoreProgram *program, Buf *out);
/* Adds what else is to be said of a job, in lines that begin with four spaces. */
typedef void CorePlanMore(void *context, const CoreJob *job, Buf *out);
void core_print_plan(const CoreProgram *program, CorePlanMore *more, void *context, Buf *out); /* more may be NULL */
void core_print_dot(const CoreProgram *program, Buf *out); /* functions and jobs as a graph, for Graphviz */
bool core_may_be_replaced(const CoreProgram *program);     /* there is no loop in it that a replacement would not reach */
bool core_runs_once(const CoreProgram *program);           /* there are no jobs, functions or loops in it */
size_t core_size(const CoreProgram *program);              /* expressions */
void core_print_expr(const CoreExpr *expr, Buf *out);

/* Operands are evaluated in their order, except that one which is nothing but a variable, or a part of one, waits for the others
 * where nobody can tell: it may then be the last use of that variable. Ownership (own.c) and code generation go by this. */
bool core_operand_waits(CoreExpr *const *exprs, size_t count, size_t index);

/* Checks types, scopes and shapes. Returns NULL, or what is wrong, in the arena. Run after each pass in debug builds. */
const char *core_verify(const CoreProgram *program);

#endif
