/* print_expr.c: core expressions as text: what fits one line in the language's own notation, the rest indented. */
#include "compiler/core/printer.h"

#include <inttypes.h>
#include <string.h>

#include "compiler/source/shown.h"

const char *core_op_text(CoreOp op) {
    static const char *const texts[] = {
        [CORE_OP_ADD] = "+",       [CORE_OP_SUB] = "-",
        [CORE_OP_MUL] = "*",       [CORE_OP_ADD_WRAP] = "+%",
        [CORE_OP_SUB_WRAP] = "-%", [CORE_OP_MUL_WRAP] = "*%",
        [CORE_OP_DIV] = "/",       [CORE_OP_FLOOR_DIV] = "//",
        [CORE_OP_MOD] = "%",       [CORE_OP_POW] = "**",
        [CORE_OP_NEG] = "-",       [CORE_OP_NOT] = "not ",
        [CORE_OP_BIT_AND] = "&",   [CORE_OP_BIT_OR] = "|",
        [CORE_OP_BIT_XOR] = "^",   [CORE_OP_SHL] = "<<",
        [CORE_OP_SHR] = ">>",      [CORE_OP_EQ] = "==",
        [CORE_OP_NE] = "!=",       [CORE_OP_LT] = "<",
        [CORE_OP_LE] = "<=",       [CORE_OP_GT] = ">",
        [CORE_OP_GE] = ">=",       [CORE_OP_COMPARE_TOTAL] = "<=>",
        [CORE_OP_IN] = "in",       [CORE_OP_CONCAT_LISTS] = "++",
    };
    return texts[op];
}

const char *core_source_text(CoreSourceKind kind) {
    static const char *const texts[] = {
        [CORE_SOURCE_RANGE] = "range",
        [CORE_SOURCE_LIST] = "list",
        [CORE_SOURCE_MAP] = "map",
        [CORE_SOURCE_SET] = "set",
        [CORE_SOURCE_OPTIONAL] = "optional",
        [CORE_SOURCE_WORDS_IN] = "words_in",
        [CORE_SOURCE_LINES_IN] = "lines_in",
        [CORE_SOURCE_PARTS] = "parts",
        [CORE_SOURCE_TEXT_WORDS] = "text_words",
        [CORE_SOURCE_TEXT_LINES] = "text_lines",
        [CORE_SOURCE_STREAM] = "stream",
        [CORE_SOURCE_BEFORE] = "before",
        [CORE_SOURCE_SHARE] = "share",
    };
    return texts[kind];
}

Printer printer_new(Buf *out, Arena *arena) {
    Printer printer = {.out = out, .arena = arena};
    printer_forget(&printer);
    return printer;
}

void printer_forget(Printer *printer) {
    map_init(&printer->var_names, printer->arena);
    map_init(&printer->counts, printer->arena);
}

const char *printer_var(Printer *printer, const CoreVar *var) {
    const char **shown = (const char **)map_slot_pointer(&printer->var_names, var);
    if (!*shown) {
        const char *name = var->name ? var->name : "t";
        void **count = map_slot(&printer->counts, name, strlen(name));
        uintptr_t number = (uintptr_t)*count + 1;
        *count = (void *)number;
        *shown = number == 1 ? name : arena_printf(printer->arena, "%s.%" PRIuPTR, name, number);
    }
    return *shown;
}

void print_indent(Printer *printer, int depth) {
    for (int i = 0; i < depth; i++) buf_add_text(printer->out, "    ");
}

void print_params(Printer *printer, const CoreVars *vars) {
    buf_add_char(printer->out, '(');
    for (size_t i = 0; i < vars->len; i++) {
        CoreVar *var = vars->items[i];
        buf_printf(printer->out, "%s%s%s: %s", i > 0 ? ", " : "", var->is_owned ? "owned " : "", printer_var(printer, var),
                   var->type->name);
    }
    buf_add_char(printer->out, ')');
}

void print_fn_name(Printer *printer, const CoreFn *fn) {
    CoreMentions *mentions = printer->mentions;
    if (!mentions) {
        buf_add_text(printer->out, fn->name);
        return;
    }
    void **slot = map_slot_pointer(&mentions->numbers, fn);
    if (!*slot) {
        vec_push(mentions->arena, &mentions->fns, fn);
        *slot = (void *)(uintptr_t)mentions->fns.len;
    }
    buf_printf(printer->out, "fn%" PRIuPTR, (uintptr_t)*slot);
}

/* What is not UTF-8, such as a range of bytes, is shown in numbers. */
static bool is_utf8(const char *p, const char *end) {
    size_t len = 1;
    for (; p < end && len > 0; p += len) len = utf8_length(p, end);
    return len > 0;
}

static void print_string(Buf *out, const char *text, size_t len) {
    bool is_shown = is_utf8(text, text + len);
    buf_add_char(out, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            buf_printf(out, "\\%c", c);
        } else if (c == '\n') {
            buf_add_text(out, "\\n");
        } else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !is_shown)) {
            buf_printf(out, "\\x%02x", c);
        } else {
            buf_add_char(out, (char)c);
        }
    }
    buf_add_char(out, '"');
}

static void print_float(Buf *out, double number) {
    size_t start = out->len;
    buf_printf(out, "%.17g", number);
    if (!memchr(out->data + start, '.', out->len - start) && !memchr(out->data + start, 'e', out->len - start) &&
        !memchr(out->data + start, 'n', out->len - start)) {
        buf_add_text(out, ".0");
    }
}

/* ---- one line or several */

typedef struct LineCheck {
    bool fits;
} LineCheck;

static void check_line(CoreExpr *expr, void *context) {
    LineCheck *check = context;
    if (!check->fits) return;
    switch (expr->kind) {
    case CORE_LET:
    case CORE_ASSIGN:
    case CORE_BLOCK:
    case CORE_WHILE:
    case CORE_FOR:
    case CORE_CHUNK:
    case CORE_TRY:
    case CORE_YIELD: check->fits = false; return;
    case CORE_IF:
        if (expr->type->kind == CORE_TYPE_TUPLE && expr->type->arg_count == 0) check->fits = false;
        /* A chain of conditions, as `match` makes it, has a line for each; `and` and `or` have not. */
        if (expr->args.items[2]->kind == CORE_IF && expr->type->kind != CORE_TYPE_BOOL) check->fits = false;
        break;
    default: break;
    }
    core_each_child(expr, check_line, check);
}

static bool fits_line(CoreExpr *expr) {
    LineCheck check = {.fits = true};
    check_line(expr, &check);
    return check.fits;
}

/* A statement and a piece of a line may be nested in each other; both start at the current column. */
static void print_lines(Printer *printer, CoreExpr *expr, int depth);
static void print_inline(Printer *printer, CoreExpr *expr, int depth);

static void print_list(Printer *printer, const char *open, CoreExpr *expr, size_t first, const char *close, int depth) {
    buf_add_text(printer->out, open);
    for (size_t i = first; i < expr->args.len; i++) {
        if (i > first) buf_add_text(printer->out, ", ");
        print_expr(printer, expr->args.items[i], depth);
    }
    buf_add_text(printer->out, close);
}

static void print_place(Printer *printer, const CorePlace *place, int depth) {
    if (place->global) {
        buf_printf(printer->out, "@%s", place->global->name);
    } else {
        buf_add_text(printer->out, printer_var(printer, place->var));
    }
    for (size_t i = 0; i < place->steps.len; i++) {
        const CoreStep *step = &place->steps.items[i];
        if (step->index) {
            buf_add_char(printer->out, '[');
            print_expr(printer, step->index, depth);
            buf_add_char(printer->out, ']');
        } else {
            buf_printf(printer->out, ".%" PRIu32, step->field);
        }
    }
}

static void print_sources(Printer *printer, const CoreSources *sources, bool with_vars, int depth) {
    for (size_t i = 0; i < sources->len; i++) {
        const CoreSource *source = &sources->items[i];
        if (i > 0) buf_add_text(printer->out, ", ");
        if (with_vars) buf_printf(printer->out, "%s in ", printer_var(printer, source->var));
        buf_printf(printer->out, "%s%s(", core_source_text(source->kind), source->of_lines ? " of lines" : "");
        print_expr(printer, source->expr, depth);
        buf_add_char(printer->out, ')');
    }
}

static void print_job_use(Printer *printer, CoreExpr *expr, int depth) {
    CoreJob *job = expr->job;
    if (expr->flag) buf_add_text(printer->out, "start ");
    if (printer->mentions) {
        buf_add_text(printer->out, "job over ");
    } else {
        buf_printf(printer->out, "job %" PRIu32 " over ", job->index);
    }
    print_sources(printer, &job->sources, false, depth);
    for (size_t i = 0; i < job->captured.len; i++) {
        buf_add_text(printer->out, i == 0 ? " with (" : ", ");
        print_expr(printer, job->captured.items[i], depth);
    }
    if (job->captured.len > 0) buf_add_char(printer->out, ')');
    if (expr->args.len > 0) {
        buf_add_text(printer->out, " unless ");
        print_expr(printer, expr->args.items[0], depth);
        buf_add_text(printer->out, ": ");
        print_expr(printer, expr->args.items[1], depth);
    }
    if (printer->mentions) {
        buf_add_char(printer->out, '\n');
        print_job(printer, job, depth + 1);
    }
}

static void print_op(Printer *printer, CoreExpr *expr, int depth) {
    Buf *out = printer->out;
    buf_add_char(out, '(');
    if (expr->args.len == 1) {
        buf_add_text(out, core_op_text(expr->op));
        print_expr(printer, expr->args.items[0], depth);
    } else {
        print_expr(printer, expr->args.items[0], depth);
        buf_printf(out, " %s ", core_op_text(expr->op));
        print_expr(printer, expr->args.items[1], depth);
    }
    buf_add_char(out, ')');
}

static void print_type_args(Printer *printer, const CoreExpr *expr) {
    for (size_t i = 0; i < expr->type_arg_count; i++) {
        buf_printf(printer->out, "%s%s", i == 0 ? "[" : ", ", expr->type_args[i]->name);
    }
    if (expr->type_arg_count > 0) buf_add_char(printer->out, ']');
}

static void print_map(Printer *printer, CoreExpr *expr, int depth) {
    buf_add_char(printer->out, '[');
    for (size_t i = 0; i + 1 < expr->args.len; i += 2) {
        if (i > 0) buf_add_text(printer->out, ", ");
        print_expr(printer, expr->args.items[i], depth);
        buf_add_text(printer->out, ": ");
        print_expr(printer, expr->args.items[i + 1], depth);
    }
    buf_add_text(printer->out, expr->args.len == 0 ? ":]" : "]");
}

static void print_range(Printer *printer, CoreExpr *expr, size_t first, int depth) {
    print_expr(printer, expr->args.items[first], depth);
    buf_add_text(printer->out, expr->flag ? "..<" : "..");
    if (expr->args.len > first + 1) print_expr(printer, expr->args.items[first + 1], depth);
}

/* What is called, or will be, by name. */
static void print_call(Printer *printer, CoreExpr *expr, int depth) {
    Buf *out = printer->out;
    switch (expr->kind) {
    case CORE_CALL:
        if (expr->flag) buf_add_text(out, "tail ");
        print_fn_name(printer, expr->fn);
        print_list(printer, "(", expr, 0, ")", depth);
        break;
    case CORE_CALL_VALUE:
        print_expr(printer, expr->args.items[0], depth);
        print_list(printer, "!(", expr, 1, ")", depth);
        break;
    case CORE_PRIM:
        buf_printf(out, expr->flag ? "lent prim %s" : "prim %s", expr->text);
        if (expr->flag && expr->integer > 0) buf_printf(out, ".%" PRId64, expr->integer);
        print_type_args(printer, expr);
        print_list(printer, "(", expr, 0, ")", depth);
        break;
    case CORE_FOREIGN:
        buf_printf(out, "foreign %s", expr->text);
        print_list(printer, "(", expr, 0, ")", depth);
        break;
    case CORE_UPDATE:
        buf_printf(out, "update %s", expr->text);
        print_type_args(printer, expr);
        buf_add_char(out, ' ');
        print_place(printer, expr->place, depth);
        print_list(printer, " (", expr, 0, ")", depth);
        break;
    case CORE_CLOSURE:
        buf_add_text(out, "closure ");
        print_fn_name(printer, expr->fn);
        print_list(printer, " (", expr, 0, ")", depth);
        break;
    default: break;
    }
}

static void print_leaf(Printer *printer, CoreExpr *expr) {
    Buf *out = printer->out;
    switch (expr->kind) {
    case CORE_INT: buf_printf(out, "%" PRId64, expr->integer); break;
    case CORE_FLOAT: print_float(out, expr->number); break;
    case CORE_BOOL: buf_add_text(out, expr->flag ? "true" : "false"); break;
    case CORE_STRING: print_string(out, expr->text, expr->text_len); break;
    case CORE_LOCAL: buf_printf(out, "%s%s", expr->is_move ? "move " : "", printer_var(printer, expr->var)); break;
    case CORE_GLOBAL: buf_printf(out, "@%s", expr->global->name); break;
    case CORE_NONE: buf_printf(out, "none[%s]", expr->type->name); break;
    case CORE_BREAK: buf_printf(out, "break %" PRIu32, expr->loop); break;
    case CORE_CONTINUE: buf_printf(out, "continue %" PRIu32, expr->loop); break;
    default: break;
    }
}

static void print_inline(Printer *printer, CoreExpr *expr, int depth) {
    Buf *out = printer->out;
    switch (expr->kind) {
    case CORE_RETURN: print_list(printer, expr->args.len > 0 ? "return " : "return", expr, 0, "", depth); break;
    case CORE_OP: print_op(printer, expr, depth); break;
    case CORE_CALL:
    case CORE_CALL_VALUE:
    case CORE_PRIM:
    case CORE_FOREIGN:
    case CORE_UPDATE:
    case CORE_CLOSURE: print_call(printer, expr, depth); break;
    case CORE_TUPLE:
        if (expr->type->data) buf_add_text(out, expr->type->name); /* of two types with the same fields */
        print_list(printer, "(", expr, 0, ")", depth);
        break;
    case CORE_FIELD:
        if (expr->is_move) buf_add_text(out, "move ");
        print_expr(printer, expr->args.items[0], depth);
        buf_printf(out, ".%" PRId64, expr->integer);
        break;
    case CORE_ZERO: buf_printf(out, "zero[%s]", expr->type->name); break;
    case CORE_BOX: print_list(printer, "box(", expr, 0, ")", depth); break;
    case CORE_UNBOX: print_list(printer, expr->is_move ? "move unbox(" : "unbox(", expr, 0, ")", depth); break;
    case CORE_SOME: print_list(printer, "some(", expr, 0, ")", depth); break;
    case CORE_IS_SOME: print_list(printer, "is_some(", expr, 0, ")", depth); break;
    case CORE_UNWRAP: print_list(printer, expr->is_move ? "move unwrap(" : "unwrap(", expr, 0, ")", depth); break;
    case CORE_LIST: print_list(printer, "[", expr, 0, "]", depth); break;
    case CORE_SET: print_list(printer, "set[", expr, 0, "]", depth); break;
    case CORE_MAP: print_map(printer, expr, depth); break;
    case CORE_RANGE:
        buf_add_char(out, '(');
        print_range(printer, expr, 0, depth);
        buf_add_char(out, ')');
        break;
    case CORE_INDEX:
        if (expr->is_move) buf_add_text(out, "move ");
        print_expr(printer, expr->args.items[0], depth);
        print_list(printer, "[", expr, 1, "]", depth);
        break;
    case CORE_SLICE:
        print_expr(printer, expr->args.items[0], depth);
        buf_add_char(out, '[');
        print_range(printer, expr, 1, depth);
        buf_add_char(out, ']');
        break;
    case CORE_CONCAT: print_list(printer, "concat(", expr, 0, ")", depth); break;
    case CORE_FORMAT:
        print_list(printer, "format(", expr, 0, "", depth);
        if (expr->text_len > 0) {
            buf_add_text(out, ", ");
            print_string(out, expr->text, expr->text_len);
        }
        buf_add_char(out, ')');
        break;
    case CORE_IF:
        buf_add_text(out, "(if ");
        print_expr(printer, expr->args.items[0], depth);
        buf_add_text(out, " then ");
        print_expr(printer, expr->args.items[1], depth);
        buf_add_text(out, " else ");
        print_expr(printer, expr->args.items[2], depth);
        buf_add_char(out, ')');
        break;
    case CORE_JOB: print_job_use(printer, expr, depth); break;
    default: print_leaf(printer, expr); break;
    }
}

static bool is_empty(const CoreExpr *expr) {
    return expr->kind == CORE_TUPLE && expr->args.len == 0;
}

static void print_lines(Printer *printer, CoreExpr *expr, int depth) {
    Buf *out = printer->out;
    switch (expr->kind) {
    case CORE_LET:
        buf_printf(out, "%s %s: %s = ", expr->var->is_mutable ? "var" : "let", printer_var(printer, expr->var),
                   expr->var->type->name);
        print_expr(printer, expr->args.items[0], depth);
        break;
    case CORE_ASSIGN:
        print_place(printer, expr->place, depth);
        buf_add_text(out, " = ");
        print_expr(printer, expr->args.items[0], depth);
        break;
    case CORE_YIELD: print_list(printer, "yield ", expr, 0, "", depth); break;
    case CORE_BLOCK:
        buf_add_text(out, "block");
        print_statements(printer, expr, depth + 1);
        break;
    case CORE_IF:
        buf_add_text(out, "if ");
        print_expr(printer, expr->args.items[0], depth);
        print_statements(printer, expr->args.items[1], depth + 1);
        if (is_empty(expr->args.items[2])) break;
        buf_add_char(out, '\n');
        print_indent(printer, depth);
        buf_add_text(out, "else");
        print_statements(printer, expr->args.items[2], depth + 1);
        break;
    case CORE_TRY:
        buf_add_text(out, "try");
        print_statements(printer, expr->args.items[0], depth + 1);
        buf_add_char(out, '\n');
        print_indent(printer, depth);
        buf_printf(out, "catch %s", printer_var(printer, expr->var));
        print_statements(printer, expr->args.items[1], depth + 1);
        break;
    case CORE_WHILE:
        buf_printf(out, "loop %" PRIu32 " while ", expr->loop);
        print_expr(printer, expr->args.items[0], depth);
        print_statements(printer, expr->args.items[1], depth + 1);
        break;
    case CORE_CHUNK:
        buf_printf(out, "loop %" PRIu32 " for each element of the chunk", expr->loop);
        print_statements(printer, expr->args.items[0], depth + 1);
        break;
    case CORE_FOR:
        buf_printf(out, "loop %" PRIu32 " for ", expr->loop);
        print_sources(printer, &expr->sources, true, depth);
        if (expr->is_input) buf_add_text(out, " [input]");
        if (expr->is_chunk) buf_add_text(out, " [chunk]");
        print_statements(printer, expr->args.items[0], depth + 1);
        break;
    default: print_inline(printer, expr, depth); break;
    }
}

void print_expr(Printer *printer, CoreExpr *expr, int depth) {
    if (fits_line(expr)) {
        print_inline(printer, expr, depth);
    } else {
        print_lines(printer, expr, depth);
    }
}

void print_statements(Printer *printer, CoreExpr *expr, int depth) {
    size_t count = expr->kind == CORE_BLOCK ? expr->args.len : 1;
    if (count == 0) {
        buf_add_char(printer->out, '\n');
        print_indent(printer, depth);
        buf_add_text(printer->out, "()");
    }
    for (size_t i = 0; i < count; i++) {
        buf_add_char(printer->out, '\n');
        print_indent(printer, depth);
        print_expr(printer, expr->kind == CORE_BLOCK ? expr->args.items[i] : expr, depth);
    }
}
