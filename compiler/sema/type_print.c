/* type_print.c: types and schemes as a program would write them.
 *
 * Variables that were declared keep their names; the others are A, B, … in the order of appearance, so that the text does not
 * depend on what was inferred before. Text is cut where a type is very large. */
#include "compiler/sema/infer.h"

#include <string.h>

#include "compiler/sema/symbol.h"

enum { SHOWN_VARS = 64, TEXT_LIMIT = 240 };

typedef struct Printer {
    Buf *out;
    const Type *vars[SHOWN_VARS]; /* those without a name of their own, in order */
    size_t var_count;
    uint32_t taken;       /* letters that declared variables have, as bits */
    size_t limit;         /* of out->len */
    bool is_marked;       /* "util.Point": declared types of other modules than the program's with these */
    const Module *reader; /* not NULL: declared types as this module can mention them ... */
    bool is_unwritable;   /* ... and there was one that it cannot */
} Printer;

static const Type *pruned(const Type *type) {
    while (type->kind == TYPE_VAR && type->link) type = type->link;
    return type;
}

static void print(Printer *p, const Type *type);

/* Which letters are taken: declared variables keep their names. */
static void take_letters(Printer *p, const Type *type, size_t *budget) {
    type = pruned(type);
    if (*budget == 0) return;
    --*budget;
    if (type->kind == TYPE_VAR && type->name && type->name[1] == '\0' && type->name[0] >= 'A' && type->name[0] <= 'Z')
        p->taken |= UINT32_C(1) << (type->name[0] - 'A');
    for (size_t i = 0; i < type->arg_count; i++) take_letters(p, type->args[i], budget);
}

static void begin_type(Printer *p, const Type *type) {
    size_t budget = TYPE_SIZE_LIMIT;
    take_letters(p, type, &budget);
}

/* The i-th free letter; after the last one, they begin again with a number. */
static void print_letter(const Printer *p, size_t i) {
    char letters[26];
    size_t count = 0;
    for (int k = 0; k < 26; k++)
        if (!(p->taken >> k & 1)) letters[count++] = (char)('A' + k);
    if (count == 0) {
        buf_printf(p->out, "A%zu", i + 1);
        return;
    }
    buf_add_char(p->out, letters[i % count]);
    if (i >= count) buf_printf(p->out, "%zu", i / count);
}

static void print_var(Printer *p, const Type *type) {
    if (type->name) {
        buf_add_text(p->out, type->name);
        return;
    }
    if (type->classes & CLASS_LITERAL) { /* it will be an int unless something says otherwise */
        buf_add_text(p->out, "int");
        return;
    }
    size_t i = 0;
    while (i < p->var_count && p->vars[i] != type) i++;
    if (i == SHOWN_VARS) {
        buf_add_char(p->out, '_');
        return;
    }
    if (i == p->var_count) p->vars[p->var_count++] = type;
    print_letter(p, i);
}

static void print_list(Printer *p, Type *const *types, size_t count) {
    for (size_t i = 0; i < count && p->out->len < p->limit; i++) {
        if (i > 0) buf_add_text(p->out, ", ");
        print(p, types[i]);
    }
}

static void print_around(Printer *p, const char *before, const Type *type, const char *after) {
    buf_add_text(p->out, before);
    print(p, type);
    buf_add_text(p->out, after);
}

/* "(A, B) -> ", "A -> "; one parameter that is a tuple or function keeps its parentheses. */
static void print_params(Printer *p, const Type *type) {
    size_t arity = type_fn_arity(type);
    const Type *only = arity == 1 ? pruned(type->args[0]) : NULL;
    bool bare = only && only->kind != TYPE_FN && only->kind != TYPE_TUPLE;
    if (!bare) buf_add_char(p->out, '(');
    print_list(p, type->args, arity);
    buf_add_text(p->out, bare ? " -> " : ") -> ");
}

static void print_fn(Printer *p, const Type *type) {
    print_params(p, type);
    print(p, type_fn_result(type));
}

/* The module's name in front, where the reader has imported it as a whole. */
static void print_reached(Printer *p, const Symbol *symbol) {
    if (map_get_pointer(&p->reader->types, symbol->name) == symbol) return;
    for (size_t i = 0; i < p->reader->values.len; i++) {
        const Symbol *module = p->reader->values.entries[i].value;
        if (!module || module->kind != SYMBOL_MODULE || module->module != symbol->module) continue;
        buf_printf(p->out, "%s.", module->name);
        return;
    }
    p->is_unwritable = true;
}

static void print(Printer *p, const Type *type) {
    type = pruned(type);
    if (p->out->len >= p->limit) return;
    switch (type->kind) {
    case TYPE_ERROR: buf_add_text(p->out, "?"); break;
    case TYPE_VAR: print_var(p, type); break;
    case TYPE_INT: buf_add_text(p->out, "int"); break;
    case TYPE_FLOAT: buf_add_text(p->out, "float"); break;
    case TYPE_BOOL: buf_add_text(p->out, "bool"); break;
    case TYPE_STRING: buf_add_text(p->out, "string"); break;
    case TYPE_RANGE: buf_add_text(p->out, "range"); break;
    case TYPE_TUPLE:
        buf_add_char(p->out, '(');
        print_list(p, type->args, type->arg_count);
        buf_add_char(p->out, ')');
        break;
    case TYPE_OPTIONAL:
        if (pruned(type->args[0])->kind == TYPE_FN)
            print_around(p, "(", type->args[0], ")?");
        else
            print_around(p, "", type->args[0], "?");
        break;
    case TYPE_LIST: print_around(p, "[", type->args[0], "]"); break;
    case TYPE_MAP:
        print_around(p, "[", type->args[0], ": ");
        print_around(p, "", type->args[1], "]");
        break;
    case TYPE_SET: print_around(p, "set[", type->args[0], "]"); break;
    case TYPE_STREAM: print_around(p, "stream[", type->args[0], "]"); break;
    case TYPE_FUTURE: print_around(p, "future[", type->args[0], "]"); break;
    case TYPE_FN: print_fn(p, type); break;
    case TYPE_DATA:
        if (p->reader) print_reached(p, type->symbol);
        if (p->is_marked && !type->symbol->module->is_main) buf_printf(p->out, "%s.", type->symbol->module->mark);
        buf_add_text(p->out, type->symbol->name);
        if (type->arg_count > 0) {
            buf_add_char(p->out, '[');
            print_list(p, type->args, type->arg_count);
            buf_add_char(p->out, ']');
        }
        break;
    }
}

void type_print(const Type *type, Buf *out) {
    Printer p = {.out = out, .limit = SIZE_MAX};
    begin_type(&p, type);
    print(&p, type);
}

void type_print_marked(const Type *type, Buf *out) {
    Printer p = {.out = out, .limit = SIZE_MAX, .is_marked = true};
    begin_type(&p, type);
    print(&p, type);
}

bool type_write(const Type *type, const Module *reader, Buf *out) {
    Printer p = {.out = out, .limit = SIZE_MAX, .reader = reader};
    begin_type(&p, type);
    print(&p, type);
    return !p.is_unwritable;
}

/* ---- schemes */

/* ", where " once, then ", " between the requirements. */
static void begin_requirement(Printer *p, bool *is_first) {
    buf_add_text(p->out, *is_first ? ", where " : ", ");
    *is_first = false;
}

static void print_classes(Printer *p, const Type *var, bool *is_first) {
    uint32_t classes = var->classes;
    if (classes & CLASS_NUMBER) classes &= ~(uint32_t)(CLASS_ADD | CLASS_ORDER | CLASS_EQUAL | CLASS_PRINT | CLASS_CONVERT);
    if (classes & CLASS_ORDER) classes &= ~(uint32_t)CLASS_EQUAL;
    for (uint32_t class = 1; class <= classes; class <<= 1) {
        if (!(classes & class) || !class_requirement(class)) continue;
        begin_requirement(p, is_first);
        print(p, var);
        buf_printf(p->out, " %s", class_requirement(class));
    }
}

static void print_pred(Printer *p, const Pred *pred, bool *is_first) {
    begin_requirement(p, is_first);
    switch (pred->kind) {
    case PRED_SEQUENCE:
        print_around(p, "", pred->types[0], " is a sequence of ");
        print(p, pred->types[1]);
        break;
    case PRED_INDEX:
        print_around(p, "", pred->types[0], " has at each ");
        print_around(p, "", pred->types[1], " a ");
        print(p, pred->types[2]);
        break;
    case PRED_KEYED:
        print_around(p, "", pred->types[0], " is a map or set by ");
        print(p, pred->types[1]);
        break;
    case PRED_IN:
        print_around(p, "", pred->types[0], " can be in ");
        print(p, pred->types[1]);
        break;
    case PRED_FIELD:
        print(p, pred->types[0]);
        buf_printf(p->out, " has a field .%llu of type ", (unsigned long long)pred->index);
        print(p, pred->types[1]);
        break;
    }
}

static void print_requirements(Printer *p, const Scheme *scheme) {
    bool is_first = true;
    for (size_t i = 0; i < scheme->vars.len; i++) print_classes(p, pruned(scheme->vars.items[i]), &is_first);
    for (size_t i = 0; i < scheme->preds.len; i++) print_pred(p, &scheme->preds.items[i], &is_first);
}

void scheme_print(const Scheme *scheme, Buf *out) {
    Printer p = {.out = out, .limit = SIZE_MAX};
    begin_type(&p, scheme->type);
    print(&p, scheme->type);
    print_requirements(&p, scheme);
}

void scheme_print_reducer(const Scheme *scheme, Buf *out) {
    Printer p = {.out = out, .limit = SIZE_MAX};
    const Type *type = pruned(scheme->type);
    begin_type(&p, type);
    if (type->kind != TYPE_FN) { /* after an error */
        print(&p, type);
        return;
    }
    const Type *parts = pruned(type_fn_result(type));
    if (type_fn_arity(type) > 0) print_params(&p, type);
    print_around(&p, "reducer of ", parts->args[0], " giving ");
    print(&p, parts->args[2]);
    print_requirements(&p, scheme);
}

/* ---- for messages */

static const char *text_with(Infer *infer, Printer *p, Type *type) {
    Buf out = {0};
    p->out = &out;
    p->limit = TEXT_LIMIT;
    print(p, type);
    if (out.len >= TEXT_LIMIT) buf_add_text(&out, " …");
    const char *text = arena_strndup(infer->arena, out.data, out.len);
    buf_free(&out);
    return text;
}

const char *type_text(Infer *infer, Type *type) {
    Printer p = {0};
    begin_type(&p, type);
    return text_with(infer, &p, type);
}

static void print_two(Infer *infer, Type *a, Type *b, bool is_marked, const char **text_a, const char **text_b) {
    Printer p = {.is_marked = is_marked};
    begin_type(&p, a);
    begin_type(&p, b);
    *text_a = text_with(infer, &p, a);
    *text_b = text_with(infer, &p, b);
}

/* Types of one name in two modules are told apart. */
void type_texts(Infer *infer, Type *a, Type *b, const char **text_a, const char **text_b) {
    print_two(infer, a, b, false, text_a, text_b);
    if (strcmp(*text_a, *text_b) == 0) print_two(infer, a, b, true, text_a, text_b);
}
