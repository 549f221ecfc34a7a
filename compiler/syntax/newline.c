/* newline.c: from the scanner's tokens to the parser's: which newlines end a statement, and which bracket closes which.
 *
 * The parser sees TOK_NEWLINE exactly where a statement ends: for a newline that counts, for `;`, and before the `}` or the
 * end of the file that ends the last statement. The rules for newlines are in docs/reference.md; two more make mistakes
 * cheap. A line that starts with a word like `let` cannot stand inside an open `(` or `[`, so there the bracket is reported
 * as never closed, and the nesting is reset. And after an error, blocks that open later are skipped whole, so that what is
 * in them is not read as part of the statement around them. */
#include "compiler/syntax/syntax.h"

#include "parser.h"

enum {
    BRACKETS_MAX = 1000, /* deeper nesting is refused: later phases recurse */
    ERRORS_MAX = 50      /* after so many the rest of the file is not read */
};

/* Counts an error; after too many nothing more is read. */
static void error_count(Syntax *syntax, Span span) {
    if (++syntax->errors < ERRORS_MAX || syntax->is_stopped) return;
    syntax->is_stopped = true;
    diag_add(syntax->diags, E0101, (Span){span.file, span.from, span.from}, "too many errors: the rest of the file is not read");
}

/* ---- brackets */

void bracket_push(Syntax *syntax, BracketKind kind, Span span) {
    Bracket bracket = {.kind = kind, .span = span};
    vec_push(syntax->arena, &syntax->brackets, bracket);
    syntax->line_strings += kind == BRACKET_STRING;
}

void bracket_pop(Syntax *syntax) {
    syntax->line_strings -= bracket_top(syntax)->kind == BRACKET_STRING;
    (void)vec_pop(&syntax->brackets);
}

static unsigned bracket_depth(const Syntax *syntax) {
    return (unsigned)syntax->brackets.len - 1;
}

static bool is_list_bracket(BracketKind kind) {
    return kind == BRACKET_PAREN || kind == BRACKET_SQUARE;
}

static const char *bracket_spelling(BracketKind kind) {
    switch (kind) {
    case BRACKET_PAREN: return "(";
    case BRACKET_SQUARE: return "[";
    case BRACKET_STRING: return "\"";
    case BRACKET_TRIPLE: return "\"\"\"";
    case BRACKET_NONE:
    case BRACKET_BRACE:
    case BRACKET_HOLE: break;
    }
    return "{";
}

/* `closed_at`: where its partner is missing, as far as that can be said; else SPAN_NONE. */
static void bracket_report_unclosed(Syntax *syntax, Bracket *bracket, Span closed_at) {
    if (bracket->is_reported || syntax->is_stopped) return;
    bracket->is_reported = true;
    bool is_brace = bracket->kind == BRACKET_BRACE, is_odd = is_brace && syntax->odd_opener.to > 0;
    Diag *d = diag_add(syntax->diags, E0104, is_odd ? syntax->odd_opener : bracket->span, "this `%s` is never closed",
                       bracket_spelling(bracket->kind));
    if (is_odd)
        diag_note(d, syntax->odd_closer, "this `}` would close it, but stands further left than the line that it belongs to");
    syntax->is_torn = syntax->is_torn || is_brace;
    if (is_list_bracket(bracket->kind) && closed_at.file != UINT32_MAX)
        diag_fix(d, closed_at, bracket->kind == BRACKET_PAREN ? ")" : "]");
}

Bracket *syntax_innermost(Syntax *syntax) {
    unsigned depth = syntax->current.depth;
    if (depth > bracket_depth(syntax)) depth = bracket_depth(syntax);
    return depth ? &syntax->brackets.items[depth] : NULL;
}

bool syntax_string_cut(Syntax *syntax, bool at_end_of_file) {
    size_t first = 1; /* the outermost string that a newline, or the end of the file, may not cut */
    while (first < syntax->brackets.len) {
        BracketKind kind = syntax->brackets.items[first].kind;
        if (kind == BRACKET_STRING || (at_end_of_file && kind == BRACKET_TRIPLE)) break;
        first++;
    }
    if (first == syntax->brackets.len) return false;
    Bracket string = syntax->brackets.items[first];
    if (at_end_of_file) *(string.kind == BRACKET_TRIPLE ? &syntax->is_open : &syntax->is_cut) = true;
    bool has_hole = first + 1 < syntax->brackets.len;
    for (size_t i = 1; at_end_of_file && i < first; i++) /* what would close them may stand in the string */
        syntax->brackets.items[i].is_reported = true;
    while (syntax->brackets.len > first) bracket_pop(syntax);
    bool is_reported = syntax->is_recovering && syntax->error_at <= string.span.from;
    if (is_reported) return true; /* with the statement */
    if (syntax->is_recovering) diag_withdraw(syntax->diags, E0101, (Span){syntax->file, string.span.to, syntax->source->len});
    Diag *d = diag_add(syntax->diags, E0103, string.span, "this string has no end");
    if (has_hole) {
        diag_hint(d, "`{` opens an expression in the string; a brace itself is written `\\{`");
    } else if (string.kind == BRACKET_STRING) {
        diag_hint(d, "a string ends on its line; one of several lines stands between `\"\"\"`");
    }
    return true;
}

/* ---- the queue of tokens that are ready */

static void queue_add(Syntax *syntax, Token token) {
    token.depth = bracket_depth(syntax);
    syntax->last_kind = token.kind;
    syntax->last_end = token.span.to;
    vec_push(syntax->arena, &syntax->queue, token);
}

static void queue_add_kind(Syntax *syntax, int kind, Span span) {
    queue_add(syntax, (Token){.kind = kind, .span = span});
}

/* Ends the statement, unless there is none to end. The token says by what: a newline, `;`, `}`, or 0 for the file's end. */
static void statement_end(Syntax *syntax, Span span, char by) {
    bracket_top(syntax)->pending_maps = 0;
    if (syntax->last_kind == TOK_NEWLINE || syntax->last_kind == '{') return;
    queue_add(syntax, (Token){.kind = TOK_NEWLINE, .value.integer = (uint64_t)by, .span = span});
}

static Span span_before(Span span) {
    return (Span){span.file, span.from, span.from};
}

/* ---- which newlines count */

/* Tokens after which an expression, or a statement, may be complete. */
static bool can_end(int kind) {
    switch (kind) {
    case TOK_NAME:
    case TOK_UPPER_NAME:
    case TOK_INTEGER:
    case TOK_FLOAT:
    case TOK_RAW_STRING:
    case TOK_STRING_END:
    case TOK_TUPLE_FIELD:
    case TOK_TRUE:
    case TOK_FALSE:
    case TOK_NONE:
    case TOK_BREAK:
    case TOK_CONTINUE:
    case TOK_RETURN:
    case TOK_DOTS:
    case TOK_ERROR:
    case ')':
    case ']':
    case '}':
    case '?': return true;
    default: return false;
    }
}

/* Tokens that can only continue what stands on the line before. */
static bool is_continuation(const Syntax *syntax, int kind) {
    switch (kind) {
    case '.':
    case TOK_TUPLE_FIELD:
    case TOK_OVER:
    case TOK_WHERE:
    case TOK_SCAN:
    case TOK_FROM:
    case TOK_BY:
    case TOK_AND:
    case TOK_OR:
    case TOK_ELSE:
    case TOK_CATCH:
    case TOK_WITH:
    case TOK_COALESCE:
    case TOK_FAT_ARROW:
    case TOK_IN:
    case TOK_EQ:
    case TOK_NE:
    case TOK_LE:
    case TOK_GE:
    case TOK_DOTS:
    case TOK_DOTS_BELOW:
    case TOK_SHL:
    case TOK_SHR:
    case TOK_ADD_WRAP:
    case TOK_SUB_WRAP:
    case TOK_MUL_WRAP:
    case TOK_FLOOR_DIV:
    case TOK_POW:
    case '<':
    case '>':
    case '|':
    case '^':
    case '&':
    case '+':
    case '*':
    case '/':
    case '%': return true;
    case TOK_REDUCE: return vec_last(&syntax->brackets).pending_maps > 0;
    default: return false;
    }
}

/* Words that begin a line nowhere but at the start of a statement. (As labels they are scanned as names.) */
static bool is_statement_word(int kind) {
    return kind == TOK_LET || kind == TOK_TYPE || kind == TOK_FN || kind == TOK_FOR || kind == TOK_RETURN;
}

static uint32_t line_indentation(const Syntax *syntax, uint32_t offset) {
    const char *text = syntax->source->text;
    uint32_t start = offset, indentation = 0;
    while (start > 0 && text[start - 1] != '\n') start--;
    while (text[start + indentation] == ' ' || text[start + indentation] == '\t') indentation++;
    return indentation;
}

/* The outermost of the `(` and `[` that are open around the next token within its block. */
static Bracket *outermost_list_bracket(Syntax *syntax) {
    size_t i = syntax->brackets.len - 1;
    while (is_list_bracket(syntax->brackets.items[i - 1].kind)) i--;
    return &syntax->brackets.items[i];
}

/* After an error inside brackets a line that is not indented more than the one with the bracket starts anew. */
static bool is_outdented(Syntax *syntax, const Token *next) {
    if (!syntax->is_recovering || next->kind == ')' || next->kind == ']') return false;
    uint32_t opener = outermost_list_bracket(syntax)->span.from;
    return line_indentation(syntax, next->span.from) <= line_indentation(syntax, opener);
}

static Span last_end(const Syntax *syntax) {
    return (Span){syntax->file, syntax->last_end, syntax->last_end};
}

/* Gives up the `(` and `[` that are open, at the newline `span`. */
static void nesting_reset(Syntax *syntax, Span span) {
    if (!syntax->is_recovering) {
        bracket_report_unclosed(syntax, bracket_top(syntax), last_end(syntax));
        queue_add_kind(syntax, TOK_ERROR, span);
    }
    while (is_list_bracket(bracket_top(syntax)->kind)) bracket_pop(syntax);
    statement_end(syntax, span, '\n');
}

static void newline_decide(Syntax *syntax, Span span, const Token *next) {
    BracketKind around = bracket_top(syntax)->kind;
    if (is_list_bracket(around)) {
        if (is_statement_word(next->kind) || is_outdented(syntax, next)) nesting_reset(syntax, span);
    } else if (around != BRACKET_HOLE) {
        bool must_end = is_statement_word(next->kind) && next->kind != TOK_RETURN; /* which may follow `=>` */
        bool may_end = can_end(syntax->last_kind) && !is_continuation(syntax, next->kind);
        if (must_end || may_end) statement_end(syntax, span, '\n');
    }
}

/* ---- brackets that close */

/* True if a `kind` is open with only `(` and `[` above it. */
static bool is_open_below(const Syntax *syntax, BracketKind kind) {
    size_t i = syntax->brackets.len - 1;
    while (is_list_bracket(syntax->brackets.items[i].kind) && syntax->brackets.items[i].kind != kind) i--;
    return syntax->brackets.items[i].kind == kind;
}

/* Reports the brackets above the innermost `kind` (or all lists, for a `}`), and gives them up. */
static void give_up_until(Syntax *syntax, BracketKind kind, Span span) {
    if (bracket_top(syntax)->kind == kind) return;
    bracket_report_unclosed(syntax, bracket_top(syntax), span_before(span));
    while (bracket_top(syntax)->kind != kind) bracket_pop(syntax);
    queue_add_kind(syntax, TOK_ERROR, span);
}

static void close_list(Syntax *syntax, Token token) {
    BracketKind kind = token.kind == ')' ? BRACKET_PAREN : BRACKET_SQUARE;
    Bracket *top = bracket_top(syntax);
    if (is_open_below(syntax, kind)) {
        give_up_until(syntax, kind, span_before(token.span));
        bracket_pop(syntax);
        queue_add(syntax, token);
        return;
    }
    if (syntax->is_stopped) return;
    bool is_mistaken = is_list_bracket(top->kind);
    Diag *d =
        diag_add(syntax->diags, E0104, token.span, is_mistaken ? "this `%c` does not fit" : "this `%c` closes nothing", token.kind);
    if (is_mistaken) {
        diag_note(d, top->span, "this `%s` is open", bracket_spelling(top->kind));
        bracket_pop(syntax);
    }
    if (is_mistaken || !can_end(syntax->last_kind)) {
        queue_add_kind(syntax, TOK_ERROR, token.span);
    } else {
        error_count(syntax, token.span); /* read as if the bracket were not there */
    }
}

/* A `}` at the beginning of its line stands as far to the right as the line with its `{`. */
static void note_indentation(Syntax *syntax, Span opener, Span closer) {
    if (syntax->odd_opener.to > 0) return;
    const char *text = syntax->source->text;
    uint32_t indentation = line_indentation(syntax, closer.from);
    bool is_first = closer.from == indentation || text[closer.from - indentation - 1] == '\n';
    if (!is_first || indentation >= line_indentation(syntax, opener.from)) return;
    syntax->odd_opener = opener;
    syntax->odd_closer = closer;
}

static void close_brace(Syntax *syntax, Token token) {
    Span before = span_before(token.span);
    if (is_open_below(syntax, BRACKET_HOLE)) {
        give_up_until(syntax, BRACKET_HOLE, before);
        bracket_pop(syntax);
        token.kind = TOK_HOLE_END;
        queue_add(syntax, token);
    } else if (is_open_below(syntax, BRACKET_BRACE)) {
        give_up_until(syntax, BRACKET_BRACE, before);
        if (syntax->last_kind != ',' || syntax->is_recovering) statement_end(syntax, before, '}');
        note_indentation(syntax, bracket_top(syntax)->span, token.span);
        bracket_pop(syntax);
        queue_add(syntax, token);
    } else if (!syntax->is_stopped) {
        error_count(syntax, token.span);
        diag_add(syntax->diags, E0104, token.span, "this `}` closes nothing");
    }
}

/* The end of the file closes what is open, so that the parser always sees whole blocks. */
static void close_all(Syntax *syntax, Token end) {
    Span last = {end.span.file, syntax->last_end, syntax->last_end}; /* shown there rather than after empty lines */
    if (!syntax->is_stopped && syntax_string_cut(syntax, true)) queue_add_kind(syntax, TOK_ERROR, last);
    Bracket *innermost = bracket_top(syntax);
    if (innermost->kind != BRACKET_NONE) syntax->is_open = true;
    if (innermost->kind != BRACKET_NONE) bracket_report_unclosed(syntax, innermost, last);
    while (bracket_top(syntax)->kind != BRACKET_NONE) {
        bool is_block = bracket_top(syntax)->kind == BRACKET_BRACE;
        if (is_block) {
            statement_end(syntax, last, 0);
        } else if (syntax->last_kind != TOK_ERROR) {
            queue_add_kind(syntax, TOK_ERROR, last);
        }
        bracket_pop(syntax);
        if (is_block) queue_add_kind(syntax, '}', last);
    }
    statement_end(syntax, last, 0);
    queue_add(syntax, end);
}

/* ---- the stream */

static void token_open(Syntax *syntax, BracketKind kind, Token token) {
    bracket_push(syntax, kind, token.span);
    queue_add(syntax, token);
    if (bracket_depth(syntax) < BRACKETS_MAX || syntax->is_stopped) return;
    diag_add(syntax->diags, E0109, token.span, "brackets are nested more than %d deep", BRACKETS_MAX);
    syntax->is_stopped = true;
}

static void token_queue(Syntax *syntax, Token token) {
    Bracket *level = bracket_top(syntax);
    switch (token.kind) {
    case '(': token_open(syntax, BRACKET_PAREN, token); return;
    case '[': token_open(syntax, BRACKET_SQUARE, token); return;
    case '{': token_open(syntax, BRACKET_BRACE, token); return;
    case TOK_STRING_BEGIN: token_open(syntax, BRACKET_STRING, token); return;
    case TOK_TRIPLE_BEGIN: token_open(syntax, BRACKET_TRIPLE, token); return;
    case TOK_HOLE_BEGIN: token_open(syntax, BRACKET_HOLE, token); return;
    case ')':
    case ']': close_list(syntax, token); return;
    case '}': close_brace(syntax, token); return;
    case ';':
        if (syntax->is_recovering && is_list_bracket(level->kind)) return; /* for (i = 0; i < n; …) is one mistake */
        statement_end(syntax, token.span, ';');
        return;
    case TOK_YYEOF: close_all(syntax, token); return;
    case TOK_STRING_END: bracket_pop(syntax); break;
    case TOK_MAP:
    case TOK_FLATMAP: level->pending_maps++; break;
    case TOK_REDUCE:
    case TOK_SCAN: level->pending_maps -= level->pending_maps > 0; break;
    default: break;
    }
    queue_add(syntax, token);
}

/* Scans on until at least one token is ready. */
static void queue_fill(Syntax *syntax) {
    syntax->queue.len = syntax->queue_head = 0;
    while (syntax->queue.len == 0) {
        Token token = lexer_scan_token(syntax);
        if (token.kind == TOK_NEWLINE) {
            Span newline = token.span;
            do {
                token = lexer_scan_token(syntax);
            } while (token.kind == TOK_NEWLINE);
            newline_decide(syntax, newline, &token);
        }
        token_queue(syntax, token);
    }
}

void syntax_start(Syntax *syntax) {
    bracket_push(syntax, BRACKET_NONE, (Span){syntax->file, 0, 0});
    syntax->last_kind = TOK_NEWLINE;
    syntax->at_line_start = true;
}

/* The body of a head whose `{` was missing at the end of its line, and stands on the next one: skipped up to the end of the
 * statement. `skips_body` is one more than the depth around it. */
static bool body_skipped(Syntax *syntax, const Token *token) {
    if (!syntax->skips_body || token->kind == TOK_YYEOF) return false;
    if (token->depth < syntax->skips_body && token->kind == TOK_NEWLINE) syntax->skips_body = 0;
    return true;
}

/* Whether the token is part of a body that is marked by its indentation alone. The newline behind such a body ends the statement
 * that the parser recovers from. */
static bool body_indented(Syntax *syntax, const Token *token, Token *newline) {
    if (!syntax->indented_by || token->span.from <= syntax->indented_from) return false;
    bool is_body = syntax->indented_open > 0 || line_indentation(syntax, token->span.from) >= syntax->indented_by;
    if (is_body && token->kind != TOK_YYEOF) {
        /* Blocks are skipped whole, wherever their lines stand. */
        syntax->indented_open += token->kind == '{';
        syntax->indented_open -= token->kind == '}' && syntax->indented_open > 0;
        *newline = *token;
        return true;
    }
    if (!syntax->is_recovering) syntax->indented_by = 0;
    return false;
}

Token syntax_next(Syntax *syntax) {
    Token body_end = {.kind = 0}; /* the last token of an indented body, if one was skipped just now */
    for (;;) {
        Token token;
        if (syntax->held_count) {
            token = syntax->held[--syntax->held_count];
        } else {
            if (syntax->queue_head == syntax->queue.len) queue_fill(syntax);
            token = syntax->queue.items[syntax->queue_head++];
        }
        if (token.depth < syntax->recovery_depth) syntax->recovery_depth = token.depth;
        bool is_skipped = syntax->is_recovering && token.depth > syntax->recovery_depth && token.kind != TOK_YYEOF;
        if (body_indented(syntax, &token, &body_end) || is_skipped || body_skipped(syntax, &token)) continue;
        if (body_end.kind == TOK_NEWLINE && syntax->is_recovering) {
            syntax->held[syntax->held_count++] = token;
            token = body_end;
        }
        syntax->previous = syntax->current;
        syntax->current = token;
        if (token.kind == TOK_ERROR) syntax_recover(syntax);
        return token;
    }
}

static bool is_opener(int kind) {
    return kind == '(' || kind == '[' || kind == '{' || kind == TOK_STRING_BEGIN || kind == TOK_TRIPLE_BEGIN ||
           kind == TOK_HOLE_BEGIN;
}

void syntax_recover(Syntax *syntax) {
    const Token *at = &syntax->current;
    if (!syntax->is_recovering) {
        syntax->is_recovering = true;
        syntax->error_at = at->span.from;
        syntax->recovery_depth = at->depth - (is_opener(at->kind) && at->depth > 0);
        if (at->kind == '}' && !at->is_again) { /* thrown away by the parser: it comes once more, after an end of the statement */
            syntax->held[0] = *at;
            syntax->held[0].is_again = true;
            syntax->held[1] = (Token){.kind = TOK_NEWLINE, .value.integer = '}', .span = span_before(at->span), .depth = at->depth};
            syntax->held_count = 2;
        }
    }
    error_count(syntax, at->span);
}

void syntax_body_skip(Syntax *syntax) {
    bool is_next = syntax->queue_head < syntax->queue.len && syntax->queue.items[syntax->queue_head].kind == '{';
    bool is_line_end = syntax->current.kind == TOK_NEWLINE;
    if (is_line_end && is_next) {
        syntax->skips_body = syntax->current.depth + 1;
        return;
    }
    const char *text = syntax->source->text;
    uint32_t end = syntax->current.span.from, last = 0; /* of the line, and of what stands before a comment */
    for (; text[end] && text[end] != '\n'; end++)
        if (text[end] == '#' && !last) last = end;
    if (!last) last = end;
    while (last > 0 && (text[last - 1] == ' ' || text[last - 1] == '\t' || text[last - 1] == '\r')) last--;
    if (!is_line_end && (last == 0 || text[last - 1] != ':')) return;
    syntax->indented_from = end;
    syntax->indented_by = line_indentation(syntax, syntax->current.span.from) + 1;
    syntax->indented_open = 0;
}

void syntax_recovered(Syntax *syntax) {
    syntax->is_recovering = false;
}
