/* report.c: what became of a job's kernel, for --emit=plan: for which levels of the processor it was made, and where its loop works
 * on several elements at once. That is seen in the code itself: a value that goes from one turn of a loop to the next is a vector.
 */
#include "compiler/llvm/plain.h"

static unsigned vector_bits(Gen *gen, LLVMValueRef function) {
    unsigned most = 0;
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block; block = LLVMGetNextBasicBlock(block)) {
        for (LLVMValueRef i = LLVMGetFirstInstruction(block); i && LLVMIsAPHINode(i); i = LLVMGetNextInstruction(i)) {
            LLVMTypeRef type = LLVMTypeOf(i);
            if (LLVMGetTypeKind(type) != LLVMVectorTypeKind) continue;
            unsigned long long bits = LLVMSizeOfTypeInBits(gen->layout, type);
            if (bits > most) most = (unsigned)bits;
        }
    }
    return most;
}

static bool report_level(Gen *gen, const CoreJob *job, const Plainness *plainness, const TargetLevel *level, Buf *out) {
    const char *name = level == gen->level ? arena_printf(gen->arena, "kernel %u", job->index)
                                           : arena_printf(gen->arena, "kernel %u %s", job->index, level->name);
    LLVMValueRef kernel = LLVMGetNamedFunction(gen->module, name);
    if (!kernel) return false;
    /* Where more happens than arithmetic, what is a vector is something else than several elements. */
    unsigned bits = plainness->is_plain ? vector_bits(gen, kernel) : 0, most = level->vector_bits;
    buf_printf(out, "    code      for %s, ", level->name);
    if (bits) /* a vector of LLVM's may be wider than the registers: then it lies in several */
        buf_printf(out, "in vectors of %u bits\n", bits < most ? bits : most);
    else
        buf_add_text(out, "one element after another\n");
    return bits > 0;
}

void gen_report_job(GenModule *gen, const CoreJob *job, Buf *out) {
    if (gen->options.level == 0) return;
    Plainness plainness = gen_job_plainness(gen, job);
    bool has_vectors = report_level(gen, job, &plainness, gen->level, out);
    for (size_t i = 0; i < gen->target->variant_count; i++) {
        const TargetLevel *level = &gen->target->levels[gen->target->variants + i];
        if (level != gen->level && report_level(gen, job, &plainness, level, out)) has_vectors = true;
    }
    if (has_vectors) return;
    const char *why = gen->options.level < 2 ? "they are not tried below -O2" : plainness.why;
    buf_printf(out, "    vectors   none: %s\n", why ? why : "the order matters, or LLVM finds that it would not pay");
}
