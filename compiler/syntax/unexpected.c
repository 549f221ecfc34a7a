/* unexpected.c: the message for a token that the grammar does not admit: what was expected, in words, what was found, and
 * for slips that are common a hint. Bison tells which tokens would fit; these are gathered into kinds ("an expression"). */
#include "compiler/syntax/expected.h"

#include <string.h>

#include "parser.h"

enum { NAMED_MAX = 4 /* more alternatives than these are not listed */ };

/* ---- what was expected */

/* Tokens that begin an expression, a statement, a pattern or a type: said in one word. */
static bool is_beginning(int kind) {
    switch (kind) {
    case TOK_NEWLINE:
    case TOK_STRING_TEXT:
    case TOK_STRING_END:
    case TOK_SPEC:
    case TOK_HOLE_END:
    case TOK_FAT_ARROW:
    case TOK_ARROW:
    case TOK_OVER:
    case TOK_CATCH:
    case TOK_ELSE:
    case ')':
    case ']':
    case '}':
    case ',':
    case ':':
    case '=':
    case '.': return false;
    default: return true;
    }
}

/* Tokens that continue an expression that is complete: operators, calls, clauses. */
static bool is_continuing(int kind) {
    switch (kind) {
    case TOK_NEWLINE:
    case TOK_HOLE_END:
    case TOK_SPEC:
    case TOK_OVER:
    case TOK_CATCH:
    case TOK_NAME:
    case '{':
    case ')':
    case ']':
    case '}':
    case ',': return false;
    default: return true;
    }
}

/* Tokens that make a pattern or a type longer that is complete as it is. */
static bool is_lengthening(int kind) {
    switch (kind) {
    case TOK_IF: /* a guard */
    case TOK_DOTS:
    case TOK_DOTS_BELOW:
    case TOK_COALESCE:
    case TOK_ARROW:
    case '|':
    case '.':
    case '?':
    case '(':
    case '[': return true;
    default: return false;
    }
}

static const char *expected_group(const Expected *e) {
    if (expected_has(e, TOK_LET) && expected_has(e, TOK_IF)) return "a statement";
    if (expected_has(e, TOK_IF) && expected_has(e, TOK_INTEGER)) return "an expression";
    if (expected_has(e, TOK_NOT) && expected_has(e, TOK_INTEGER)) return "an expression";
    if (expected_has(e, TOK_AWAIT) || (expected_has(e, '-') && expected_has(e, '(') && expected_has(e, TOK_IF)))
        return "an operand";
    if (expected_has(e, TOK_INTEGER) && expected_has(e, TOK_NONE)) return "a pattern";
    if (expected_has(e, TOK_UPPER_NAME) && expected_has(e, '[') && expected_has(e, '(') && expected_has(e, TOK_NAME))
        return "a type";
    return NULL;
}

static void kind_describe(Buf *out, int kind) {
    switch (kind) {
    case TOK_NAME: buf_add_text(out, "a name"); break;
    case TOK_UPPER_NAME: buf_add_text(out, "a capitalised name"); break;
    case TOK_INTEGER:
    case TOK_FLOAT: buf_add_text(out, "a number"); break;
    case TOK_STRING_BEGIN:
    case TOK_TRIPLE_BEGIN:
    case TOK_RAW_STRING: buf_add_text(out, "a string"); break;
    case TOK_STRING_END: buf_add_text(out, "the string's end"); break;
    case TOK_NEWLINE: buf_add_text(out, "the end of the line"); break;
    case TOK_YYEOF: buf_add_text(out, "the end of the file"); break;
    case TOK_HOLE_END: buf_add_text(out, "`}`"); break;
    case TOK_SPEC: buf_add_text(out, "`:`"); break;
    default: {
        const char *text = syntax_token_text(kind);
        bool is_quoted = text[0] == '\''; /* as bison spells a character */
        buf_printf(out, "`%.*s`", is_quoted ? 1 : (int)strlen(text), is_quoted ? text + 1 : text);
    }
    }
}

/* Several kinds that read the same in a message are said once. */
static int kind_representative(int kind) {
    if (kind == TOK_FLOAT) return TOK_INTEGER;
    return kind == TOK_TRIPLE_BEGIN || kind == TOK_RAW_STRING ? TOK_STRING_BEGIN : kind;
}

/* Tokens that give a construct its shape: what is listed where listing everything would not help. */
static bool is_structural(int kind) {
    switch (kind) {
    case TOK_NEWLINE:
    case TOK_FAT_ARROW:
    case ')':
    case ']':
    case '}':
    case '{':
    case ',':
    case ':':
    case '=': return true;
    default: return false;
    }
}

typedef struct Alternatives {
    int kinds[NAMED_MAX];
    int count; /* may exceed NAMED_MAX: too many to be listed */
} Alternatives;

typedef bool KindFilter(int kind);

static Alternatives alternatives_find(const Expected *expected, KindFilter *is_said, KindFilter *is_wanted) {
    Alternatives found = {.count = 0};
    for (int i = 0; i < expected->count; i++) {
        int kind = kind_representative(expected->kinds[i]);
        bool is_repeated = kind != expected->kinds[i] && expected_has(expected, kind);
        if (is_repeated || kind == TOK_YYEOF || (is_said && is_said(kind)) || (is_wanted && !is_wanted(kind))) continue;
        if (found.count < NAMED_MAX) found.kinds[found.count] = kind;
        found.count++;
    }
    return found;
}

/* The alternatives in words: "an expression or `)`"; empty where there are too many to help. */
static void expected_describe(const Expected *expected, Buf *out) {
    const char *group = expected_group(expected);
    bool is_complete = !group && expected_has(expected, '+') && expected_has(expected, '*'); /* an expression has just been read */
    bool is_lengthened = expected_has(expected, '|') || expected_has(expected, '?');
    KindFilter *is_said = group ? is_beginning : is_complete ? is_continuing : is_lengthened ? is_lengthening : NULL;
    Alternatives named = alternatives_find(expected, is_said, NULL);
    if (named.count > NAMED_MAX) named = alternatives_find(expected, is_said, is_structural);
    if (named.count > NAMED_MAX) named.count = 0;
    bool in_list = expected_has(expected, ',') || expected_has(expected, ')') || expected_has(expected, ']');
    if (group) {
        buf_add_text(out, group);
    } else if (is_complete && !in_list) {
        buf_add_text(out, "an operator");
    }
    for (int i = 0; i < named.count; i++) {
        if (out->len) buf_add_text(out, i + 1 == named.count ? " or " : ", ");
        kind_describe(out, named.kinds[i]);
    }
}

/* ---- what was found */

static const char *token_text(const Syntax *syntax, const Token *token, int *len) {
    *len = (int)(token->span.to - token->span.from);
    return syntax->source->text + token->span.from;
}

static void found_describe(const Syntax *syntax, Buf *out) {
    const Token *token = &syntax->current;
    int len;
    const char *text = token_text(syntax, token, &len);
    switch (token->kind) {
    case TOK_NEWLINE:
        switch (token->value.integer) {
        case '\n': buf_add_text(out, "the end of the line"); break;
        case 0: buf_add_text(out, "the end of the file"); break;
        default: buf_printf(out, "`%c`", (int)token->value.integer);
        }
        break;
    case TOK_YYEOF: buf_add_text(out, "the end of the file"); break;
    case TOK_STRING_BEGIN:
    case TOK_TRIPLE_BEGIN:
    case TOK_RAW_STRING: buf_add_text(out, "a string"); break;
    case TOK_STRING_TEXT:
    case TOK_STRING_END: buf_add_text(out, "the string's end"); break;
    case TOK_HOLE_BEGIN: buf_add_text(out, "`{`"); break;
    case TOK_SPEC: buf_add_text(out, "a format"); break;
    default: buf_printf(out, "`%.*s`", len < 40 ? len : 40, text);
    }
}

/* ---- the rest of the message */

static bool is_keyword(int kind) {
    return kind >= TOK_FN && kind <= TOK_NONE;
}

bool parse_is_keyword(const char *text) {
    for (int kind = TOK_FN; kind <= TOK_NONE; kind++) {
        if (strcmp(syntax_token_text(kind), text) == 0) return true;
    }
    return false;
}

/* A keyword where only a name would fit; where a type is wanted there are better hints. */
static bool is_misnamed(const Syntax *syntax, const Expected *expected) {
    bool only_name = expected_has(expected, TOK_NAME) && !expected_has(expected, TOK_IF);
    bool is_type = expected_has(expected, TOK_UPPER_NAME) && !expected_has(expected, TOK_INTEGER);
    bool is_loop = syntax->previous.kind == '(' && syntax->current.kind == TOK_LET;
    return only_name && !is_type && !is_loop && is_keyword(syntax->current.kind);
}

/* Names the bracket that is open around the error, where it was opened on another line and its partner would fit here. */
static void opener_note(Syntax *syntax, const Expected *expected, Diag *diag) {
    Bracket *bracket = syntax_innermost(syntax);
    if (!bracket || bracket->is_reported) return;
    int closer = bracket->kind == BRACKET_PAREN ? ')' : bracket->kind == BRACKET_SQUARE ? ']' : 0;
    if (!closer || !expected_has(expected, closer)) return;
    uint32_t opened = source_position(syntax->sources, syntax->file, bracket->span.from).line;
    uint32_t found = source_position(syntax->sources, syntax->file, syntax->current.span.from).line;
    if (opened == found) return;
    diag_note(diag, bracket->span, "this `%c` is still open", closer == ')' ? '(' : '[');
    bracket->is_reported = true;
}

void syntax_unexpected(Syntax *syntax, const int *kinds, int count) {
    if (syntax->is_stopped) return;
    const Token *at = &syntax->current;
    bool is_file_end = at->kind == TOK_YYEOF || (at->kind == TOK_NEWLINE && at->value.integer == 0);
    if (is_file_end && diag_has_errors(syntax->diags)) return; /* it follows from what was reported */
    Expected expected = {kinds, count};
    Buf words = {0}, found = {0};
    expected_describe(&expected, &words);
    found_describe(syntax, &found);
    Diag *diag;
    if (words.len) {
        diag = diag_add(syntax->diags, E0101, syntax->current.span, "expected %s, found %s", buf_text(&words), buf_text(&found));
    } else {
        diag = diag_add(syntax->diags, E0101, syntax->current.span, "%s cannot stand here", buf_text(&found));
    }
    if (is_misnamed(syntax, &expected))
        diag_hint(diag, "`%s` is a word of the language and cannot be a name", syntax_token_text(syntax->current.kind));
    else
        hint_add(syntax, &expected, diag);
    opener_note(syntax, &expected, diag);
    bool lacks_body = expected_has(&expected, '{') && !expected_has(&expected, TOK_LET);
    if (lacks_body || syntax->current.kind != TOK_NEWLINE) syntax_body_skip(syntax);
    buf_free(&words);
    buf_free(&found);
}
