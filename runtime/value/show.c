/* show.c: values as text, in the form of literals that a program could contain. */
#include <inttypes.h>
#include <string.h>

#include "runtime/value/walk.h"

static void string_show(Buf *out, const MrString *string) {
    static const char hex[] = "0123456789abcdef";
    buf_add_char(out, '"');
    for (int64_t i = 0; i < string->len; i++) {
        unsigned char c = (unsigned char)string->data[i];
        switch (c) {
        case '\n': buf_add_text(out, "\\n"); break;
        case '\t': buf_add_text(out, "\\t"); break;
        case '\r': buf_add_text(out, "\\r"); break;
        case '\0': buf_add_text(out, "\\0"); break;
        case '\\':
        case '"':
        case '{':
        case '}':
            buf_add_char(out, '\\');
            buf_add_char(out, (char)c);
            break;
        default:
            if (c < 0x20 || c == 0x7f)
                buf_add(out, (char[]){'\\', 'u', '{', hex[c >> 4], hex[c & 15], '}'}, 6);
            else
                buf_add_char(out, (char)c);
        }
    }
    buf_add_char(out, '"');
}

static void int_show(Buf *out, int64_t x) {
    char digits[24], *at = digits + sizeof digits;
    uint64_t rest = x < 0 ? -(uint64_t)x : (uint64_t)x;
    do *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (x < 0) *--at = '-';
    buf_add(out, at, (size_t)(digits + sizeof digits - at));
}

/* 1..10, 0.., 5..<5, and step(1..9, 2) with the last element as its end. */
static void range_show(Buf *out, const MrRange *range) {
    bool is_stepped = range->step != 1 && range->count > 1;
    if (is_stepped) buf_add_text(out, "step(");
    int_show(out, range->first);
    buf_add_text(out, range->count <= 0 ? "..<" : "..");
    if (range->count <= 0)
        int_show(out, range->first);
    else if (range->count != MR_OPEN)
        int_show(out, (int64_t)((uint64_t)range->first + ((uint64_t)range->count - 1) * (uint64_t)range->step));
    if (is_stepped) buf_printf(out, ", %" PRId64 ")", range->step);
}

/* The constructor of the value of a declared type that the run is; NULL for other values, and for what is all zero by a move. */
static const MrConstructor *run_constructor(const Run *run) {
    const MrType *tuple = run->type->kind == MR_BOX ? run->type->fields[0] : run->type;
    if (!tuple->data || !run->count) return NULL;
    int64_t tag = 0;
    if (tuple->data->has_tag) memcpy(&tag, run->base, sizeof tag);
    return tag >= 0 && tag < tuple->data->constructor_count ? &tuple->data->constructors[tag] : NULL;
}

/* The next field that is shown: of a constructor's value its own fields only. */
static bool run_next_shown(Run *run, char **place, const MrType **type, bool *is_first) {
    const MrConstructor *constructor = run_constructor(run);
    *is_first = run->index == 0 && run->field == 0;
    while (run_next(run, place, type)) {
        if (!constructor) return true;
        for (uint32_t i = 0; i < constructor->field_count; i++) {
            if (constructor->slots[i] != run->field - 1) continue;
            *is_first = i == 0;
            return true;
        }
    }
    return false;
}

typedef struct Brackets {
    const char *open, *close;
} Brackets;

static Brackets brackets_of(const Run *run) {
    const MrConstructor *constructor = run_constructor(run);
    if (constructor) return constructor->field_count ? (Brackets){"(", ")"} : (Brackets){"", ""};
    switch (run->type->kind) {
    case MR_TUPLE: return (Brackets){"(", ")"};
    case MR_OPTIONAL: return run->count ? (Brackets){"some(", ")"} : (Brackets){"none", ""};
    case MR_BOX: return (Brackets){"", ""};
    case MR_LIST: return (Brackets){"[", "]"};
    case MR_MAP: return run->count ? (Brackets){"[", "]"} : (Brackets){"[:", "]"};
    default: return (Brackets){"set([", "])"};
    }
}

static void show_part(Buf *out, Walk *walk, const void *value, const MrType *type) {
    switch (type->kind) {
    case MR_INT: int_show(out, *(const int64_t *)value); break;
    case MR_FLOAT: float_show(out, *(const double *)value); break;
    case MR_BOOL: buf_add_text(out, *(const bool *)value ? "true" : "false"); break;
    case MR_STRING: string_show(out, value); break;
    case MR_RANGE: range_show(out, value); break;
    case MR_FUNCTION: {
        const MrClosure *closure = *(MrClosure *const *)value;
        buf_printf(out, "<function %s>", closure ? closure->function->name : "?");
        break;
    }
    case MR_FUTURE: buf_add_text(out, "<future>"); break; /* which programs cannot show, but those that look into them can */
    case MR_MAP:
    case MR_SET: mr_map_sorted(NULL, *(MrMap *const *)value, type); /* fall through */
    default: {
        const Run *run = walk_push(walk, value, type);
        const MrConstructor *constructor = run_constructor(run);
        if (constructor) buf_add_text(out, constructor->name);
        buf_add_text(out, brackets_of(run).open);
    }
    }
}

/* Of a string longer than there is room for its beginning, between whole characters. */
static void show_within(Buf *out, Walk *walk, const void *value, const MrType *type, size_t end) {
    const MrString *string = value;
    size_t left = out->len < end ? end - out->len : 0;
    int64_t room = left < INT64_MAX ? (int64_t)left : INT64_MAX;
    if (type->kind != MR_STRING || string->len <= room) {
        show_part(out, walk, value, type);
        return;
    }
    while (room > 0 && ((unsigned char)string->data[room] & 0xc0) == 0x80) room--;
    string_show(out, &(MrString){.data = string->data, .len = room});
    buf_add_text(out, "…");
}

static void show_until(Buf *out, const void *value, const MrType *type, size_t end) {
    Walk walk;
    walk_start(&walk);
    show_within(out, &walk, value, type, end);
    while (walk.len) {
        Run *run = walk_top(&walk);
        bool is_first, is_cut = out->len >= end;
        char *place;
        const MrType *field;
        bool has_next = run_next_shown(run, &place, &field, &is_first);
        if (has_next && !is_cut) {
            bool is_value = run->type->kind == MR_MAP && run->field == 2;
            if (!is_first) buf_add_text(out, is_value ? ": " : ", ");
            show_within(out, &walk, place, field, end);
        } else {
            if (has_next) buf_add_text(out, ", …");
            buf_add_text(out, brackets_of(run).close);
            walk_pop(&walk);
        }
    }
    walk_end(&walk);
}

void value_show(Buf *out, const void *value, const MrType *type) {
    show_until(out, value, type, SIZE_MAX);
}

void value_show_short(Buf *out, const void *value, const MrType *type, size_t size) {
    show_until(out, value, type, out->len + size);
}

void value_display(Buf *out, const void *value, const MrType *type) {
    if (type->kind == MR_STRING)
        buf_add(out, ((const MrString *)value)->data, (size_t)((const MrString *)value)->len);
    else
        value_show(out, value, type);
}

bool mr_to_string(MrContext *context, MrString *out, const void *value, const MrType *type) {
    (void)context;
    if (type->kind == MR_STRING) {
        *out = string_slice(value, 0, ((const MrString *)value)->len);
        return false;
    }
    Buf buf = {0};
    value_display(&buf, value, type);
    *out = string_from_buf(&buf);
    buf_free(&buf);
    return false;
}

bool mr_prim_to_string(MrContext *context, MrString *out, const void *x, const MrType *type) {
    return mr_to_string(context, out, x, type);
}
