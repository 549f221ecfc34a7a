/* Variants of kernels: the functions that are made again for each. */
#include "compiler/llvm/jobs.h"
#include "compiler/llvm/plain.h"
#include "compiler/llvm/variants.h"

#include <string.h>

/* ---- functions of a variant */

Callee **gen_function_place(Gen *gen, const CoreFn *fn) {
    if (!gen->variant) return (Callee **)map_slot_pointer(&gen->functions, fn);
    Callee **place = (Callee **)map_slot_pointer(&gen->variant->functions, fn);
    if (!*place) vec_push(gen->arena, &gen->variant->todo, fn);
    return place;
}

const char *gen_variant_name(Gen *gen, const char *name) {
    const Variant *variant = gen->variant;
    if (!variant) return name;
    return arena_printf(gen->arena, "%s%s%s%s", name, variant->is_quick ? " quick" : "", variant->level ? " " : "",
                        variant->level ? variant->level->name : "");
}

static void mark(Gen *gen, LLVMValueRef function, const char *name, const char *value) {
    LLVMAttributeRef attribute = LLVMCreateStringAttribute(gen->llvm, name, (unsigned)strlen(name), value, (unsigned)strlen(value));
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, attribute);
}

void gen_variant_mark(Gen *gen, LLVMValueRef function) {
    if (!gen->variant) return;
    if (gen->variant->is_quick) gen_attribute(gen, function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "alwaysinline");
    const TargetLevel *level = gen->variant->level;
    if (!level) return;
    mark(gen, function, "target-cpu", level->llvm);
    if (level->vector_width) mark(gen, function, "prefer-vector-width", level->vector_width);
}

/* ---- making them */

void gen_variant_finish(Gen *gen) {
    Variant *variant = gen->variant;
    for (size_t i = 0; i < variant->todo.len; i++) gen_function_body(gen, variant->todo.items[i], false);
}

static LLVMValueRef variant_make(Gen *gen, const CoreJob *job, const TargetLevel *level) {
    Variant variant = {.level = level, .is_steady = gen_job_plainness(gen, job).is_steady};
    map_init(&variant.functions, gen->arena);
    gen->variant = &variant;
    LLVMValueRef kernel = gen_kernel(gen, job).function;
    gen_variant_finish(gen);
    gen->variant = NULL;
    return kernel;
}

void gen_kernel_variants(Gen *gen, const CoreJob *job, LLVMValueRef kernels[MR_KERNEL_VARIANTS]) {
    bool wanted = gen->has_variants && gen_job_plainness(gen, job).is_plain;
    const TargetLevel *levels = gen->target->levels + gen->target->variants;
    for (size_t i = 0; i < MR_KERNEL_VARIANTS; i++) {
        bool is_made = wanted && i < gen->target->variant_count;
        kernels[i] = is_made ? variant_make(gen, job, &levels[i]) : LLVMConstNull(gen->ptr);
    }
}
