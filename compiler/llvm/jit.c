/* jit.c: loading objects by LLVM's ORC.
 *
 * Each object has a library (JITDylib) of its own. Libraries cannot be taken away through the C interface, only emptied: those of
 * unloaded objects are used again, so that any number of objects may come and go. */
#include "compiler/llvm/jit.h"

#include <llvm-c/Core.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Target.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct JitCode {
    Jit *jit;
    JitCode *next; /* among the unused */
    LLVMOrcJITDylibRef library;
};

struct Jit {
    LLVMOrcLLJITRef orc;
    JitCode *unused;
    unsigned libraries;
};

/* The message of the error, which is consumed. */
static char *message_of(LLVMErrorRef error) {
    char *text = LLVMGetErrorMessage(error), *copy = strdup(text);
    LLVMDisposeErrorMessage(text);
    return copy;
}

Jit *jit_new(char **error) {
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
    Jit *jit = xcalloc(1, sizeof *jit);
    LLVMErrorRef problem = LLVMOrcCreateLLJIT(&jit->orc, LLVMOrcCreateLLJITBuilder());
    if (!problem) return jit;
    *error = message_of(problem);
    free(jit);
    return NULL;
}

void jit_free(Jit **jit) {
    if (!*jit) return;
    for (JitCode *code = (*jit)->unused, *next; code; code = next) {
        next = code->next;
        free(code);
    }
    LLVMErrorRef problem = LLVMOrcDisposeLLJIT((*jit)->orc);
    if (problem) LLVMConsumeError(problem);
    free(*jit);
    *jit = NULL;
}

static JitCode *library_new(Jit *jit, char **error) {
    JitCode *code = jit->unused;
    if (code) {
        jit->unused = code->next;
        return code;
    }
    char name[32];
    LLVMOrcDefinitionGeneratorRef process = NULL;
    LLVMErrorRef problem =
        LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(&process, LLVMOrcLLJITGetGlobalPrefix(jit->orc), NULL, NULL);
    if (problem) {
        *error = message_of(problem);
        return NULL;
    }
    snprintf(name, sizeof name, "object %u", ++jit->libraries);
    code = xcalloc(1, sizeof *code);
    code->jit = jit;
    code->library = LLVMOrcExecutionSessionCreateBareJITDylib(LLVMOrcLLJITGetExecutionSession(jit->orc), name);
    LLVMOrcJITDylibAddGenerator(code->library, process);
    return code;
}

JitCode *jit_load(Jit *jit, const char *object, size_t len, char **error) {
    JitCode *code = library_new(jit, error);
    if (!code) return NULL;
    LLVMMemoryBufferRef bytes = LLVMCreateMemoryBufferWithMemoryRangeCopy(object, len, "cell");
    LLVMErrorRef problem = LLVMOrcLLJITAddObjectFile(jit->orc, code->library, bytes);
    if (!problem) return code;
    *error = message_of(problem);
    jit_unload(&code);
    return NULL;
}

/* A look-up by LLJIT's own function is in its main library: this one asks the execution session, and waits. */
typedef struct Found {
    void *address;
} Found;

static void on_found(LLVMErrorRef problem, LLVMOrcCSymbolMapPairs result, size_t count, void *context) {
    if (problem)
        LLVMConsumeError(problem);
    else if (count == 1)
        ((Found *)context)->address = (void *)(uintptr_t)result[0].Sym.Address;
}

void *jit_find(JitCode *code, const char *name) {
    LLVMOrcExecutionSessionRef session = LLVMOrcLLJITGetExecutionSession(code->jit->orc);
    LLVMOrcCJITDylibSearchOrderElement where = {code->library, LLVMOrcJITDylibLookupFlagsMatchExportedSymbolsOnly};
    LLVMOrcCLookupSetElement what = {LLVMOrcExecutionSessionIntern(session, name), LLVMOrcSymbolLookupFlagsWeaklyReferencedSymbol};
    Found found = {0};
    LLVMOrcExecutionSessionLookup(session, LLVMOrcLookupKindStatic, &where, 1, &what, 1, on_found, &found);
    return found.address;
}

void jit_unload(JitCode **code) {
    if (!*code) return;
    LLVMErrorRef problem = LLVMOrcJITDylibClear((*code)->library);
    if (problem) LLVMConsumeError(problem);
    (*code)->next = (*code)->jit->unused;
    (*code)->jit->unused = *code;
    *code = NULL;
}
