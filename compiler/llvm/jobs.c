/* Jobs: the place where one is used, and the MrTask constant that describes it to the runtime. */
#include "compiler/llvm/jobs.h"
#include "compiler/llvm/variants.h"

#include <stddef.h>

static const CoreType *captures_type(Gen *gen, const CoreJob *job) {
    return core_job_captures(gen->program, job);
}

void job_bind_captures(Frame *frame, const CoreJob *job, LLVMValueRef captures) {
    const CoreType *type = captures_type(frame->gen, job);
    for (size_t i = 0; i < job->captures.len; i++) {
        CoreVar *var = job->captures.items[i];
        frame_bind_value(frame, var, gen_load(frame, var->type, gen_field_address(frame, type, captures, (unsigned)i)));
    }
}

const CoreType *job_state_type(Gen *gen, const CoreJob *job) {
    return core_job_state(gen->program, job);
}

bool job_has_plain_state(const CoreJob *job) {
    return job->key || job->reducer.kind == CORE_REDUCE_FOLD || job->reducer.kind == CORE_REDUCE_GENERAL;
}

bool job_stacks(const CoreJob *job) {
    bool is_stream = job->sources.items[0].kind == CORE_SOURCE_STREAM || expr_walks_stream(job->body);
    bool is_sum = job->reducer.kind == CORE_REDUCE_SUM_INT || job->reducer.kind == CORE_REDUCE_COUNT;
    bool has_order = !is_sum && !job->reducer.is_exact && !job->reducer.is_associative;
    return job->key && has_order && !job->prints && !is_stream;
}

static bool has_elements(const CoreSource *source) {
    switch (source->kind) {
    case CORE_SOURCE_RANGE:
    case CORE_SOURCE_LIST:
    case CORE_SOURCE_MAP:
    case CORE_SOURCE_SET:
    case CORE_SOURCE_OPTIONAL: return true;
    default: return false;
    }
}

/* Of few bytes, but not of none. */
static bool is_small(const CoreType *type, size_t *parts) {
    if (type->kind != CORE_TYPE_TUPLE) return ++*parts <= 8;
    for (size_t i = 0; i < type->arg_count; i++)
        if (!is_small(type->args[i], parts)) return false;
    return true;
}

bool job_places(const CoreJob *job) {
    if (!job->reducer.is_list || job->key || job->by_chunk || job->is_single || job->laws.len) return false;
    for (size_t i = 0; i < job->sources.len; i++)
        if (!has_elements(&job->sources.items[i])) return false;
    const CoreType *element = job->reducer.element;
    size_t parts = 0;
    return element->is_flat && is_small(element, &parts) && parts > 0 && expr_yields_once(job->body);
}

const CoreType *job_stacks_type(Gen *gen, const CoreJob *job) {
    const CoreType *mark = core_type(gen->program->types, CORE_TYPE_INT, NULL, 0), *parts[] = {mark, job->reducer.state};
    const CoreType *args[] = {job->key, gen_tuple(gen, parts, 2)};
    return core_type(gen->program->types, CORE_TYPE_MAP, args, 2);
}

/* ---- the use */

static LLVMTypeRef source_type(Gen *gen) {
    return LLVMStructTypeInContext(gen->llvm, (LLVMTypeRef[]){gen->range, gen->ptr}, 2, 0);
}

/* Maps, sets and optionals are walked as the list of their elements, which lives until the statement ends. */
static LLVMValueRef source_elements(Frame *frame, const CoreSource *source, LLVMValueRef value) {
    Gen *gen = frame->gen;
    const CoreType *list = gen_list_of(gen, source->var->type);
    LLVMValueRef out = gen_result(frame, list), address = frame_address(frame, value);
    frame_runtime_check(frame, RUNTIME_mr_elements, (LLVMValueRef[]){out, address, gen_descriptor(gen, source->expr->type)},
                        source->span);
    Value elements = value_owned(gen_load(frame, list, out), list);
    return value_read(frame, &elements);
}

static void fill_source(Frame *frame, const CoreSource *source, LLVMValueRef value, LLVMValueRef place) {
    switch (source->kind) {
    case CORE_SOURCE_RANGE: gen_store_at(frame, value, place, offsetof(MrSource, range)); return;
    case CORE_SOURCE_MAP:
    case CORE_SOURCE_SET:
    case CORE_SOURCE_OPTIONAL: value = source_elements(frame, source, value); break;
    default: break;
    }
    gen_store_at(frame, value, place, offsetof(MrSource, value));
}

/* A job that follows another: `args` are those of mr_job_follow, but for what is known of its state. */
static void run_unless_known(Frame *frame, const CoreExpr *expr, LLVMValueRef args[6]) {
    args[3] = gen_condition(frame, expr->args.items[0]);
    Value state = gen_expr(frame, expr->args.items[1]);
    args[4] = frame_address(frame, value_read(frame, &state));
    frame_runtime_check(frame, RUNTIME_mr_job_follow, args, expr->span);
}

Value gen_job(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    const CoreJob *job = expr->job;
    size_t source_count = job->sources.len, count = source_count + job->captured.len;
    CoreExpr **exprs = arena_array(gen->arena, CoreExpr *, count + 1);
    Value *values = arena_array(gen->arena, Value, count + 1);
    for (size_t i = 0; i < count; i++) {
        exprs[i] = i < source_count ? job->sources.items[i].expr : job->captured.items[i - source_count];
    }
    gen_operands(frame, exprs, count, values);

    LLVMTypeRef array = LLVMArrayType2(source_type(gen), source_count);
    LLVMValueRef sources = frame_variable(frame, array, "sources");
    LLVMBuildStore(frame->builder, LLVMConstNull(array), sources);
    for (size_t i = 0; i < source_count; i++) {
        LLVMValueRef place = gen_at(frame, sources, i * sizeof(MrSource));
        fill_source(frame, &job->sources.items[i], value_read(frame, &values[i]), place);
    }
    const CoreType *type = captures_type(gen, job);
    LLVMValueRef captures = frame_variable(frame, gen_type(gen, type), "captures");
    for (size_t i = source_count; i < count; i++) {
        LLVMValueRef place = gen_field_address(frame, type, captures, (unsigned)(i - source_count));
        LLVMBuildStore(frame->builder, value_read(frame, &values[i]), place);
    }
    LLVMValueRef out = gen_result(frame, expr->type), task = gen_task(gen, job);
    if (expr->args.len > 0)
        run_unless_known(frame, expr, (LLVMValueRef[]){task, captures, sources, NULL, NULL, out});
    else if (expr->flag)
        frame_runtime_check(frame, RUNTIME_mr_job_start, (LLVMValueRef[]){out, task, captures, sources}, expr->span);
    else
        frame_runtime_check(frame, RUNTIME_mr_job_run, (LLVMValueRef[]){task, captures, sources, out}, expr->span);
    return value_owned(gen_load(frame, expr->type, out), expr->type);
}

/* ---- the task */

static MrSourceKind source_kind(const CoreSource *source) {
    switch (source->kind) {
    case CORE_SOURCE_RANGE: return MR_SOURCE_RANGE;
    case CORE_SOURCE_TEXT_LINES: return MR_SOURCE_TEXT_LINES;
    case CORE_SOURCE_TEXT_WORDS: return MR_SOURCE_TEXT_WORDS;
    case CORE_SOURCE_STREAM: return MR_SOURCE_STREAM;
    case CORE_SOURCE_BEFORE: return MR_SOURCE_BEFORE;
    case CORE_SOURCE_SHARE: return MR_SOURCE_SHARE;
    default: return MR_SOURCE_LIST;
    }
}

static LLVMValueRef source_infos(Gen *gen, const CoreJob *job) {
    size_t count = job->sources.len;
    LLVMValueRef *infos = arena_array(gen->arena, LLVMValueRef, count + 1);
    LLVMTypeRef layout[] = {gen->i32, gen->ptr, gen->ptr};
    for (size_t i = 0; i < count; i++) {
        const CoreSource *source = &job->sources.items[i];
        MrSourceKind kind = source_kind(source);
        const CoreType *element = kind == MR_SOURCE_SHARE ? source->var->type->args[0] : source->var->type;
        LLVMValueRef list = LLVMConstNull(gen->ptr);
        if (kind != MR_SOURCE_RANGE)
            list = gen_descriptor(gen, kind != MR_SOURCE_LIST ? source->expr->type : gen_list_of(gen, element));
        LLVMValueRef fields[] = {gen_small(gen, kind), gen_descriptor(gen, element), list};
        infos[i] = LLVMConstStructInContext(gen->llvm, fields, 3, 0);
    }
    return gen_constant(gen, "sources", LLVMConstArray2(LLVMStructTypeInContext(gen->llvm, layout, 3, 0), infos, count));
}

static LLVMValueRef global_indices(Gen *gen, const CoreJob *job) {
    size_t count = job->globals.len;
    if (!count) return LLVMConstNull(gen->ptr);
    LLVMValueRef *indices = arena_array(gen->arena, LLVMValueRef, count);
    for (size_t i = 0; i < count; i++) indices[i] = gen_small(gen, job->globals.items[i]->index);
    return gen_constant(gen, "globals", LLVMConstArray2(gen->i32, indices, count));
}

static LLVMTypeRef task_type(Gen *gen) {
    LLVMTypeRef location = LLVMStructTypeInContext(gen->llvm, (LLVMTypeRef[]){gen->ptr, gen->i32, gen->i32}, 3, 0);
    LLVMTypeRef layout[] = {LLVMArrayType2(gen->i8, 16),
                            gen->ptr,
                            location,
                            gen->ptr,
                            gen->i32,
                            gen->ptr,
                            gen->i32,
                            gen->ptr,
                            gen->ptr,
                            gen->ptr,
                            gen->i32,
                            gen->i32,
                            gen->i64,
                            gen->i32,
                            gen->ptr,
                            gen->i32,
                            gen->ptr,
                            gen->ptr,
                            gen->ptr,
                            gen->ptr,
                            gen->i32,
                            gen->ptr,
                            gen->ptr,
                            gen->ptr,
                            LLVMArrayType2(gen->ptr, MR_KERNEL_VARIANTS)};
    return LLVMStructTypeInContext(gen->llvm, layout, sizeof layout / sizeof *layout, 0);
}

LLVMValueRef gen_task(Gen *gen, const CoreJob *job) {
    LLVMValueRef *task = &gen->tasks[job->index];
    if (!*task) {
        *task = LLVMAddGlobal(gen->module, task_type(gen), arena_printf(gen->arena, "task %u", job->index));
        LLVMSetGlobalConstant(*task, 1);
        LLVMSetLinkage(*task, LLVMPrivateLinkage);
    }
    return *task;
}

static MrKeep keep_of(const CoreJob *job) {
    switch (job->keep) {
    case CORE_KEEP_MOST_COMMON: return MR_KEEP_MOST_COMMON;
    default: return MR_KEEP_ALL;
    }
}

static uint32_t capture_number(const CoreJob *job, const CoreVar *var) {
    for (size_t i = 0; i < job->captures.len; i++)
        if (job->captures.items[i] == var) return (uint32_t)i;
    return MR_NO_CAPTURES;
}

static LLVMValueRef follows_of(Gen *gen, const CoreJob *job) {
    size_t count = job->follows.len;
    if (!count) return LLVMConstNull(gen->ptr);
    LLVMValueRef *follows = arena_array(gen->arena, LLVMValueRef, count);
    for (size_t i = 0; i < count; i++) {
        const CoreFollow *follow = &job->follows.items[i];
        LLVMValueRef fields[] = {gen_task(gen, follow->job), gen_small(gen, capture_number(job, follow->captures))};
        follows[i] = LLVMConstStructInContext(gen->llvm, fields, 2, 0);
    }
    LLVMTypeRef layout = LLVMStructTypeInContext(gen->llvm, (LLVMTypeRef[]){gen->ptr, gen->i32}, 2, 0);
    return gen_constant(gen, "follows", LLVMConstArray2(layout, follows, count));
}

void gen_job_code(Gen *gen, const CoreJob *job) {
    bool stops = job->reducer.kind == CORE_REDUCE_GENERAL && job->reducer.done.body && !job->key;
    uint32_t flags = (job->reducer.is_exact ? MR_TASK_EXACT : 0) | (job->reducer.is_associative ? MR_TASK_ASSOCIATIVE : 0) |
                     (stops ? MR_TASK_STOPS : 0) | (job->is_single ? MR_TASK_ONE : 0) | (job->by_chunk ? MR_TASK_BY_CHUNK : 0) |
                     (job->is_silent ? MR_TASK_SILENT : 0) | (job->key ? MR_TASK_KEYED : 0) |
                     (job_places(job) ? MR_TASK_PLACES : 0);
    LLVMValueRef variants[MR_KERNEL_VARIANTS];
    gen_kernel_variants(gen, job, variants);
    Callee merge_value = {0};
    Callee kernel = gen_kernel(gen, job), merge = gen_merge(gen, job, &merge_value), finish = gen_finish(gen, job);
    LLVMValueRef nothing = LLVMConstNull(gen->ptr);
    bool stacks = job_stacks(job);
    LLVMValueRef fields[] = {
        gen_hash(gen, job->hash),
        gen_text(gen, job->name),
        gen_location_value(gen, job->span),
        gen_descriptor(gen, captures_type(gen, job)),
        gen_small(gen, (uint32_t)job->globals.len),
        global_indices(gen, job),
        gen_small(gen, (uint32_t)job->sources.len),
        source_infos(gen, job),
        gen_descriptor(gen, job_state_type(gen, job)),
        gen_descriptor(gen, job->result),
        gen_small(gen, flags),
        gen_small(gen, keep_of(job)),
        LLVMConstInt(gen->i64, (uint64_t)job->keep_most, 1),
        gen_small(gen, capture_number(job, job->keep_also)),
        job->answers ? gen_descriptor(gen, job->answers) : LLVMConstNull(gen->ptr),
        gen_small(gen, (uint32_t)job->follows.len),
        follows_of(gen, job),
        kernel.function,
        merge.function,
        finish.function,
        gen_small(gen, (uint32_t)job->laws.len),
        gen_laws(gen, job),
        stacks ? gen_descriptor(gen, job_stacks_type(gen, job)) : nothing,
        stacks ? merge_value.function : nothing,
        LLVMConstArray2(gen->ptr, variants, MR_KERNEL_VARIANTS),
    };
    LLVMSetInitializer(gen_task(gen, job), LLVMConstStructInContext(gen->llvm, fields, sizeof fields / sizeof *fields, 0));
}
