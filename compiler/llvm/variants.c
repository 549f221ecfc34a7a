/* Variants of kernels: which jobs gain from them, and making them.
 *
 * A job gains where its own code, and all that it calls, is arithmetic on ints, floats and lists of such: then it is inlined into
 * one loop, and what that takes depends on the registers. Where strings are cut, memory is asked for or keys are looked up, the
 * time goes elsewhere. */
#include "compiler/llvm/jobs.h"
#include "compiler/llvm/variants.h"

#include <string.h>

static const struct {
    MrCpu level;
    const char *cpu, *width; /* of vectors, in bits, where LLVM would choose narrower ones; or NULL */
} levels[MR_KERNEL_VARIANTS] = {{MR_CPU_X86_64_V3, "x86-64-v3", NULL}, {MR_CPU_X86_64_V4, "x86-64-v4", "512"}};

/* ---- which jobs gain */

typedef struct Question {
    Map asked; /* functions */
    bool gains;
} Question;

static void ask(Question *question, const CoreExpr *expr);

static bool is_plain_type(const CoreType *type) {
    while (type->kind == CORE_TYPE_LIST) type = type->args[0];
    return type->is_flat;
}

/* Primitives that become a few instructions in the loop; others are calls, whose code is the same at all levels. */
static bool is_plain_prim(const char *name) {
    static const char *const plain[] = {"sqrt",          "floor",      "ceil",          "trunc",         "round",      "to_float",
                                        "to_int",        "len",        "compare",       "mix",           "unit_float", "float_bits",
                                        "float_of_bits", "count_ones", "leading_zeros", "trailing_zeros"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (strcmp(name, plain[i]) == 0) return true;
    }
    return false;
}

static bool is_plain_op(const CoreExpr *expr) {
    bool is_float = expr->args.items[0]->type->kind == CORE_TYPE_FLOAT;
    switch (expr->op) {
    case CORE_OP_IN:
    case CORE_OP_CONCAT_LISTS:
    case CORE_OP_POW: return false;
    case CORE_OP_MOD: return !is_float;
    default: return true;
    }
}

static bool has_index_step(const CorePlace *place) {
    for (size_t i = 0; i < place->steps.len; i++) {
        if (place->steps.items[i].index) return true;
    }
    return false;
}

static bool is_plain_source(const CoreSource *source) {
    return (source->kind == CORE_SOURCE_RANGE || source->kind == CORE_SOURCE_LIST || source->kind == CORE_SOURCE_OPTIONAL) &&
           is_plain_type(source->var->type);
}

static bool is_plain(const CoreExpr *expr) {
    switch (expr->kind) {
    case CORE_OP: return is_plain_op(expr);
    case CORE_PRIM: return is_plain_prim(expr->text);
    case CORE_ASSIGN: return !has_index_step(expr->place);
    case CORE_FOR:
        for (size_t i = 0; i < expr->sources.len; i++) {
            if (!is_plain_source(&expr->sources.items[i])) return false;
        }
        return true;
    case CORE_INT:
    case CORE_FLOAT:
    case CORE_BOOL:
    case CORE_LOCAL:
    case CORE_GLOBAL:
    case CORE_LET:
    case CORE_BLOCK:
    case CORE_IF:
    case CORE_WHILE:
    case CORE_BREAK:
    case CORE_CONTINUE:
    case CORE_RETURN:
    case CORE_CALL:
    case CORE_TUPLE:
    case CORE_FIELD:
    case CORE_SOME:
    case CORE_NONE:
    case CORE_ZERO:
    case CORE_IS_SOME:
    case CORE_UNWRAP:
    case CORE_RANGE:
    case CORE_INDEX:
    case CORE_CHUNK:
    case CORE_YIELD: return true;
    default: return false;
    }
}

static void ask_one(const CoreExpr *expr, void *context) {
    Question *question = context;
    if (!question->gains) return;
    question->gains = is_plain(expr) && is_plain_type(expr->type);
    if (!question->gains || expr->kind != CORE_CALL) return;
    void **asked = map_slot_pointer(&question->asked, expr->fn);
    if (*asked) return;
    *asked = question;
    if (expr->fn->is_recursive)
        question->gains = false; /* its time goes into calls */
    else
        ask(question, expr->fn->body);
}

static void ask(Question *question, const CoreExpr *expr) {
    if (expr) expr_each(expr, ask_one, question);
}

static bool job_gains(Gen *gen, const CoreJob *job) {
    if (job->key || job->laws.len || job->is_single || job->catches) return false;
    Question question = {.gains = true};
    map_init(&question.asked, gen->arena);
    for (size_t i = 0; i < job->sources.len; i++) question.gains = question.gains && is_plain_source(&job->sources.items[i]);
    ask(&question, job->body);
    ask(&question, job->reducer.init);
    ask(&question, job->reducer.add.body);
    ask(&question, job->reducer.done.body);
    if (job->reducer.kind == CORE_REDUCE_FOLD) ask(&question, job->reducer.merge.body);
    return question.gains;
}

/* ---- functions of a variant */

Callee **gen_function_place(Gen *gen, const CoreFn *fn) {
    if (!gen->variant) return (Callee **)map_slot_pointer(&gen->functions, fn);
    Callee **place = (Callee **)map_slot_pointer(&gen->variant->functions, fn);
    if (!*place) vec_push(gen->arena, &gen->variant->todo, fn);
    return place;
}

const char *gen_variant_name(Gen *gen, const char *name) {
    return gen->variant ? arena_printf(gen->arena, "%s %s", name, gen->variant->cpu) : name;
}

static void mark(Gen *gen, LLVMValueRef function, const char *name, const char *value) {
    LLVMAttributeRef attribute = LLVMCreateStringAttribute(gen->llvm, name, (unsigned)strlen(name), value, (unsigned)strlen(value));
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, attribute);
}

void gen_variant_mark(Gen *gen, LLVMValueRef function) {
    if (!gen->variant) return;
    mark(gen, function, "target-cpu", gen->variant->cpu);
    if (gen->variant->width) mark(gen, function, "prefer-vector-width", gen->variant->width);
}

/* ---- making them */

static LLVMValueRef variant_make(Gen *gen, const CoreJob *job, size_t index) {
    Variant variant = {.cpu = levels[index].cpu, .width = levels[index].width};
    map_init(&variant.functions, gen->arena);
    gen->variant = &variant;
    LLVMValueRef kernel = gen_kernel(gen, job).function;
    for (size_t i = 0; i < variant.todo.len; i++) gen_function_body(gen, variant.todo.items[i], false);
    gen->variant = NULL;
    return kernel;
}

void gen_kernel_variants(Gen *gen, const CoreJob *job, LLVMValueRef kernels[MR_KERNEL_VARIANTS]) {
    bool wanted = gen->has_variants && job_gains(gen, job);
    for (size_t i = 0; i < MR_KERNEL_VARIANTS; i++) kernels[i] = wanted ? variant_make(gen, job, i) : LLVMConstNull(gen->ptr);
}
