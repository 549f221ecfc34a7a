/* values.c: see values.h. */
#include "tools/workbench/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "runtime/value/codec.h"
#include "runtime/value/value.h"

/* ---- what a type leads to. Types of boxes lead back to themselves: a depth ends the search, and stands for anything. */

enum { DEPTH = 16 };

/* Numbers, and lists, tuples and optionals of such: no descriptors, constants or code. */
static bool is_plain(const MrType *type) {
    if (type->is_flat) return true;
    if (type->kind != MR_LIST && type->kind != MR_TUPLE && type->kind != MR_OPTIONAL) return false;
    for (uint32_t i = 0; i < type->field_count; i++)
        if (!is_plain(type->fields[i])) return false;
    return true;
}

static bool holds_code(const MrType *type, unsigned depth) {
    if (type->kind == MR_FUNCTION || type->kind == MR_FUTURE || depth == 0) return true;
    for (uint32_t i = 0; i < type->field_count && !type->is_flat; i++)
        if (holds_code(type->fields[i], depth - 1)) return true;
    return false;
}

bool value_holds_code(const Value *value) {
    return holds_code(value->type, DEPTH);
}

/* ---- the table */

static Value *find(const Values *values, const char *name) {
    for (size_t i = 0; i < values->len; i++)
        if (strcmp(values->items[i].name, name) == 0) return &values->items[i];
    return NULL;
}

const Value *values_find(const Values *values, const char *name) {
    return find(values, name);
}

static void value_drop(Value *value, MrContext *context) {
    mr_drop(context, value->bytes, value->type);
    free(value->bytes);
    free(value->name);
    value->loaded->values--;
}

void values_drop(Values *values, MrContext *context, const char *name) {
    Value *value = find(values, name);
    if (!value) return;
    value_drop(value, context);
    *value = values->items[--values->len];
}

void values_free(Values *values, MrContext *context) {
    for (size_t i = 0; i < values->len; i++) value_drop(&values->items[i], context);
    free(values->items);
    *values = (Values){0};
}

static char *global_place(const MrContext *context, uint32_t global, const MrType **type) {
    const MrType *globals = context->program->globals;
    *type = globals->fields[global];
    return (char *)context->globals + globals->offsets[global];
}

void values_give(MrContext *context, const Value *value, uint32_t global) {
    const MrType *type;
    char *place = global_place(context, global, &type);
    memcpy(place, value->bytes, type->size);
    mr_retain(context, place, type);
}

bool values_text(const MrContext *context, uint32_t global, Buf *out) {
    const MrType *type;
    const MrString *text = (const MrString *)global_place(context, global, &type);
    if (type->kind != MR_STRING) return false;
    buf_add(out, text->data, (size_t)text->len);
    return true;
}

/* A copy that shares nothing with what it was made of. */
static void copy_value(MrContext *context, void *to, const void *from, const MrType *type) {
    Buf bytes = {0};
    codec_encode_as_is(&bytes, from, type, context->program);
    const char *at = bytes.data;
    codec_decode(&at, bytes.data + bytes.len, to, type, context->program);
    buf_free(&bytes);
}

void values_take(Values *values, MrContext *context, const CellName *known, Loaded *loaded) {
    const MrType *type;
    char *place = global_place(context, known->global, &type);
    void *bytes = xaligned(64, type->size ? type->size : 1);
    bool has_code = holds_code(type, DEPTH);
    if (is_plain(type) || has_code) {
        memcpy(bytes, place, type->size);
        memset(place, 0, type->size);
    } else {
        copy_value(context, bytes, place, type);
    }
    loaded->values++;
    values_drop(values, context, known->name);
    if (values->len == values->cap) {
        values->cap = values->cap ? 2 * values->cap : 16;
        values->items = xrealloc(values->items, values->cap * sizeof *values->items);
    }
    values->items[values->len++] = (Value){strdup(known->name), bytes, type, loaded};
}
