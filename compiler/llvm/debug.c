/* Line tables: a DIFile for each source, a DISubprogram for each function, a location on what each expression becomes. */
#include "compiler/llvm/module.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

struct Debug {
    LLVMDIBuilderRef builder;
    LLVMMetadataRef unit, function_type;
    LLVMMetadataRef *files;   /* by the index of the source; NULL until needed */
    LLVMMetadataRef function; /* being written */
    uint32_t function_file;
};

static LLVMMetadataRef debug_file(Gen *gen, uint32_t index) {
    Debug *debug = gen->debug;
    const SourceFile *file = source_file(gen->program->sources, index);
    if (!file) index = (uint32_t)gen->program->sources->files.len; /* one more place, for what is in no file */
    LLVMMetadataRef *known = &debug->files[index];
    if (*known) return *known;
    const char *path = file ? file->path : gen->options.name;
    char directory[PATH_MAX];
    if (!getcwd(directory, sizeof directory)) directory[0] = '\0'; /* gdb then looks where it is told to */
    return *known = LLVMDIBuilderCreateFile(debug->builder, path, strlen(path), directory, strlen(directory));
}

static void module_flag(Gen *gen, const char *name, uint32_t value) {
    LLVMAddModuleFlag(gen->module, LLVMModuleFlagBehaviorWarning, name, strlen(name), LLVMValueAsMetadata(gen_small(gen, value)));
}

void debug_start(Gen *gen) {
    if (!gen->options.is_debug) return;
    Debug *debug = gen->debug = arena_make(gen->arena, Debug);
    size_t count = gen->program->sources->files.len;
    debug->files = arena_array(gen->arena, LLVMMetadataRef, count + 1);
    module_flag(gen, "Debug Info Version", LLVMDebugMetadataVersion());
    module_flag(gen, "Dwarf Version", 4);
    debug->builder = LLVMCreateDIBuilder(gen->module);
    debug->unit = LLVMDIBuilderCreateCompileUnit(
        debug->builder, LLVMDWARFSourceLanguageC11, debug_file(gen, gen->program->top_level->span.file), "mrc", 3,
        gen->options.level > 0, "", 0, 0, "", 0, LLVMDWARFEmissionFull, 0, 0, 0, "", 0, "", 0);
    debug->function_type = LLVMDIBuilderCreateSubroutineType(debug->builder, debug_file(gen, gen->program->top_level->span.file),
                                                             NULL, 0, LLVMDIFlagZero);
}

void debug_function(Gen *gen, LLVMValueRef function, const char *name, Span span) {
    Debug *debug = gen->debug;
    if (!debug) return;
    unsigned line = source_position(gen->program->sources, span.file, span.from).line;
    LLVMMetadataRef file = debug_file(gen, span.file);
    debug->function = LLVMDIBuilderCreateFunction(debug->builder, file, name, strlen(name), "", 0, file, line, debug->function_type,
                                                  1, 1, line, LLVMDIFlagZero, gen->options.level > 0);
    LLVMSetSubprogram(function, debug->function);
    debug->function_file = span.file;
    debug_place(gen, span);
}

void debug_place(Gen *gen, Span span) {
    Debug *debug = gen->debug;
    if (!debug) return;
    LineColumn at = source_position(gen->program->sources, span.file, span.from);
    LLVMMetadataRef scope = debug->function;
    /* Code of the library that lowering has put into a function of the program keeps its own file. */
    if (span.file != debug->function_file) {
        scope = LLVMDIBuilderCreateLexicalBlockFile(debug->builder, scope, debug_file(gen, span.file), 0);
    }
    LLVMSetCurrentDebugLocation2(gen->builder, LLVMDIBuilderCreateDebugLocation(gen->llvm, at.line, at.column, scope, NULL));
}

DebugFunction debug_function_save(Gen *gen) {
    if (!gen->debug) return (DebugFunction){0};
    return (DebugFunction){gen->debug->function, debug_save(gen), gen->debug->function_file};
}

void debug_function_restore(Gen *gen, DebugFunction saved) {
    if (!gen->debug) return;
    gen->debug->function = saved.function;
    gen->debug->function_file = saved.file;
    debug_restore(gen, saved.place);
}

LLVMMetadataRef debug_save(Gen *gen) {
    return gen->debug ? LLVMGetCurrentDebugLocation2(gen->builder) : NULL;
}

void debug_restore(Gen *gen, LLVMMetadataRef place) {
    if (!gen->debug) return;
    LLVMSetCurrentDebugLocation2(gen->builder, place);
}

void debug_finish(Gen *gen) {
    if (gen->debug) LLVMDIBuilderFinalize(gen->debug->builder);
}

void debug_free(Gen *gen) {
    if (gen->debug) LLVMDisposeDIBuilder(gen->debug->builder);
}
