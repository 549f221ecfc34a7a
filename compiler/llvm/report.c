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

/* A vector of LLVM's may be wider than the registers: then it lies in several. */
static unsigned register_bits(MrCpu level) {
    return level >= MR_CPU_X86_64_V4 ? 512 : level == MR_CPU_X86_64_V3 ? 256 : 128;
}

static bool report_level(Gen *gen, const CoreJob *job, const Plainness *plainness, MrCpu level, const char *variant, Buf *out) {
    const char *name =
        variant ? arena_printf(gen->arena, "kernel %u %s", job->index, variant) : arena_printf(gen->arena, "kernel %u", job->index);
    LLVMValueRef kernel = LLVMGetNamedFunction(gen->module, name);
    if (!kernel) return false;
    /* Where more happens than arithmetic, what is a vector is something else than several elements. */
    unsigned bits = plainness->is_plain ? vector_bits(gen, kernel) : 0, most = register_bits(level);
    buf_printf(out, "    code      for %s, ", variant ? variant : gen->options.cpu);
    if (bits)
        buf_printf(out, "in vectors of %u bits\n", bits < most ? bits : most);
    else
        buf_add_text(out, "one element after another\n");
    return bits > 0;
}

void gen_report_job(GenModule *gen, const CoreJob *job, Buf *out) {
    static const char *const variants[MR_KERNEL_VARIANTS] = {"x86-64-v3", "x86-64-v4"};
    if (gen->options.level == 0) return;
    Plainness plainness = gen_job_plainness(gen, job);
    bool has_vectors = report_level(gen, job, &plainness, gen_cpu(gen), NULL, out);
    for (size_t i = 0; i < MR_KERNEL_VARIANTS; i++) {
        if (report_level(gen, job, &plainness, (MrCpu)(MR_CPU_X86_64_V3 + i), variants[i], out)) has_vectors = true;
    }
    if (has_vectors) return;
    const char *why = gen->options.level < 2 ? "they are not tried below -O2" : plainness.why;
    buf_printf(out, "    vectors   none: %s\n", why ? why : "the order matters, or LLVM finds that it would not pay");
}
