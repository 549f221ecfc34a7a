/* The whole program: all functions and jobs, then the constant `mr_program` that the runtime starts from, and `main`. */
#include "compiler/llvm/frame.h"
#include "compiler/llvm/split.h"

#include <time.h>

static const CoreType *globals_type(Gen *gen) {
    size_t count = gen->program->globals.len;
    const CoreType **types = arena_array(gen->arena, const CoreType *, count + 1);
    for (size_t i = 0; i < count; i++) types[i] = gen->program->globals.items[i]->type;
    return gen_tuple(gen, types, count);
}

/* bool top_level(context): the program's statements as the runtime calls them. */
static LLVMValueRef gen_top_level(Gen *gen) {
    const CoreFn *fn = gen->program->top_level;
    Callee callee = gen_internal(gen, "top level", LLVMFunctionType(gen->i1, &gen->ptr, 1, 0), false, true);
    gen_attribute_bool(gen, callee.function, LLVMAttributeReturnIndex);
    gen_cold(gen, callee.function);
    Frame frame;
    frame_begin(&frame, gen, callee.function, "top level", fn->span);
    const Callee *body = gen_function(gen, fn);
    LLVMValueRef args[] = {frame.context, frame_variable(&frame, gen_type(gen, fn->result), "result")};
    LLVMValueRef failed = LLVMBuildCall2(gen->builder, body->type, body->function, args, 2, "");
    LLVMSetInstructionCallConv(failed, LLVMFastCallConv);
    LLVMBuildRet(gen->builder, failed);
    frame_end(&frame);
    return callee.function;
}

static void gen_main(Gen *gen, LLVMValueRef program) {
    LLVMTypeRef params[] = {gen->i32, gen->ptr, gen->ptr};
    LLVMTypeRef runtime_type = LLVMFunctionType(gen->i32, params, 3, 0), main_type = LLVMFunctionType(gen->i32, params, 2, 0);
    LLVMValueRef runtime = LLVMAddFunction(gen->module, "mr_main", runtime_type);
    LLVMValueRef function = LLVMAddFunction(gen->module, "main", main_type);
    LLVMPositionBuilderAtEnd(gen->builder, LLVMAppendBasicBlockInContext(gen->llvm, function, "entry"));
    LLVMSetCurrentDebugLocation2(gen->builder, NULL);
    LLVMValueRef args[] = {LLVMGetParam(function, 0), LLVMGetParam(function, 1), program};
    LLVMBuildRet(gen->builder, LLVMBuildCall2(gen->builder, runtime_type, runtime, args, 3, "status"));
}

void gen_program_constant(Gen *gen) {
    const CoreProgram *program = gen->program;
    size_t function_count;
    LLVMValueRef top_level = gen_top_level(gen), functions = gen_function_values(gen, &function_count);
    for (size_t i = 0; i < program->jobs.len; i++) gen_task(gen, program->jobs.items[i]);
    LLVMValueRef fields[] = {
        gen_small(gen, MR_ABI_VERSION),
        gen_hash(gen, program->hash),
        gen_text(gen, gen->options.name),
        gen_descriptor(gen, globals_type(gen)),
        gen_small(gen, (uint32_t)program->jobs.len),
        gen_small(gen, (uint32_t)function_count),
        gen_pointer_array(gen, "tasks", gen->tasks, program->jobs.len),
        functions,
        top_level,
        gen_byte(gen, program->checks_laws),
        gen_small(gen, gen->level->cpu),
    };
    LLVMValueRef value = LLVMConstStructInContext(gen->llvm, fields, sizeof fields / sizeof *fields, 0);
    LLVMValueRef global = gen_constant(gen, "mr_program", value);
    LLVMSetLinkage(global, LLVMExternalLinkage);
    gen_main(gen, global);
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

GenStats gen_stats(const GenModule *module) {
    GenStats stats = module->stats;
    for (const GenModule *half = module; half; half = half->other) {
        for (LLVMValueRef f = LLVMGetFirstFunction(half->module); f; f = LLVMGetNextFunction(f))
            stats.functions += !LLVMIsDeclaration(f) && LLVMGetLinkage(f) != LLVMAvailableExternallyLinkage;
        stats.instructions += gen_module_size(half->module);
    }
    return stats;
}

GenModule *gen_program(const CoreProgram *program, const GenOptions *options, DiagSink *sink) {
    double start = seconds_now();
    Gen *gen = gen_new(program, options, sink);
    if (!gen) return NULL;
    debug_start(gen);
    gen_foreign_names(gen);
    for (size_t i = 0; i < program->fns.len; i++) {
        const CoreFn *fn = program->fns.items[i];
        if (fn->element) {
            gen_walk_body(gen, fn);
        } else if (fn != program->top_level) {
            gen_function_body(gen, fn, false);
        }
    }
    for (size_t i = 0; i < program->jobs.len; i++) gen_job_code(gen, program->jobs.items[i]);
    gen_top_level_body(gen, program->top_level);
    gen_program_constant(gen);
    debug_finish(gen);
    gen_find_cold(gen);
    if (options->part != GEN_WHOLE) gen_ways(gen, options->part == GEN_FIRST);
    gen->stats.made = gen_module_size(gen->module);
    double made = seconds_now();
    gen->stats.make_seconds = made - start;
    bool is_split = !options->may_split || gen_split(gen);
    if (!is_split || !gen_for_each_half(gen, gen_optimise)) gen_free(&gen);
    if (gen) gen->stats.optimise_seconds = seconds_now() - made;
    return gen;
}
