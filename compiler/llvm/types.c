/* Core types as LLVM types, laid out as mr.h says, and as MrType constants. */
#include "compiler/llvm/module.h"

GenType *gen_type_info(Gen *gen, const CoreType *type) {
    void **slot = map_slot_pointer(&gen->types, type);
    if (!*slot) *slot = arena_make(gen->arena, GenType);
    return *slot;
}

static LLVMTypeRef type_struct(Gen *gen, const CoreType *const *fields, size_t count) {
    LLVMTypeRef *types = arena_array(gen->arena, LLVMTypeRef, count + 1);
    for (size_t i = 0; i < count; i++) types[i] = gen_type(gen, fields[i]);
    return LLVMStructTypeInContext(gen->llvm, types, (unsigned)count, 0);
}

LLVMTypeRef gen_type(Gen *gen, const CoreType *type) {
    GenType *info = gen_type_info(gen, type);
    if (info->llvm) return info->llvm;
    switch (type->kind) {
    case CORE_TYPE_INT: return info->llvm = gen->i64;
    case CORE_TYPE_FLOAT: return info->llvm = gen->f64;
    case CORE_TYPE_BOOL: return info->llvm = gen->i8;
    case CORE_TYPE_STRING: return info->llvm = gen->string;
    case CORE_TYPE_RANGE: return info->llvm = gen->range;
    case CORE_TYPE_LIST:
    case CORE_TYPE_MAP:
    case CORE_TYPE_SET:
    case CORE_TYPE_FN:
    case CORE_TYPE_FUTURE:
    case CORE_TYPE_STREAM:
    case CORE_TYPE_BOX: return info->llvm = gen->ptr;
    case CORE_TYPE_TUPLE: return info->llvm = type_struct(gen, (const CoreType *const *)type->args, type->arg_count);
    case CORE_TYPE_OPTIONAL:
        return info->llvm = LLVMStructTypeInContext(gen->llvm, (LLVMTypeRef[]){gen->i8, gen_type(gen, type->args[0])}, 2, 0);
    }
    return NULL;
}

const CoreType *gen_tuple(Gen *gen, const CoreType *const *fields, size_t count) {
    return core_type(gen->program->types, CORE_TYPE_TUPLE, fields, count);
}

const CoreType *gen_list_of(Gen *gen, const CoreType *element) {
    return core_type(gen->program->types, CORE_TYPE_LIST, &element, 1);
}

LLVMTypeRef gen_entry_type(Gen *gen, const CoreType *type) {
    GenType *info = gen_type_info(gen, type);
    if (!info->entry) {
        LLVMTypeRef value = type->kind == CORE_TYPE_MAP ? gen_type(gen, type->args[1]) : gen_type(gen, gen_tuple(gen, NULL, 0));
        LLVMTypeRef fields[] = {gen->i64, gen_type(gen, type->args[0]), value};
        info->entry = LLVMStructTypeInContext(gen->llvm, fields, 3, 0);
    }
    return info->entry;
}

uint64_t gen_size(Gen *gen, const CoreType *type) {
    return LLVMABISizeOfType(gen->layout, gen_type(gen, type));
}

bool gen_is_scalar(const CoreType *type) {
    return type->kind == CORE_TYPE_INT || type->kind == CORE_TYPE_FLOAT || type->kind == CORE_TYPE_BOOL;
}

bool gen_is_unit(const CoreType *type) {
    return type->kind == CORE_TYPE_TUPLE && type->arg_count == 0;
}

bool gen_has_strings(Gen *gen, const CoreType *type) {
    if (type->kind == CORE_TYPE_STRING) return true;
    if (type->kind != CORE_TYPE_TUPLE && type->kind != CORE_TYPE_OPTIONAL) return false;
    if (type->is_flat) return false;
    GenType *info = gen_type_info(gen, type);
    if (!info->has_strings_known) {
        bool found = false;
        for (size_t i = 0; i < type->arg_count && !found; i++) found = gen_has_strings(gen, type->args[i]);
        info->has_strings = found;
        info->has_strings_known = true;
    }
    return info->has_strings;
}

LLVMTypeRef gen_argument_type(Gen *gen, const CoreType *type) {
    switch (type->kind) {
    case CORE_TYPE_INT: return gen->i64;
    case CORE_TYPE_FLOAT: return gen->f64;
    case CORE_TYPE_BOOL: return gen->i1;
    default: return gen->ptr;
    }
}

/* ---- descriptors */

static MrKind type_kind(const CoreType *type) {
    switch (type->kind) {
    case CORE_TYPE_INT: return MR_INT;
    case CORE_TYPE_FLOAT: return MR_FLOAT;
    case CORE_TYPE_BOOL: return MR_BOOL;
    case CORE_TYPE_STRING: return MR_STRING;
    case CORE_TYPE_RANGE: return MR_RANGE;
    case CORE_TYPE_TUPLE: return MR_TUPLE;
    case CORE_TYPE_OPTIONAL: return MR_OPTIONAL;
    case CORE_TYPE_LIST: return MR_LIST;
    case CORE_TYPE_MAP: return MR_MAP;
    case CORE_TYPE_SET: return MR_SET;
    case CORE_TYPE_FN:
    case CORE_TYPE_STREAM: return MR_FUNCTION;
    case CORE_TYPE_BOX: return MR_BOX;
    case CORE_TYPE_FUTURE: return MR_FUTURE;
    }
    return MR_INT;
}

/* The types that a descriptor shows as its fields. A function's are none: a closure knows its own environment. */
static size_t type_fields(Gen *gen, const CoreType *type, const CoreType ***fields) {
    switch (type->kind) {
    case CORE_TYPE_TUPLE:
    case CORE_TYPE_OPTIONAL:
    case CORE_TYPE_LIST:
    case CORE_TYPE_BOX:
    case CORE_TYPE_FUTURE:
    case CORE_TYPE_MAP: *fields = type->args; return type->arg_count;
    case CORE_TYPE_SET: {
        *fields = arena_array(gen->arena, const CoreType *, 2);
        (*fields)[0] = type->args[0];
        (*fields)[1] = gen_tuple(gen, NULL, 0);
        return 2;
    }
    default: *fields = NULL; return 0;
    }
}

static uint64_t type_offset(Gen *gen, const CoreType *type, size_t field) {
    switch (type->kind) {
    case CORE_TYPE_TUPLE: return LLVMOffsetOfElement(gen->layout, gen_type(gen, type), (unsigned)field);
    case CORE_TYPE_OPTIONAL: return LLVMOffsetOfElement(gen->layout, gen_type(gen, type), 1);
    case CORE_TYPE_MAP:
    case CORE_TYPE_SET: return LLVMOffsetOfElement(gen->layout, gen_entry_type(gen, type), (unsigned)field + 1);
    default: return 0;
    }
}

/* The names that a declared type prints with, and where its fields lie: MrData. */
static LLVMValueRef gen_data(Gen *gen, const CoreData *data) {
    if (!data) return LLVMConstNull(gen->ptr);
    LLVMTypeRef layout[] = {gen->ptr, gen->i32, gen->ptr};
    LLVMTypeRef shape = LLVMStructTypeInContext(gen->llvm, layout, 3, 0);
    LLVMValueRef *constructors = arena_array(gen->arena, LLVMValueRef, data->constructor_count + 1);
    for (size_t i = 0; i < data->constructor_count; i++) {
        const CoreConstructor *constructor = &data->constructors[i];
        size_t count = constructor->field_count;
        LLVMValueRef *slots = arena_array(gen->arena, LLVMValueRef, count + 1);
        for (size_t f = 0; f < count; f++) slots[f] = gen_small(gen, constructor->slots[f]);
        LLVMValueRef values[] = {
            gen_text(gen, constructor->name),
            gen_small(gen, (uint32_t)count),
            count ? gen_constant(gen, "slots", LLVMConstArray2(gen->i32, slots, count)) : LLVMConstNull(gen->ptr),
        };
        constructors[i] = LLVMConstStructInContext(gen->llvm, values, 3, 0);
    }
    LLVMValueRef values[] = {
        gen_small(gen, (uint32_t)data->constructor_count),
        gen_byte(gen, data->has_tag),
        gen_constant(gen, "constructors", LLVMConstArray2(shape, constructors, data->constructor_count)),
    };
    return gen_constant(gen, "data", LLVMConstStructInContext(gen->llvm, values, 3, 0));
}

LLVMValueRef gen_descriptor(Gen *gen, const CoreType *type) {
    GenType *info = gen_type_info(gen, type);
    if (info->descriptor) return info->descriptor;
    LLVMTypeRef layout[] = {gen->i8, gen->i8, gen->i32, gen->i32, gen->i32, gen->i32, gen->ptr, gen->ptr, gen->ptr, gen->ptr};
    LLVMTypeRef shape = LLVMStructTypeInContext(gen->llvm, layout, 10, 0);
    LLVMValueRef global = LLVMAddGlobal(gen->module, shape, arena_printf(gen->arena, "type %s", type->name));
    info->descriptor = global; /* before its fields: they may come back to it */
    LLVMSetLinkage(global, LLVMPrivateLinkage);
    LLVMSetGlobalConstant(global, 1);

    const CoreType **fields;
    size_t count = type_fields(gen, type, &fields);
    LLVMValueRef *descriptors = arena_array(gen->arena, LLVMValueRef, count + 1);
    LLVMValueRef *offsets = arena_array(gen->arena, LLVMValueRef, count + 1);
    for (size_t i = 0; i < count; i++) {
        descriptors[i] = gen_descriptor(gen, fields[i]);
        offsets[i] = gen_small(gen, (uint32_t)type_offset(gen, type, i));
    }
    bool is_table = type->kind == CORE_TYPE_MAP || type->kind == CORE_TYPE_SET;
    LLVMTypeRef llvm = gen_type(gen, type);
    LLVMValueRef values[] = {
        gen_byte(gen, (uint8_t)type_kind(type)),
        gen_byte(gen, type->is_flat),
        gen_small(gen, (uint32_t)LLVMABISizeOfType(gen->layout, llvm)),
        gen_small(gen, LLVMABIAlignmentOfType(gen->layout, llvm)),
        gen_small(gen, (uint32_t)count),
        gen_small(gen, is_table ? (uint32_t)LLVMABISizeOfType(gen->layout, gen_entry_type(gen, type)) : 0),
        gen_pointer_array(gen, "fields", descriptors, count),
        count ? gen_constant(gen, "offsets", LLVMConstArray2(gen->i32, offsets, count)) : LLVMConstNull(gen->ptr),
        gen_text(gen, type->name),
        gen_data(gen, type->data),
    };
    LLVMSetInitializer(global, LLVMConstStructInContext(gen->llvm, values, 10, 0));
    return global;
}
