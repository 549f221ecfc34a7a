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
#include "compiler/llvm/ways.h"

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

static LLVMErrorRef define_values(Jit *jit, JitCode *code, const JitValue *values, size_t count) {
    LLVMOrcExecutionSessionRef session = LLVMOrcLLJITGetExecutionSession(jit->orc);
    LLVMOrcCSymbolMapPair *pairs = xcalloc(count + 1, sizeof *pairs);
    for (size_t i = 0; i < count; i++) {
        pairs[i].Name = LLVMOrcExecutionSessionIntern(session, ways_symbol(values[i].name).text);
        pairs[i].Sym.Address = (uint64_t)(uintptr_t)values[i].at;
        pairs[i].Sym.Flags.GenericFlags = LLVMJITSymbolGenericFlagsExported;
    }
    LLVMErrorRef problem = count ? LLVMOrcJITDylibDefine(code->library, LLVMOrcAbsoluteSymbols(pairs, count)) : NULL;
    free(pairs);
    return problem;
}

JitCode *jit_load_better(Jit *jit, const char *object, size_t len, const JitValue *values, size_t count, char **error) {
    JitCode *code = library_new(jit, error);
    if (!code) return NULL;
    LLVMErrorRef problem = define_values(jit, code, values, count);
    LLVMMemoryBufferRef bytes = LLVMCreateMemoryBufferWithMemoryRangeCopy(object, len, "cell");
    if (problem)
        LLVMDisposeMemoryBuffer(bytes);
    else
        problem = LLVMOrcLLJITAddObjectFile(jit->orc, code->library, bytes);
    if (!problem) return code;
    *error = message_of(problem);
    jit_unload(&code);
    return NULL;
}

JitCode *jit_load(Jit *jit, const char *object, size_t len, char **error) {
    return jit_load_better(jit, object, len, NULL, 0, error);
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

static void lead(Way *way, void *elsewhere) {
    __atomic_store_n(&way->leads, elsewhere, __ATOMIC_RELEASE);
}

bool jit_lead(JitCode *code, const void *function, void *elsewhere) {
    Way *ways = jit_find(code, WAYS_TABLE);
    for (Way *way = ways; way && way->name; way++) {
        if (way->function != function) continue;
        lead(way, elsewhere);
        return true;
    }
    return false;
}

void jit_lead_all(JitCode *code, JitCode *better) {
    Way *ways = jit_find(code, WAYS_TABLE), *others = jit_find(better, WAYS_TABLE);
    for (Way *way = ways; way && others && way->name; way++)
        for (const Way *other = others; other->name; other++)
            if (strcmp(way->name, other->name) == 0) lead(way, other->function);
}

void jit_unload(JitCode **code) {
    if (!*code) return;
    LLVMErrorRef problem = LLVMOrcJITDylibClear((*code)->library);
    if (problem) LLVMConsumeError(problem);
    (*code)->next = (*code)->jit->unused;
    (*code)->jit->unused = *code;
    *code = NULL;
}
