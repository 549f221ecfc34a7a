/* syntax.h: the state of one parse, shared by the scanner, the newline filter, the grammar and its helpers. Private to
 * compiler/syntax and grammar; everybody else uses parse.h.
 *
 * Tokens go from lexer_scan (flex) through syntax_next (newline.c) to the parser (bison). One stack of brackets serves both:
 * the scanner asks it whether it stands in a string or in a hole of one, the filter whether a newline counts. */
#ifndef COMPILER_SYNTAX_SYNTAX_H
#define COMPILER_SYNTAX_SYNTAX_H

#include "base/intern.h"
#include "compiler/source/diag.h"
#include "compiler/syntax/ast.h"
#include "compiler/syntax/parse.h"

/* What a token or a grammar symbol carries. */
typedef union SyntaxValue {
    Name name; /* of names; of fn, let, type, reducer and extern the documentation above them, or NULL */
    uint64_t integer;
    double number;
    AstText text;
    AstOp op;
    Ast *node;
    AstList list;
} SyntaxValue;

typedef struct Token {
    int kind; /* as bison numbers them */
    SyntaxValue value;
    Span span;
    unsigned depth; /* brackets that are open after it: where recovery finds its way back */
    bool is_again;  /* delivered once more, after an error at it */
} Token;

typedef enum BracketKind {
    BRACKET_NONE, /* the bottom of the stack */
    BRACKET_PAREN,
    BRACKET_SQUARE,
    BRACKET_BRACE,
    BRACKET_STRING, /* between the quotes: text is scanned */
    BRACKET_TRIPLE, /* the same between triple quotes */
    BRACKET_HOLE    /* the braces of an interpolation */
} BracketKind;

typedef struct Bracket {
    BracketKind kind;
    Span span;             /* of the opener */
    unsigned pending_maps; /* maps of the current statement, at this level, that have no reduce or scan yet */
    bool is_reported;      /* a message has shown that it is open */
} Bracket;

typedef struct Syntax {
    Arena *arena;
    Interner *names;
    const SourceMap *sources;
    const SourceFile *source;
    DiagSink *diags;
    uint32_t file;
    void *scanner; /* flex's */

    VEC(Bracket) brackets; /* the first is the bottom */
    unsigned line_strings; /* BRACKET_STRINGs on the stack: no newline may come before their end */
    bool after_dot;        /* the last token scanned was a `.`: a keyword is a name */
    bool at_line_start;    /* no token yet on this line */
    Buf doc;               /* documentation lines directly above */
    bool doc_is_fresh;     /* the last line was one of them */

    VEC(Token) queue; /* tokens made but not yet delivered, from `queue_head` on */
    size_t queue_head;
    Token previous, current; /* the last two delivered */
    Token held[2];           /* to be delivered first, the last one first */
    unsigned held_count;
    int last_kind;               /* of the last token queued */
    uint32_t last_end;           /* where that token ends */
    Name meant;                  /* what the statement with the last error would have declared, as far as a hint knows; or NULL */
    bool is_recovering;          /* after a syntax error, until the next statement */
    unsigned recovery_depth;     /* what is opened beyond it is skipped */
    uint32_t error_at;           /* where the error is that it recovers from */
    uint32_t indented_from;      /* a body without braces: lines behind this offset are skipped … */
    uint32_t indented_by;        /* … that are indented so much; 0: there is none */
    unsigned indented_open;      /* blocks that opened in it */
    unsigned skips_body;         /* see body_skipped */
    Span odd_opener, odd_closer; /* the first `{` whose `}` stands further left than its line: another may be missing there */
    bool is_torn;                /* a `{` was never closed */
    bool is_open;                /* the file ends inside of something ... */
    bool is_cut;                 /* ... but in a string that a line must end */
    unsigned errors;
    bool is_stopped; /* too many errors or too deep: nothing more is scanned */

    AstFile *result;
} Syntax;

/* ---- the scanner: grammar/lexer.l */

int lexer_open(Syntax *syntax); /* 0, or what errno says */
void lexer_close(Syntax *syntax);
Token lexer_scan_token(Syntax *syntax); /* newlines and stray characters included */

/* ---- the newline filter and the brackets: newline.c */

void syntax_start(Syntax *syntax);
Token syntax_next(Syntax *syntax);
void bracket_push(Syntax *syntax, BracketKind kind, Span span);
void bracket_pop(Syntax *syntax);
static inline Bracket *bracket_top(Syntax *syntax) {
    return &vec_last(&syntax->brackets);
}
/* Leaves the outermost string that a newline, or the file's end, cut off, and reports it; false if there is none. */
bool syntax_string_cut(Syntax *syntax, bool at_end_of_file);
/* The bracket that a parse at the current token stands in, NULL outside of all. */
Bracket *syntax_innermost(Syntax *syntax);
/* Called when the parser has reported an error at the current token, and when it stands at a new statement. */
void syntax_recover(Syntax *syntax);
void syntax_recovered(Syntax *syntax);
/* Called when a `{` was missing, or a line with an error ends in `:`, once that was reported. A `{` that begins the next line opens
 * no block of its own; without one, lines that are indented more belong to what was reported. */
void syntax_body_skip(Syntax *syntax);

/* ---- literals: literal.c */

uint64_t literal_integer(Syntax *syntax, const char *text, size_t len, Span span);
double literal_float(Syntax *syntax, const char *text, size_t len, Span span);
/* A string of its parts: STRING_LITs that hold source text, and HOLEs. Removes indentation, replaces escapes. */
Ast *literal_string(Syntax *syntax, AstList parts, bool is_triple, Span span);
AstText literal_spec(Syntax *syntax, AstText spec, Span span); /* the same, after a look at its form */

/* ---- helpers of the grammar's actions: build.c, build_cover.c */

AstList list_of(Syntax *syntax, Ast *node); /* node NULL: the empty list */
AstList list_add(Syntax *syntax, AstList list, Ast *node);

Ast *build_error(Syntax *syntax, Span span);
/* What stands for a statement, arm or member that was skipped. Knows the names it would have declared. */
Ast *build_skipped(Syntax *syntax, Span span);
Ast *build_return(Syntax *syntax, Ast *value, Span span);
Ast *build_block(Syntax *syntax, AstList statements, Span span); /* reports what may stand at the top level only */
Ast *build_assignment(Syntax *syntax, AstOp op, Ast *target, Ast *value);

typedef struct ImportPath {
    Name name;   /* a module of the library, or NULL */
    Ast *string; /* a file */
} ImportPath;
Ast *build_import(Syntax *syntax, ImportPath path, Name word, Name alias, AstList names, Span span);
Name build_plain_string(Syntax *syntax, Ast *string); /* the text of a string that may have no holes */
AstText build_plain_text(Syntax *syntax, Ast *string);

Ast *build_record(Syntax *syntax, Name name, AstList params, AstList fields, Name doc, Span name_span, Span span);
Ast *build_sum_type(Syntax *syntax, Name name, AstList params, AstList constructors, Name doc, Span span);
Ast *build_constructor(Syntax *syntax, Name name, AstList fields, Span span);
Ast *build_type_name(Syntax *syntax, Name module, Name name, AstList args, Span span);
Ast *build_paren_type(Syntax *syntax, AstList types, Span span);
Ast *build_optional_type(Syntax *syntax, Ast *element, Span span);
Ast *build_function_type(Syntax *syntax, AstList params, Ast *result, Span span);

Ast *build_name(Syntax *syntax, Name name, Span span);
Ast *build_text(Syntax *syntax, AstText text, Span span);
Ast *build_unary(Syntax *syntax, AstOp op, Ast *operand, Span span);
Ast *build_binary(Syntax *syntax, AstOp op, Ast *left, Ast *right);
Ast *build_comparison(Syntax *syntax, AstOp op, Ast *left, Ast *right); /* reports a < b < c */
Ast *build_range(Syntax *syntax, Ast *first, Ast *last, bool is_exclusive, Span span);
Ast *build_call(Syntax *syntax, Ast *callee, AstList args, Span span); /* x.f(y) becomes a METHOD */
Ast *build_argument(Syntax *syntax, Name label, Ast *value, Span span);
Ast *build_parens(Syntax *syntax, AstList items, Span span);
Ast *build_list(Syntax *syntax, AstList items, Span span);
Ast *build_map(Syntax *syntax, AstList entries, Span span);
Ast *build_entry(Syntax *syntax, Ast *key, Ast *value, Span span);
Ast *build_if(Syntax *syntax, Ast *condition, Ast *then_branch, Ast *else_branch, Span span);
Ast *build_async(Syntax *syntax, Ast *value, Span span);
Ast *build_arm(Syntax *syntax, Ast *pattern, Ast *guard, Span span); /* without a body, which arm_complete adds */
Ast *arm_complete(Ast *arm, Ast *body);
Ast *build_clause(Syntax *syntax, const char *word, Ast *value, Span span); /* an ARG, for build_pipe */
Ast *build_pipe(Syntax *syntax, AstOp op, Ast *function, AstList sources, AstList clauses, Span span);

Ast *build_name_pattern(Syntax *syntax, Name name, Span span); /* `_` is the wildcard */
Ast *build_literal_pattern(Syntax *syntax, Ast *literal);
Ast *build_range_pattern(Syntax *syntax, Ast *first, Ast *last, bool is_exclusive, Span span);
Ast *build_tuple_pattern(Syntax *syntax, AstList items, Span span); /* one item: only parentheses */
Ast *build_list_pattern(Syntax *syntax, AstList items, Span span);
Ast *build_rest(Syntax *syntax, Name name, Span span);
Ast *build_constructor_pattern(Syntax *syntax, Name module, Name name, AstList args, Span span);
Ast *build_pattern_argument(Syntax *syntax, Name label, Ast *pattern, Span span);
Ast *build_alternative(Syntax *syntax, Ast *left, Ast *right);

/* A parameter of a lambda, or what looks like one, until it is known: its pattern is still an expression. */
Ast *build_cover(Syntax *syntax, Ast *value, Ast *type_expr, Ast *default_value, Span span);
Ast *build_lambda(Syntax *syntax, Ast *cover, Ast *body, Span span);

/* After the parse, without recursion: reports covers that no lambda took, and cuts what is nested too deeply. */
void tree_check(Syntax *syntax, Ast *root);

/* ---- messages: unexpected.c */

/* Reports that the current token is none of the `kinds` that would fit. */
void syntax_unexpected(Syntax *syntax, const int *kinds, int count);
const char *syntax_token_text(int kind); /* as the grammar spells it */

#endif
