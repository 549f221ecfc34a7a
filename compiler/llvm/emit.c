/* From the finished module to files: verification, the runtime's hot functions, the passes, and the target machine's output. */
#include "compiler/llvm/module.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/Linker.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <string.h>

/* A module that does not verify is a mistake of this folder, never of the program. */
static bool module_verify(Gen *gen) {
    char *message = NULL;
    bool is_broken = LLVMVerifyModule(gen->module, LLVMReturnStatusAction, &message);
    if (is_broken) {
        diag_add(gen->sink, E0701, SPAN_NONE, "the compiler made a module that LLVM refuses (a mistake of the compiler): %.*s",
                 (int)strcspn(message, "\n"), message);
    }
    LLVMDisposeMessage(message);
    return !is_broken;
}

/* ---- hot functions of the runtime: copies for inlining; the library has the real ones */

static void hot_prepare(Gen *gen, LLVMModuleRef hot) {
    static const char *const foreign[] = {"target-cpu", "target-features", "tune-cpu"};
    LLVMAttributeIndex all = (LLVMAttributeIndex)LLVMAttributeFunctionIndex;
    for (LLVMValueRef f = LLVMGetFirstFunction(hot); f; f = LLVMGetNextFunction(f)) {
        for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
            LLVMRemoveStringAttributeAtIndex(f, all, foreign[i], (unsigned)strlen(foreign[i]));
        }
        if (LLVMIsDeclaration(f)) continue;
        if (LLVMGetLinkage(f) == LLVMExternalLinkage) {
            LLVMSetLinkage(f, LLVMAvailableExternallyLinkage);
            gen_attribute(gen, f, all, "inlinehint");
        } else {
            gen_attribute(gen, f, all, "alwaysinline"); /* the parts of the others that were written to be in line */
        }
    }
    for (LLVMValueRef g = LLVMGetFirstGlobal(hot); g; g = LLVMGetNextGlobal(g)) {
        if (!LLVMIsDeclaration(g) && LLVMGetLinkage(g) == LLVMExternalLinkage) LLVMSetLinkage(g, LLVMAvailableExternallyLinkage);
    }
}

static bool hot_link(Gen *gen) {
    LLVMMemoryBufferRef buffer = NULL;
    char *message = NULL;
    const char *path = gen->options.hot_bitcode;
    if (LLVMCreateMemoryBufferWithContentsOfFile(path, &buffer, &message)) {
        diag_add(gen->sink, E0701, SPAN_NONE, "cannot read the runtime's bitcode %s: %s", path, message);
        LLVMDisposeMessage(message);
        return false;
    }
    LLVMModuleRef hot = NULL;
    bool is_bad = LLVMParseBitcodeInContext2(gen->llvm, buffer, &hot);
    LLVMDisposeMemoryBuffer(buffer);
    if (is_bad) {
        diag_add(gen->sink, E0701, SPAN_NONE, "%s is not bitcode of LLVM %s", path, gen_llvm_version());
        return false;
    }
    LLVMSetTarget(hot, LLVMGetTarget(gen->module)); /* clang spells the same target with its own vendor */
    LLVMSetModuleDataLayout(hot, gen->layout);
    hot_prepare(gen, hot);
    if (!LLVMLinkModules2(gen->module, hot)) return true; /* consumes hot */
    diag_add(gen->sink, E0701, SPAN_NONE, "cannot link the runtime's bitcode %s", path);
    return false;
}

/* ---- passes */

bool gen_optimise(Gen *gen) {
    if (!module_verify(gen)) return false;
    if (gen->options.level == 0) return true;
    if (gen->options.hot_bitcode && !hot_link(gen)) return false;
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMPassBuilderOptionsSetLoopInterleaving(options, 1);
    LLVMPassBuilderOptionsSetLoopVectorization(options, gen->options.level > 1);
    LLVMPassBuilderOptionsSetSLPVectorization(options, gen->options.level > 1);
    LLVMPassBuilderOptionsSetLoopUnrolling(options, 1);
    static const char *const pipelines[] = {"", "globaldce,default<O1>", "globaldce,default<O2>", "globaldce,default<O3>"};
    LLVMErrorRef error = LLVMRunPasses(gen->module, pipelines[gen->options.level & 3], gen->machine, options);
    LLVMDisposePassBuilderOptions(options);
    if (!error) return module_verify(gen);
    char *message = LLVMGetErrorMessage(error);
    diag_add(gen->sink, E0701, SPAN_NONE, "LLVM cannot optimise the program: %s", message);
    LLVMDisposeErrorMessage(message);
    return false;
}

/* ---- output */

void gen_print_ir(const GenModule *module, Buf *out) {
    char *text = LLVMPrintModuleToString(module->module);
    buf_add_text(out, text);
    LLVMDisposeMessage(text);
}

bool gen_emit_object(GenModule *module, const char *path, DiagSink *sink) {
    char *message = NULL, *file = arena_strndup(module->arena, path, strlen(path));
    if (!LLVMTargetMachineEmitToFile(module->machine, module->module, file, LLVMObjectFile, &message)) return true;
    diag_add(sink, E0701, SPAN_NONE, "cannot write %s: %s", path, message);
    LLVMDisposeMessage(message);
    return false;
}

bool gen_emit_assembly(GenModule *module, Buf *out, DiagSink *sink) {
    char *message = NULL;
    LLVMMemoryBufferRef buffer = NULL;
    if (LLVMTargetMachineEmitToMemoryBuffer(module->machine, module->module, LLVMAssemblyFile, &message, &buffer)) {
        diag_add(sink, E0701, SPAN_NONE, "cannot generate assembly: %s", message);
        LLVMDisposeMessage(message);
        return false;
    }
    buf_add(out, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
    LLVMDisposeMemoryBuffer(buffer);
    return true;
}

const char *gen_llvm_version(void) {
    return LLVM_VERSION_STRING;
}
