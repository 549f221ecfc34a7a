/* From the finished module to files: verification, the runtime's hot functions, the passes, and the target machine's output. */
#include "compiler/llvm/split.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/Linker.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <errno.h>
#include <stdio.h>
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
    return !LLVMLinkModules2(gen->module, hot); /* consumes hot; what is wrong has been reported */
}

/* ---- passes */

/* What some of LLVM's passes take grows with the square of a function's length, or faster: where every step may fail, there are as
 * many ways out as steps. Code of that length is straight code, run seldom; it is left as it is. */
enum { OPTIMISED_INSTRUCTIONS = 4000 };

static size_t instruction_count(LLVMValueRef function) {
    size_t count = 0;
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block; block = LLVMGetNextBasicBlock(block)) {
        for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i)) count++;
    }
    return count;
}

static void long_functions_keep(Gen *gen) {
    const LLVMAttributeIndex whole = (LLVMAttributeIndex)LLVMAttributeFunctionIndex;
    unsigned inlined = LLVMGetEnumAttributeKindForName("alwaysinline", 12);
    for (LLVMValueRef f = LLVMGetFirstFunction(gen->module); f; f = LLVMGetNextFunction(f)) {
        if (LLVMGetEnumAttributeAtIndex(f, whole, inlined) || instruction_count(f) <= OPTIMISED_INSTRUCTIONS) continue;
        gen_cold(gen, f);
    }
}

/* What is in line has a short way and a rare one, which meet again. Only when LLVM has led the short ways past what was asked on
 * them already can it see that what one of them has just stored is what the next one loads: hence one more search for values that
 * are known, after all the rest. A pass that is named by itself checks that it leaves nothing to do, and ends the process
 * otherwise. */
#define VALUES_AGAIN ",function(gvn,instcombine<no-verify-fixpoint>,simplifycfg)"

bool gen_optimise(Gen *gen) {
    if (!module_verify(gen)) return false;
    if (gen->options.level == 0) return true;
    long_functions_keep(gen);
    if (gen->options.hot_bitcode && !hot_link(gen)) return false;
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMPassBuilderOptionsSetLoopInterleaving(options, 1);
    LLVMPassBuilderOptionsSetLoopVectorization(options, gen->options.level > 1);
    LLVMPassBuilderOptionsSetSLPVectorization(options, gen->options.level > 1);
    LLVMPassBuilderOptionsSetLoopUnrolling(options, 1);
    static const char *const pipelines[] = {"", "globaldce,always-inline,globaldce,default<O1>",
                                            "globaldce,always-inline,globaldce,default<O2>" VALUES_AGAIN,
                                            "globaldce,always-inline,globaldce,default<O3>" VALUES_AGAIN};
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

/* LLVM's own way to write files ends the process where the disk is full: files are written here. */
static LLVMMemoryBufferRef emit(Gen *module, LLVMCodeGenFileType type, DiagSink *sink) {
    char *message = NULL;
    LLVMMemoryBufferRef buffer = NULL;
    if (!LLVMTargetMachineEmitToMemoryBuffer(module->machine, module->module, type, &message, &buffer)) return buffer;
    diag_add(sink, E0701, SPAN_NONE, "cannot generate machine code: %s", message);
    LLVMDisposeMessage(message);
    return NULL;
}

static bool write_file(const char *path, const char *bytes, size_t len) {
    FILE *file = fopen(path, "wb");
    if (!file) return false;
    bool is_written = fwrite(bytes, 1, len, file) == len;
    int reason = errno;
    if (fclose(file) == 0 && is_written) return true;
    if (is_written) reason = errno;
    errno = reason;
    return false;
}

static bool emit_to_memory(Gen *half) {
    half->object = emit(half, LLVMObjectFile, half->sink);
    return half->object != NULL;
}

static bool object_write(Gen *half, const char *path, DiagSink *sink) {
    bool is_written = write_file(path, LLVMGetBufferStart(half->object), LLVMGetBufferSize(half->object));
    if (!is_written) diag_add(sink, E0701, SPAN_NONE, "cannot write %s: %s", path, strerror(errno));
    return is_written;
}

static void object_free(Gen *half) {
    if (half->object) LLVMDisposeMemoryBuffer(half->object);
    half->object = NULL;
}

bool gen_emit_objects(GenModule *module, const char *const paths[GEN_OBJECTS], size_t *count, DiagSink *sink) {
    *count = module->other ? 2 : 1;
    bool is_written = gen_for_each_half(module, emit_to_memory) && object_write(module, paths[0], sink) &&
                      (!module->other || object_write(module->other, paths[1], sink));
    object_free(module);
    if (module->other) object_free(module->other);
    return is_written;
}

bool gen_emit_object(GenModule *module, const char *path, DiagSink *sink) {
    size_t count;
    return gen_emit_objects(module, (const char *[]){path, NULL}, &count, sink);
}

static bool add_output(GenModule *module, LLVMCodeGenFileType type, Buf *out, DiagSink *sink) {
    LLVMMemoryBufferRef buffer = emit(module, type, sink);
    if (!buffer) return false;
    buf_add(out, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
    LLVMDisposeMemoryBuffer(buffer);
    return true;
}

bool gen_object(GenModule *module, Buf *out, DiagSink *sink) {
    return add_output(module, LLVMObjectFile, out, sink);
}

bool gen_emit_assembly(GenModule *module, Buf *out, DiagSink *sink) {
    return add_output(module, LLVMAssemblyFile, out, sink);
}

const char *gen_llvm_version(void) {
    return LLVM_VERSION_STRING;
}
