/* hint.c: hints for common slips: what other languages write, and what is easily forgotten. One table, searched from the top:
 * a rule fits if all that it names is so; what it leaves out may be anything. */
#include "compiler/syntax/expected.h"

#include <string.h>

#include "parser.h"

typedef struct Rule {
    const char *word_before; /* the text of the token before, a name */
    int before;              /* its kind */
    const char *word;        /* the text of the token that does not fit */
    int found;               /* its kind */
    int expects, lacks;      /* a token that would fit here, and one that would not */
    const char *hint;
} Rule;

#define DECLARE_FN   "a function is declared by `fn name(x) = ...`"
#define DECLARE_LET  "a name is declared by `let x = ...` or `let x: int = ...`"
#define DECLARE_TYPE "a record is declared by `type Point(x: float, y: float)`"
#define LAMBDA       "a function value is written `x => ...` or `(x, y) => ...`"
#define CHOICE       "a choice is written `if c { a } else { b }`"
#define MATCH        "alternatives are told apart by `match x { pattern => ... }`"
#define BODY         "a body stands in braces: `{ ... }`"
#define MODULE       "a module is brought in by `import name`"
#define ELSE_IF      "write `} else if c {`, on the line of the closing brace"
#define PARENS       "an inner `map` or `reduce` needs parentheses"
#define CLAUSES      "the order is: `map f over a where p reduce g from z by k`"
#define FAIL         "an error is raised by `fail(\"message\")`"
#define CONTAINERS   "lists and maps stand in square brackets: `[1, 2]`, `[\"a\": 1]`"

static const Rule rules[] = {
    {.word_before = "def", .hint = DECLARE_FN},
    {.word_before = "func", .hint = DECLARE_FN},
    {.word_before = "fun", .hint = DECLARE_FN},
    {.word_before = "function", .hint = DECLARE_FN},
    {.word_before = "lambda", .hint = LAMBDA},
    {.word_before = "const", .hint = DECLARE_LET},
    {.word_before = "val", .hint = DECLARE_LET},
    {.word_before = "auto", .hint = DECLARE_LET},
    {.word_before = "int", .expects = TOK_NEWLINE, .hint = DECLARE_LET},
    {.word_before = "float", .expects = TOK_NEWLINE, .hint = DECLARE_LET},
    {.word_before = "int", .found = TOK_NAME, .expects = ')', .hint = "a parameter's type stands behind it: `x: int`"},
    {.word_before = "float", .found = TOK_NAME, .expects = ')', .hint = "a parameter's type stands behind it: `x: float`"},
    {.word_before = "mut", .hint = "a name that can be assigned again is declared by `var x = ...`"},
    {.word_before = "struct", .hint = DECLARE_TYPE},
    {.word_before = "class", .hint = DECLARE_TYPE},
    {.word_before = "enum", .hint = "alternatives are declared by `type Shape = Circle(float) | Dot`"},
    {.word_before = "switch", .hint = MATCH},
    {.word_before = "case", .hint = MATCH},
    {.word_before = "foreach", .hint = "a loop is written `for x in xs { ... }`"},
    {.word_before = "do", .hint = "a loop is written `while condition { ... }`"},
    {.word_before = "use", .hint = MODULE},
    {.word_before = "include", .hint = MODULE},
    {.word_before = "elif", .hint = ELSE_IF},
    {.word_before = "elsif", .hint = ELSE_IF},
    {.word_before = "throw", .hint = FAIL},
    {.word_before = "raise", .hint = FAIL},
    {.word_before = "print", .hint = "a function is called with parentheses: `print(x)`"},
    {.word_before = "log", .hint = "a function is called with parentheses: `log(x)`"},
    {.word_before = "assert", .hint = "a function is called with parentheses: `assert(x)`"},

    {.word = "elif", .hint = ELSE_IF},
    {.word = "elsif", .hint = ELSE_IF},
    {.word = "elseif", .hint = ELSE_IF},
    {.word = "then", .expects = '{', .hint = CHOICE},
    {.word = "do", .expects = '{', .hint = BODY},
    {.word = "of", .expects = TOK_IN, .hint = "a loop is written `for x in xs { ... }`"},
    {.word = "is", .expects = TOK_EQ, .hint = "`==` compares"},

    {.before = '+', .found = '+', .hint = "there is no `++`: write `x += 1`"},
    {.before = '-', .found = '-', .hint = "there is no `--`: write `x -= 1`"},
    {.before = '=', .found = '+', .hint = "write `x += 1`"},
    {.before = '|', .found = '>', .hint = "`x.f(y)` calls `f(x, y)`"},
    {.before = '<', .found = '>', .hint = "write `!=`"},
    {.before = '?', .lacks = TOK_NAME, .hint = CHOICE},
    {.before = TOK_STRING_END, .found = TOK_STRING_BEGIN, .hint = "`+` joins strings"},
    {.before = TOK_UPPER_NAME, .found = '{', .expects = TOK_NEWLINE, .hint = "a record is built by `Point(x: 1.0, y: 2.0)`"},
    {.before = TOK_UPPER_NAME, .found = '{', .expects = '=', .hint = DECLARE_TYPE},

    {.found = TOK_IF, .expects = ')', .lacks = TOK_NOT, .hint = CHOICE},
    {.found = TOK_IF, .expects = TOK_NEWLINE, .lacks = TOK_NOT, .hint = CHOICE},
    {.found = TOK_FN, .expects = TOK_NOT, .lacks = TOK_LET, .hint = LAMBDA},
    {.found = '|', .expects = TOK_NOT, .hint = LAMBDA},
    {.found = TOK_ARROW, .hint = "in function values and `match` write `=>`"},
    {.found = ':', .expects = TOK_ARROW, .hint = "the type of a function's result stands behind `->`"},
    {.found = ':', .expects = '{', .hint = BODY},
    {.found = ':', .expects = ']', .lacks = ',', .hint = "a part of a list is written `xs[a..b]`"},
    {.found = ':', .expects = TOK_NEWLINE, .hint = CONTAINERS},
    {.found = ',', .expects = TOK_IN, .lacks = TOK_EQ, .hint = "parentheses take a pair apart: `for (k, v) in m { ... }`"},
    {.found = ',', .expects = '=', .lacks = '+', .hint = "parentheses take a pair apart: `let (x, y) = ...`"},
    {.found = ',', .expects = TOK_NEWLINE, .hint = CONTAINERS},
    {.found = '=', .expects = TOK_EQ, .hint = "`==` compares; a name is declared by `let x = ...`"},
    {.found = '=', .expects = TOK_IN, .hint = "a loop is written `for i in 0..<n { ... }`"},
    {.found = TOK_EQ, .expects = '=', .hint = "a name is given its value by `=`"},
    {.found = TOK_DOTS, .expects = TOK_ELLIPSIS, .lacks = TOK_NOT, .hint = "the rest of a list is matched by `...rest`"},
    {.found = TOK_DOTS, .expects = TOK_NOT, .hint = "a range has a first element: `0..n`"},
    {.found = TOK_NAME, .expects = TOK_UPPER_NAME, .lacks = TOK_NAME, .hint = "types and constructors start with a capital letter"},
    {.found = TOK_UPPER_NAME, .expects = TOK_NAME, .hint = "names of functions and values start with a small letter"},
    {.before = '.', .found = TOK_NEWLINE, .hint = "a float has a digit behind its point: 1.0"},
    {.found = TOK_TUPLE_FIELD, .expects = TOK_NOT, .hint = "a float has a digit before its point: 0.5"},
    {.found = TOK_HOLE_END, .hint = "a brace itself is written `\\{` in a string"},
    {.found = TOK_WHERE, .expects = TOK_OVER, .hint = CLAUSES},
    {.found = TOK_REDUCE, .expects = TOK_OVER, .hint = CLAUSES},
    {.found = TOK_FROM, .expects = TOK_OVER, .hint = CLAUSES},
    {.found = TOK_BY, .expects = TOK_OVER, .hint = CLAUSES},
    {.found = TOK_MAP, .hint = PARENS},
    {.found = TOK_FLATMAP, .hint = PARENS},
    {.found = TOK_REDUCE, .hint = PARENS},
    {.before = TOK_SOME, .found = TOK_OVER, .hint = "as a function, write `x => some(x)`"},
    {.expects = '{', .lacks = TOK_NAME, .hint = BODY},
};

static bool token_is(const Syntax *syntax, const Token *token, const char *word) {
    size_t len = token->span.to - token->span.from;
    return len == strlen(word) && memcmp(syntax->source->text + token->span.from, word, len) == 0;
}

static bool rule_fits(const Syntax *syntax, const Expected *expected, const Rule *rule) {
    const Token *before = &syntax->previous, *found = &syntax->current;
    if (rule->before && rule->before != before->kind) return false;
    if (rule->found && rule->found != found->kind) return false;
    if (rule->expects && !expected_has(expected, rule->expects)) return false;
    if (rule->lacks && expected_has(expected, rule->lacks)) return false;
    if (rule->word && !token_is(syntax, found, rule->word)) return false;
    return !rule->word_before || (before->kind == TOK_NAME && token_is(syntax, before, rule->word_before));
}

const char *hint_find(const Syntax *syntax, const Expected *expected) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rule_fits(syntax, expected, &rules[i])) return rules[i].hint;
    }
    return NULL;
}
