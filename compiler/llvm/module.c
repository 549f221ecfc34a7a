/* The module: its LLVM context and target, declarations of the runtime's functions from abi.def, and constants. */
#include "compiler/llvm/module.h"
#include "compiler/llvm/variants.h"

#include <string.h>

static const struct {
    const char *name, *parameters;
    char result;
} abi[RUNTIME_COUNT] = {
#define ABI_F                         'F'
#define ABI_V                         'V'
#define ABI_B                         'B'
#define ABI_I                         'I'
#define ABI_D                         'D'
#define ABI_P                         'P'
#define ABI(name, result, parameters) {#name, parameters, ABI_##result},
#define PRIM(name)
#define UPDATE(name)
#include "runtime/include/abi.def"
#undef ABI
#undef PRIM
#undef UPDATE
};

const TargetLevel *gen_level_made(const Gen *gen) {
    return gen->variant && gen->variant->level ? gen->variant->level : gen->level;
}

/* A list of names for people: "a, b and c". */
static const char *level_names(Gen *gen) {
    const char *names = gen->target->levels[0].name;
    for (size_t i = 1; i < gen->target->level_count; i++) {
        names = arena_printf(gen->arena, "%s%s%s", names, i + 1 < gen->target->level_count ? ", " : " and ",
                             gen->target->levels[i].name);
    }
    return names;
}

/* Programs are never compiled for the processor at hand: the same source gives the same bytes on all machines of a kind. */
static bool module_level(Gen *gen) {
    const char *cpu = gen->options.cpu;
    gen->target = target_named(gen->options.target);
    if (!gen->target) {
        Diag *diag = diag_add(gen->sink, E0701, SPAN_NONE, "unknown target '%s'", gen->options.target);
        diag_hint(diag, "known are x86_64-linux-gnu and aarch64-linux-gnu");
        return false;
    }
    gen->level = cpu ? target_level_named(gen->target, cpu) : &gen->target->levels[gen->target->base];
    if (gen->level) return true;
    Diag *diag = diag_add(gen->sink, E0701, SPAN_NONE, "unknown processor '%s'", cpu);
    diag_hint(diag, "of %s, known are %s", gen->target->machine, level_names(gen));
    return false;
}

static bool module_target(Gen *gen) {
    const char *triple = gen->target->triple;
    gen->target->prepare();
    LLVMTargetRef target;
    char *message = NULL;
    if (LLVMGetTargetFromTriple(triple, &target, &message)) {
        diag_add(gen->sink, E0701, SPAN_NONE, "LLVM has no target %s: %s", triple, message);
        LLVMDisposeMessage(message);
        return false;
    }
    static const LLVMCodeGenOptLevel levels[] = {LLVMCodeGenLevelNone, LLVMCodeGenLevelLess, LLVMCodeGenLevelDefault,
                                                 LLVMCodeGenLevelAggressive};
    gen->machine = LLVMCreateTargetMachine(target, triple, gen->level->llvm, "", levels[gen->options.level & 3], LLVMRelocPIC,
                                           LLVMCodeModelDefault);
    if (gen->options.level == 0) LLVMSetTargetMachineFastISel(gen->machine, 1);
    gen->layout = LLVMCreateTargetDataLayout(gen->machine);
    LLVMSetTarget(gen->module, triple);
    LLVMSetModuleDataLayout(gen->module, gen->layout);
    return true;
}

static void module_types(Gen *gen) {
    LLVMContextRef llvm = gen->llvm;
    gen->i1 = LLVMInt1TypeInContext(llvm);
    gen->i8 = LLVMInt8TypeInContext(llvm);
    gen->i32 = LLVMInt32TypeInContext(llvm);
    gen->i64 = LLVMInt64TypeInContext(llvm);
    gen->i128 = LLVMInt128TypeInContext(llvm);
    gen->f64 = LLVMDoubleTypeInContext(llvm);
    gen->ptr = LLVMPointerTypeInContext(llvm, 0);
    gen->void_type = LLVMVoidTypeInContext(llvm);
    gen->string = LLVMStructTypeInContext(llvm, (LLVMTypeRef[]){gen->ptr, gen->i64, gen->ptr}, 3, 0);
    gen->range = LLVMStructTypeInContext(llvm, (LLVMTypeRef[]){gen->i64, gen->i64, gen->i64}, 3, 0);
    gen->profile_kind = LLVMGetMDKindIDInContext(llvm, "prof", 4);
    LLVMMetadataRef weights[] = {LLVMMDStringInContext2(llvm, "branch_weights", 14), LLVMValueAsMetadata(gen_small(gen, 1)),
                                 LLVMValueAsMetadata(gen_small(gen, 1u << 20))};
    gen->unlikely = LLVMMetadataAsValue(llvm, LLVMMDNodeInContext2(llvm, weights, 3));
}

/* By default LLVM ends the process when it meets an error, as in a damaged bitcode file. */
static void module_message(LLVMDiagnosticInfoRef info, void *context) {
    Gen *gen = context;
    if (LLVMGetDiagInfoSeverity(info) != LLVMDSError) return;
    char *text = LLVMGetDiagInfoDescription(info);
    diag_add(gen->sink, E0701, SPAN_NONE, "LLVM: %s", text);
    LLVMDisposeMessage(text);
}

Gen *gen_new(const CoreProgram *program, const GenOptions *options, DiagSink *sink) {
    Arena *arena = arena_new();
    Gen *gen = arena_make(arena, Gen);
    gen->arena = arena;
    gen->program = program;
    gen->sink = sink;
    gen->options = *options;
    gen->has_variants = !gen->options.cpu && gen->options.level > 1;
    if (!gen->options.name) gen->options.name = program->sources->files.len ? program->sources->files.items[0]->path : "program";
    gen->llvm = LLVMContextCreate();
    LLVMContextSetDiagnosticHandler(gen->llvm, module_message, gen);
    gen->module = LLVMModuleCreateWithNameInContext(gen->options.name, gen->llvm);
    gen->builder = LLVMCreateBuilderInContext(gen->llvm);
    map_init(&gen->types, arena);
    map_init(&gen->functions, arena);
    map_init(&gen->function_values, arena);
    map_init(&gen->constants, arena);
    map_init(&gen->bindings, arena);
    gen->tasks = arena_array(arena, LLVMValueRef, program->jobs.len + 1);
    if (!module_level(gen) || !module_target(gen)) {
        gen_free(&gen);
        return NULL;
    }
    module_types(gen);
    gen->immortal = LLVMAddGlobal(gen->module, gen->i64, "mr_immortal");
    return gen;
}

void gen_free(GenModule **module) {
    Gen *gen = *module;
    *module = NULL;
    if (!gen) return;
    gen_free(&gen->other);
    debug_free(gen);
    LLVMDisposeBuilder(gen->builder);
    if (gen->layout) LLVMDisposeTargetData(gen->layout);
    if (gen->machine) LLVMDisposeTargetMachine(gen->machine);
    LLVMDisposeModule(gen->module);
    LLVMContextDispose(gen->llvm);
    Arena *arena = gen->arena;
    arena_free(&arena);
}

/* ---- functions */

void gen_attribute_int(Gen *gen, LLVMValueRef function, LLVMAttributeIndex where, const char *name, uint64_t value) {
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(function, where, LLVMCreateEnumAttribute(gen->llvm, kind, value));
}

static LLVMAttributeRef filled(Gen *gen) {
    return LLVMCreateEnumAttribute(gen->llvm, LLVMGetEnumAttributeKindForName("zeroext", 7), 0);
}

void gen_attribute_bool(Gen *gen, LLVMValueRef function, LLVMAttributeIndex where) {
    if (gen->target->extends_bools) LLVMAddAttributeAtIndex(function, where, filled(gen));
}

void gen_call_attribute_bool(Gen *gen, LLVMValueRef call, LLVMAttributeIndex where) {
    if (gen->target->extends_bools) LLVMAddCallSiteAttribute(call, where, filled(gen));
}

void gen_attribute(Gen *gen, LLVMValueRef function, LLVMAttributeIndex where, const char *name) {
    gen_attribute_int(gen, function, where, name, 0);
}

Callee gen_internal(Gen *gen, const char *name, LLVMTypeRef type, bool is_fast, bool has_context) {
    Callee callee = {LLVMAddFunction(gen->module, name, type), type};
    LLVMSetLinkage(callee.function, LLVMInternalLinkage);
    gen_attribute(gen, callee.function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "nounwind");
    if (is_fast) LLVMSetFunctionCallConv(callee.function, LLVMFastCallConv);
    if (has_context) {
        gen_attribute(gen, callee.function, 1, "nonnull");
        gen_attribute_int(gen, callee.function, 1, "dereferenceable", sizeof(MrContext));
    }
    if (gen->debug) {
        LLVMAddAttributeAtIndex(callee.function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                                LLVMCreateStringAttribute(gen->llvm, "frame-pointer", 13, "all", 3));
    }
    return callee;
}

size_t gen_runtime_arity(RuntimeFunction name) {
    return strlen(abi[name].parameters);
}

char gen_runtime_result(RuntimeFunction name) {
    return abi[name].result;
}

char gen_runtime_letter(RuntimeFunction name, size_t parameter) {
    return abi[name].parameters[parameter];
}

static LLVMTypeRef abi_type(Gen *gen, char letter) {
    switch (letter) {
    case 'P': return gen->ptr;
    case 'I': return gen->i64;
    case 'D': return gen->f64;
    case 'V': return gen->void_type;
    default: return gen->i1; /* B, F */
    }
}

const Callee *gen_runtime(Gen *gen, RuntimeFunction name) {
    Callee *callee = &gen->runtime[name];
    if (callee->function) return callee;
    LLVMTypeRef parameters[8] = {gen->ptr};
    const char *letters = abi[name].parameters;
    unsigned count = (unsigned)strlen(letters);
    for (unsigned i = 0; i < count; i++) parameters[i + 1] = abi_type(gen, letters[i]);
    callee->type = LLVMFunctionType(abi_type(gen, abi[name].result), parameters, count + 1, 0);
    callee->function = LLVMAddFunction(gen->module, abi[name].name, callee->type);
    gen_attribute(gen, callee->function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "nounwind");
    if (strncmp(abi[name].name, "mr_fail", 7) == 0) {
        gen_attribute(gen, callee->function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "cold");
    }
    for (unsigned i = 0; i < count; i++) {
        if (letters[i] == 'B') gen_attribute_bool(gen, callee->function, i + 2);
    }
    if (abi[name].result == 'B' || abi[name].result == 'F') gen_attribute_bool(gen, callee->function, LLVMAttributeReturnIndex);
    return callee;
}

/* ---- constants */

LLVMValueRef gen_int(Gen *gen, int64_t value) {
    return LLVMConstInt(gen->i64, (uint64_t)value, 1);
}

LLVMValueRef gen_small(Gen *gen, uint32_t value) {
    return LLVMConstInt(gen->i32, value, 0);
}

LLVMValueRef gen_byte(Gen *gen, uint8_t value) {
    return LLVMConstInt(gen->i8, value, 0);
}

LLVMValueRef gen_flag(Gen *gen, bool value) {
    return LLVMConstInt(gen->i1, value, 0);
}

LLVMValueRef gen_constant(Gen *gen, const char *name, LLVMValueRef value) {
    LLVMValueRef global = LLVMAddGlobal(gen->module, LLVMTypeOf(value), name);
    LLVMSetInitializer(global, value);
    LLVMSetGlobalConstant(global, 1);
    LLVMSetLinkage(global, LLVMPrivateLinkage);
    return global;
}

LLVMValueRef gen_string_bytes(Gen *gen, const char *bytes, size_t len) {
    char *padded = arena_alloc(gen->arena, len + MR_STRING_SLACK);
    memcpy(padded, bytes, len);
    return gen_bytes(gen, padded, len + MR_STRING_SLACK);
}

LLVMValueRef gen_bytes(Gen *gen, const char *bytes, size_t len) {
    void **slot = map_slot(&gen->constants, bytes, len);
    if (!*slot) {
        LLVMValueRef global = gen_constant(gen, "bytes", LLVMConstStringInContext2(gen->llvm, bytes, len, 1));
        LLVMSetUnnamedAddress(global, LLVMGlobalUnnamedAddr);
        LLVMSetAlignment(global, 1);
        *slot = global;
    }
    return *slot;
}

LLVMValueRef gen_text(Gen *gen, const char *text) {
    return gen_bytes(gen, text, strlen(text) + 1);
}

bool gen_is_library(const Gen *gen, Span span) {
    const SourceFile *file = source_file(gen->program->sources, span.file);
    return file && file->path[0] == '<';
}

LLVMValueRef gen_location_value(Gen *gen, Span span) {
    LineColumn at = source_position(gen->program->sources, span.file, span.from);
    const SourceFile *file = source_file(gen->program->sources, span.file);
    LLVMValueRef fields[] = {gen_text(gen, file ? file->path : gen->options.name), gen_small(gen, at.line),
                             gen_small(gen, at.column)};
    return LLVMConstStructInContext(gen->llvm, fields, 3, 0);
}

LLVMValueRef gen_location(Gen *gen, Span span) {
    struct {
        char tag[8]; /* keeps these keys apart from strings of the program */
        uint32_t file, from;
    } key = {"\xff@place", span.file, span.from};
    void **slot = map_slot(&gen->constants, &key, sizeof key);
    LLVMValueRef found = *slot;
    if (!found) {
        found = gen_constant(gen, "location", gen_location_value(gen, span));
        *map_slot(&gen->constants, &key, sizeof key) = found; /* making the text may have moved the slot */
    }
    return found;
}

LLVMValueRef gen_pointer_array(Gen *gen, const char *name, LLVMValueRef *items, size_t count) {
    if (!count) return LLVMConstNull(gen->ptr);
    return gen_constant(gen, name, LLVMConstArray2(gen->ptr, items, count));
}

LLVMValueRef gen_hash(Gen *gen, const uint8_t hash[16]) {
    return LLVMConstStringInContext2(gen->llvm, (const char *)hash, 16, 1);
}
