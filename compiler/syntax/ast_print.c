/* ast_print.c: the tree as text: S-expressions, a node on one line where it fits, and Graphviz. Both are driven by the table
 * of ast.def: a child is printed as it is, and what may be absent is preceded by its field's name. */
#include "compiler/syntax/ast.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/syntax/ast_table.h"

enum { LINE_WIDTH = 100, INDENT = 2 };

typedef struct Printer {
    const SourceMap *sources;
    AstTypePrinter print_type;
    Buf *out;
} Printer;

static void text_print(Buf *out, const char *bytes, size_t len) {
    buf_add_char(out, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        switch (c) {
        case '\n': buf_add_text(out, "\\n"); break;
        case '\t': buf_add_text(out, "\\t"); break;
        case '"': buf_add_text(out, "\\\""); break;
        case '\\': buf_add_text(out, "\\\\"); break;
        default:
            if (c < 0x20 || c == 0x7f) {
                buf_printf(out, "\\x%02x", c);
            } else {
                buf_add_char(out, (char)c);
            }
        }
    }
    buf_add_char(out, '"');
}

/* The shortest form that reads back the same, always with a point or an exponent. */
static void float_print(Buf *out, double value) {
    char text[40];
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, value);
        if (strtod(text, NULL) == value) break;
    }
    buf_add_text(out, text);
    if (isfinite(value) && !strpbrk(text, ".e")) buf_add_text(out, ".0");
}

/* A name field: the node's own name stands alone, another one after the field's name. Documentation is quoted. */
static void name_print(Buf *out, const AstField *field, Name name) {
    if (!name) return;
    bool own = strcmp(field->name, "name") == 0;
    buf_add_char(out, ' ');
    if (!own) buf_printf(out, "%s: ", field->name);
    if (strcmp(field->name, "doc") == 0) {
        text_print(out, name, strlen(name));
    } else {
        buf_add_text(out, name);
    }
}

/* The fields that are not nodes. */
static void scalar_print(Buf *out, const Ast *node, const AstField *field) {
    switch (field->kind) {
    case FIELD_NAME: name_print(out, field, ast_field(node, field, Name)); break;
    case FIELD_TEXT: {
        AstText text = ast_field(node, field, AstText);
        if (!text.bytes) break;
        buf_add_char(out, ' ');
        text_print(out, text.bytes, text.len);
        break;
    }
    case FIELD_INT: buf_printf(out, " %" PRIu64, ast_field(node, field, uint64_t)); break;
    case FIELD_FLOAT:
        buf_add_char(out, ' ');
        float_print(out, ast_field(node, field, double));
        break;
    case FIELD_FLAG: {
        bool set = ast_field(node, field, bool);
        if (strcmp(field->name, "value") == 0) {
            buf_add_text(out, set ? " true" : " false");
        } else if (set) {
            buf_printf(out, " %s", field->name);
        }
        break;
    }
    case FIELD_OP:
        if (ast_field(node, field, AstOp) != OP_NONE) buf_printf(out, " %s", ast_op_spelling(ast_field(node, field, AstOp)));
        break;
    case FIELD_END:
    case FIELD_CHILD:
    case FIELD_MAYBE:
    case FIELD_LIST: break;
    }
}

static void place_print(const Printer *p, Span span) {
    LineColumn from = source_position(p->sources, span.file, span.from), to = source_position(p->sources, span.file, span.to);
    buf_printf(p->out, "@%u:%u-", from.line, from.column);
    if (to.line != from.line) buf_printf(p->out, "%u:", to.line);
    buf_printf(p->out, "%u", to.column);
}

/* The bracket, the label and what is not a node. */
static void opening_print(const Printer *p, const Ast *node) {
    buf_printf(p->out, "(%s", ast_label(node->kind));
    if (p->sources) place_print(p, node->span);
    for (const AstField *field = ast_shape(node->kind)->fields(); field->kind != FIELD_END; field++) {
        scalar_print(p->out, node, field);
    }
}

static void closing_print(const Printer *p, const Ast *node) {
    buf_add_char(p->out, ')');
    if (p->print_type && node->type) {
        buf_add_char(p->out, ':');
        p->print_type(node->type, p->out);
    }
}

/* Prints the node on the current line; false as soon as the output is longer than `limit`. */
static bool flat_print(const Printer *p, const Ast *node, size_t limit) {
    opening_print(p, node);
    for (const AstField *field = ast_shape(node->kind)->fields(); field->kind != FIELD_END; field++) {
        if (p->out->len > limit) return false;
        if (ast_field_repeats(node, field)) continue;
        if (field->kind == FIELD_LIST) {
            AstList list = ast_field(node, field, AstList);
            for (size_t i = 0; i < list.len; i++) {
                buf_add_char(p->out, ' ');
                if (!flat_print(p, list.items[i], limit)) return false;
            }
        } else if (field->kind == FIELD_CHILD || field->kind == FIELD_MAYBE) {
            Ast *child = ast_field(node, field, Ast *);
            if (!child) continue;
            buf_add_char(p->out, ' ');
            if (field->kind == FIELD_MAYBE) buf_printf(p->out, "%s: ", field->name);
            if (!flat_print(p, child, limit)) return false;
        }
    }
    closing_print(p, node);
    return p->out->len <= limit;
}

static void newline_print(const Printer *p, size_t column) {
    buf_printf(p->out, "\n%*s", (int)column, "");
}

/* Prints the node with its opening bracket at `column`: on one line if it fits there, else a child a line. A file, and a
 * block that starts a line, take a line for each statement. What is not a node stands behind the label. */
static void node_print(const Printer *p, const Ast *node, size_t column) {
    size_t start = p->out->len;
    bool is_list = node->kind == AST_FILE || node->kind == AST_BLOCK;
    if (!is_list && flat_print(p, node, start + (column < LINE_WIDTH - 20 ? LINE_WIDTH - column : 20))) return;
    p->out->len = start;
    opening_print(p, node);
    for (const AstField *field = ast_shape(node->kind)->fields(); field->kind != FIELD_END; field++) {
        if (ast_field_repeats(node, field)) continue;
        if (field->kind == FIELD_LIST) {
            AstList list = ast_field(node, field, AstList);
            for (size_t i = 0; i < list.len; i++) {
                newline_print(p, column + INDENT);
                node_print(p, list.items[i], column + INDENT);
            }
        } else if (field->kind == FIELD_CHILD || field->kind == FIELD_MAYBE) {
            Ast *child = ast_field(node, field, Ast *);
            if (!child) continue;
            newline_print(p, column + INDENT);
            if (field->kind == FIELD_MAYBE) buf_printf(p->out, "%s: ", field->name);
            node_print(p, child, column + INDENT);
        }
    }
    closing_print(p, node);
}

void ast_print(const Ast *node, const SourceMap *sources, AstTypePrinter print_type, Buf *out) {
    Printer p = {.sources = sources, .print_type = print_type, .out = out};
    node_print(&p, node, 0);
    buf_add_char(out, '\n');
}

/* ---- Graphviz */

typedef struct DotWriter {
    Buf *out;
    unsigned count;  /* nodes numbered so far */
    unsigned parent; /* the number of the node whose children are being written */
} DotWriter;

static void dot_node(DotWriter *w, const Ast *node) {
    unsigned number = ++w->count;
    Buf label = {0};
    buf_add_text(&label, ast_label(node->kind));
    for (const AstField *field = ast_shape(node->kind)->fields(); field->kind != FIELD_END; field++) {
        scalar_print(&label, node, field);
    }
    buf_printf(w->out, "  n%u [label=", number);
    text_print(w->out, label.data, label.len);
    buf_add_text(w->out, "];\n");
    buf_free(&label);
    if (w->parent) buf_printf(w->out, "  n%u -> n%u;\n", w->parent, number);
}

static void dot_visit(Ast *child, void *context) {
    DotWriter *w = context;
    unsigned parent = w->parent;
    dot_node(w, child);
    w->parent = w->count;
    ast_each_child(child, dot_visit, w);
    w->parent = parent;
}

void ast_print_dot(const Ast *node, Buf *out) {
    DotWriter w = {.out = out};
    buf_add_text(out, "digraph ast {\n  node [shape=box, fontname=monospace];\n");
    dot_node(&w, node);
    w.parent = w.count;
    ast_each_child(node, dot_visit, &w);
    buf_add_text(out, "}\n");
}
