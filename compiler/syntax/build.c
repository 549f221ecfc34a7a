/* build.c: nodes for the grammar's actions: declarations, statements, expressions. What the grammar is too coarse to refuse
 * is reported here: targets that cannot be assigned, comparisons in a row, declarations inside a block. */
#include "compiler/syntax/syntax.h"

#include <string.h>

#include "parser.h"

AstList list_of(Syntax *syntax, Ast *node) {
    AstList list = {0};
    return node ? list_add(syntax, list, node) : list;
}

AstList list_add(Syntax *syntax, AstList list, Ast *node) {
    vec_push(syntax->arena, &list, node);
    return list;
}

Ast *build_error(Syntax *syntax, Span span) {
    return &ast_make(syntax->arena, ERROR, Error, span)->base;
}

/* ---- what is skipped */

static bool is_word_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The next word at or after *at and before `end`, or an empty one where `stop` comes first. */
static Span word_next(const Syntax *syntax, uint32_t *at, uint32_t end, const char *stop) {
    const char *text = syntax->source->text;
    while (*at < end && !is_word_part(text[*at]) && !strchr(stop, text[*at])) ++*at;
    Span word = {syntax->file, *at, *at};
    while (word.to < end && is_word_part(text[word.to])) word.to++;
    *at = word.to;
    return word;
}

static bool span_is(const Syntax *syntax, Span span, const char *word) {
    size_t len = span.to - span.from;
    return len == strlen(word) && memcmp(syntax->source->text + span.from, word, len) == 0;
}

/* A skipped statement's names are read off its text: those before the `=` of a `let`, all capitalised ones of a `type`, else
 * the one behind the keyword. Too many do no harm: they only keep quiet what would follow from the first mistake. */
Ast *build_skipped(Syntax *syntax, Span span) {
    AstError *node = ast_make(syntax->arena, ERROR, Error, span);
    if (syntax->meant) node->names = list_add(syntax, node->names, build_name(syntax, syntax->meant, span));
    syntax->meant = NULL;
    uint32_t at = span.from;
    Span word = word_next(syntax, &at, span.to, "");
    bool is_let = span_is(syntax, word, "let"), is_type = span_is(syntax, word, "type"),
         is_extern = span_is(syntax, word, "extern");
    bool declares = is_let || is_type || is_extern || span_is(syntax, word, "var") || span_is(syntax, word, "fn") ||
                    span_is(syntax, word, "reducer") || span_is(syntax, word, "import");
    if (is_extern) word_next(syntax, &at, span.to, "");
    while (declares) {
        word = word_next(syntax, &at, span.to, is_let ? "=\n" : is_type ? "\n" : "=(\n");
        if (word.from == word.to) break;
        char first = syntax->source->text[word.from];
        bool is_name = is_type ? first >= 'A' && first <= 'Z' : first > '9';
        if (is_name) {
            Name name = intern(syntax->names, syntax->source->text + word.from, word.to - word.from);
            node->names = list_add(syntax, node->names, build_name(syntax, name, word));
        }
        declares = is_let || is_type;
    }
    return &node->base;
}

/* ---- statements */

Ast *build_return(Syntax *syntax, Ast *value, Span span) {
    AstReturn *node = ast_make(syntax->arena, RETURN, Return, span);
    node->value = value;
    return &node->base;
}

Ast *build_block(Syntax *syntax, AstList statements, Span span) {
    for (size_t i = 0; i < statements.len; i++) {
        AstKind kind = statements.items[i]->kind;
        bool is_top_level =
            kind == AST_TYPE_DECL || kind == AST_REDUCER || kind == AST_EXTERN || kind == AST_IMPORT || kind == AST_TEST;
        if (!is_top_level) continue;
        Diag *d = diag_add(syntax->diags, E0112, statements.items[i]->span, "`%s` cannot stand inside a block", ast_label(kind));
        diag_hint(d, "move it to the top level of the file");
        statements.items[i] = build_skipped(syntax, statements.items[i]->span);
    }
    AstBlock *node = ast_make(syntax->arena, BLOCK, Block, span);
    node->statements = statements;
    return &node->base;
}

/* A name, or a place within what a name holds: x, x[i], x.f, x.0, and these of each other. */
static bool is_assignable(const Ast *target) {
    for (;;) {
        switch (target->kind) {
        case AST_NAME_REF: return true;
        case AST_INDEX: target = ((const AstIndex *)target)->sequence; break;
        case AST_DOT: target = ((const AstDot *)target)->value; break;
        case AST_TUPLE_DOT: target = ((const AstTupleDot *)target)->value; break;
        default: return false;
        }
    }
}

Ast *build_assignment(Syntax *syntax, AstOp op, Ast *target, Ast *value) {
    AstAssign *node = ast_make(syntax->arena, ASSIGN, Assign, span_join(target->span, value->span));
    node->op = op;
    node->target = target;
    node->value = value;
    if (is_assignable(target)) return &node->base;
    Diag *d = diag_add(syntax->diags, E0107, target->span, "this cannot be assigned to");
    if (target->kind == AST_CALL && op == OP_NONE) {
        diag_hint(d, "a function is declared by `fn name(x) = ...`");
    } else if (target->kind == AST_TUPLE) {
        diag_hint(d, "`let (a, b) = ...` takes a tuple apart; only a single var can be assigned");
    } else {
        diag_hint(d, "what can be assigned is a var, an element `xs[i]` of one, or a field `p.x` of one; `==` compares");
    }
    return build_error(syntax, node->base.span);
}

/* ---- declarations */

AstText build_plain_text(Syntax *syntax, Ast *string) {
    if (string->kind == AST_STRING_LIT) return ast_as(StringLit, string)->value;
    if (string->kind == AST_INTERPOLATION) diag_add(syntax->diags, E0112, string->span, "this string cannot have `{...}` in it");
    return (AstText){"", 0};
}

Name build_plain_string(Syntax *syntax, Ast *string) {
    AstText text = build_plain_text(syntax, string);
    return intern(syntax->names, text.bytes, text.len);
}

Ast *build_import(Syntax *syntax, ImportPath path, Name word, Name alias, AstList names, Span span) {
    AstImport *node = ast_make(syntax->arena, IMPORT, Import, span);
    node->is_file = path.string != NULL;
    node->path = path.string ? build_plain_text(syntax, path.string) : (AstText){path.name, strlen(path.name)};
    node->alias = alias;
    node->names = names;
    if (word && strcmp(word, "as") != 0) {
        Diag *d = diag_add(syntax->diags, E0101, span, "expected `as`, found `%s`", word);
        diag_hint(d, "write `import stats`, `import stats as s` or `import stats: median, mode`");
    }
    return &node->base;
}

static AstTypeDecl *type_declaration(Syntax *syntax, Name name, AstList params, AstList constructors, Name doc, Span span) {
    AstTypeDecl *node = ast_make(syntax->arena, TYPE_DECL, TypeDecl, span);
    node->name = name;
    node->params = params;
    node->constructors = constructors;
    node->doc = doc;
    return node;
}

Ast *build_record(Syntax *syntax, Name name, AstList params, AstList fields, Name doc, Span name_span, Span span) {
    Span shape = {span.file, name_span.from, span.to};
    AstList constructors = list_of(syntax, build_constructor(syntax, name, fields, shape));
    AstTypeDecl *node = type_declaration(syntax, name, params, constructors, doc, span);
    node->is_record = true;
    return &node->base;
}

Ast *build_sum_type(Syntax *syntax, Name name, AstList params, AstList constructors, Name doc, Span span) {
    return &type_declaration(syntax, name, params, constructors, doc, span)->base;
}

Ast *build_constructor(Syntax *syntax, Name name, AstList fields, Span span) {
    AstConstructor *node = ast_make(syntax->arena, CONSTRUCTOR, Constructor, span);
    node->name = name;
    node->fields = fields;
    return &node->base;
}

/* ---- types */

Ast *build_type_name(Syntax *syntax, Name module, Name name, AstList args, Span span) {
    AstTypeName *node = ast_make(syntax->arena, TYPE_NAME, TypeName, span);
    node->module = module;
    node->name = name;
    node->args = args;
    return &node->base;
}

Ast *build_paren_type(Syntax *syntax, AstList types, Span span) {
    if (types.len == 1) return types.items[0];
    AstTypeTuple *node = ast_make(syntax->arena, TYPE_TUPLE, TypeTuple, span);
    node->items = types;
    return &node->base;
}

Ast *build_optional_type(Syntax *syntax, Ast *element, Span span) {
    AstTypeOptional *node = ast_make(syntax->arena, TYPE_OPTIONAL, TypeOptional, span);
    node->element = element;
    return &node->base;
}

Ast *build_function_type(Syntax *syntax, AstList params, Ast *result, Span span) {
    AstTypeFn *node = ast_make(syntax->arena, TYPE_FN, TypeFn, span);
    node->params = params;
    node->result = result;
    return &node->base;
}

/* ---- expressions */

Ast *build_name(Syntax *syntax, Name name, Span span) {
    AstNameRef *node = ast_make(syntax->arena, NAME_REF, NameRef, span);
    node->name = name;
    return &node->base;
}

Ast *build_text(Syntax *syntax, AstText text, Span span) {
    AstStringLit *node = ast_make(syntax->arena, STRING_LIT, StringLit, span);
    node->value = (AstText){arena_strndup(syntax->arena, text.bytes, text.len), text.len};
    return &node->base;
}

Ast *build_unary(Syntax *syntax, AstOp op, Ast *operand, Span span) {
    AstUnary *node = ast_make(syntax->arena, UNARY, Unary, span);
    node->op = op;
    node->operand = operand;
    return &node->base;
}

Ast *build_binary(Syntax *syntax, AstOp op, Ast *left, Ast *right) {
    AstBinary *node = ast_make(syntax->arena, BINARY, Binary, span_join(left->span, right->span));
    node->op = op;
    node->left = left;
    node->right = right;
    return &node->base;
}

Ast *build_comparison(Syntax *syntax, AstOp op, Ast *left, Ast *right) {
    Ast *node = build_binary(syntax, op, left, right);
    bool is_chain = left->kind == AST_BINARY && ast_as(Binary, left)->op >= OP_EQ && ast_as(Binary, left)->op <= OP_IN;
    if (!is_chain) return node;
    Diag *d = diag_add(syntax->diags, E0106, node->span, "comparisons cannot be chained");
    diag_hint(d, "write `a < b and b < c`, or parentheses around one of them");
    Span middle = ast_as(Binary, left)->right->span, behind = {middle.file, middle.to, middle.to};
    diag_fix(d, behind, " and %.*s", (int)(middle.to - middle.from), syntax->source->text + middle.from);
    return build_error(syntax, node->span);
}

Ast *build_range(Syntax *syntax, Ast *first, Ast *last, bool is_exclusive, Span span) {
    AstRange *node = ast_make(syntax->arena, RANGE, Range, span);
    node->first = first;
    node->last = last;
    node->is_exclusive = is_exclusive;
    return &node->base;
}

Ast *build_call(Syntax *syntax, Ast *callee, AstList args, Span span) {
    if (callee->kind == AST_DOT) {
        AstDot *dot = ast_as(Dot, callee);
        AstMethod *method = ast_make(syntax->arena, METHOD, Method, span);
        method->receiver = dot->value;
        method->name = dot->name;
        method->args = args;
        return &method->base;
    }
    AstCall *node = ast_make(syntax->arena, CALL, Call, span);
    node->callee = callee;
    node->args = args;
    return &node->base;
}

Ast *build_argument(Syntax *syntax, Name label, Ast *value, Span span) {
    AstArg *node = ast_make(syntax->arena, ARG, Arg, span);
    node->label = label;
    node->value = value;
    return &node->base;
}

Ast *build_parens(Syntax *syntax, AstList items, Span span) {
    if (items.len == 1) {
        AstParen *paren = ast_make(syntax->arena, PAREN, Paren, span);
        paren->value = items.items[0];
        return &paren->base;
    }
    AstTuple *node = ast_make(syntax->arena, TUPLE, Tuple, span);
    node->items = items;
    return &node->base;
}

Ast *build_list(Syntax *syntax, AstList items, Span span) {
    AstListLit *node = ast_make(syntax->arena, LIST_LIT, ListLit, span);
    node->items = items;
    return &node->base;
}

Ast *build_map(Syntax *syntax, AstList entries, Span span) {
    AstMapLit *node = ast_make(syntax->arena, MAP_LIT, MapLit, span);
    node->entries = entries;
    return &node->base;
}

Ast *build_entry(Syntax *syntax, Ast *key, Ast *value, Span span) {
    AstEntry *node = ast_make(syntax->arena, ENTRY, Entry, span);
    node->key = key;
    node->value = value;
    return &node->base;
}

Ast *build_if(Syntax *syntax, Ast *condition, Ast *then_branch, Ast *else_branch, Span span) {
    AstIf *node = ast_make(syntax->arena, IF, If, span);
    node->condition = condition;
    node->then_branch = then_branch;
    node->else_branch = else_branch;
    return &node->base;
}

Ast *build_async(Syntax *syntax, Ast *value, Span span) {
    AstAsync *node = ast_make(syntax->arena, ASYNC, Async, span);
    node->value = value;
    return &node->base;
}

Ast *build_arm(Syntax *syntax, Ast *pattern, Ast *guard, Span span) {
    AstArm *node = ast_make(syntax->arena, ARM, Arm, span);
    node->pattern = pattern;
    node->guard = guard;
    return &node->base;
}

Ast *arm_complete(Ast *arm, Ast *body) {
    ast_as(Arm, arm)->body = body;
    arm->span = span_join(arm->span, body->span);
    return arm;
}
