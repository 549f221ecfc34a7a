/* hint.c: hints for common slips: what other languages write, and what is easily forgotten. One table, searched from the top:
 * a rule fits if all that it names is so; what it leaves out may be anything. Where it is clear what was meant, the rule says what
 * to write in place of the token, or of the one before. */
#include "compiler/syntax/expected.h"

#include <string.h>

#include "parser.h"

typedef struct Rule {
    const char *word_before; /* the text of the token before, a name */
    int before;              /* its kind */
    const char *word;        /* the text of the token that does not fit */
    int found;               /* its kind */
    int expects, lacks;      /* a token that would fit here, and one that would not */
    int expects_too;         /* another one that would */
    const char *hint;
    const char *fix;        /* in place of the token that does not fit */
    const char *fix_before; /* in place of the one before, up to the next; "" takes it away */
    const char *insert;     /* before the token that does not fit, directly behind the one before */
    bool is_touching;       /* nothing stands between the two */
    bool declares;          /* the token is a name that this statement would have declared */
} Rule;

#define COMMENT      "a comment begins with `#`; `//` divides ints"
#define CALL         "a function is called with parentheses: `f(x)`"
#define LABEL        "an argument's name is followed by `:`, as in `f(x, n: 3)`; `==` compares"
#define PUBLIC       "there is no such word: what the top level of a file declares can be imported by others"
#define DECLARE_FN   "a function is declared by `fn name(x) = ...`"
#define DECLARE_LET  "a name is declared by `let x = ...` or `let x: int = ...`"
#define DECLARE_TYPE "a record is declared by `type Point(x: float, y: float)`"
#define LAMBDA       "a function value is written `x => ...` or `(x, y) => ...`"
#define CHOICE       "a choice is written `if c { a } else { b }`"
#define MATCH        "alternatives are told apart by `match x { pattern => ... }`"
#define BODY         "a body stands in braces, which open on the same line: `{ ... }`"
#define MODULE       "a module is brought in by `import name`"
#define ELSE_IF      "write `} else if c {`, on the line of the closing brace"
#define NO_COMMA     "no comma stands before a clause; an inner `map` or `reduce` needs parentheses"
#define RAW          "a raw string ends at the next quotation mark; a regular expression writes one as \\x22"
#define PARENS       "an inner `map` or `reduce` needs parentheses"
#define CLAUSES      "the order is: `map f over a where p reduce g from z by k`"
#define FAIL         "an error is raised by `fail(\"message\")`"
#define TRY          "an error is caught by `try { ... } catch e { ... }`"
#define REDUCER      "a reducer has members: `reducer r { init = ...; add(s, x) = ...; merge(a, b) = ... }`"
#define CONVERSION   "a value is converted by a function: `float(x)`, `int(x)`, `string(x)`"
#define CONTAINERS   "lists and maps stand in square brackets: `[1, 2]`, `[\"a\": 1]`"

static const Rule rules[] = {
    {.word_before = "def", .hint = DECLARE_FN, .fix_before = "fn ", .declares = true},
    {.word_before = "func", .hint = DECLARE_FN, .fix_before = "fn ", .declares = true},
    {.word_before = "fun", .hint = DECLARE_FN, .fix_before = "fn ", .declares = true},
    {.word_before = "function", .hint = DECLARE_FN, .fix_before = "fn ", .declares = true},
    {.word_before = "lambda", .hint = LAMBDA},
    {.word_before = "const", .hint = DECLARE_LET, .fix_before = "let ", .declares = true},
    {.word_before = "val", .hint = DECLARE_LET, .fix_before = "let ", .declares = true},
    {.word_before = "auto", .hint = DECLARE_LET, .fix_before = "let ", .declares = true},
    {.word_before = "int", .expects = TOK_NEWLINE, .hint = DECLARE_LET, .fix_before = "let ", .declares = true},
    {.word_before = "float", .expects = TOK_NEWLINE, .hint = DECLARE_LET, .fix_before = "let ", .declares = true},
    {.word_before = "int", .found = TOK_NAME, .expects = ')', .hint = "a parameter's type stands behind it: `x: int`"},
    {.word_before = "float", .found = TOK_NAME, .expects = ')', .hint = "a parameter's type stands behind it: `x: float`"},
    {.word_before = "mut", .hint = "a name that can be assigned again is declared by `var x = ...`", .declares = true},
    {.word_before = "struct", .hint = DECLARE_TYPE, .declares = true},
    {.word_before = "class", .hint = DECLARE_TYPE, .declares = true},
    {.word_before = "enum", .hint = "alternatives are declared by `type Shape = Circle(float) | Dot`", .declares = true},
    {.word_before = "new", .found = TOK_UPPER_NAME, .hint = "a record is built by its name: `Point(1.0, 2.0)`", .fix_before = ""},
    {.word_before = "export", .hint = PUBLIC, .fix_before = ""},
    {.word_before = "public", .hint = PUBLIC, .fix_before = ""},
    {.word_before = "private", .hint = PUBLIC, .fix_before = ""},
    {.word_before = "static", .hint = PUBLIC, .fix_before = ""},
    {.word_before = "pub", .hint = PUBLIC, .fix_before = ""},
    {.word_before = "loop", .found = '{', .hint = "a loop without an end is `while true { ... }`", .fix_before = "while true "},
    {.word_before = "until", .hint = "a loop is written `while not condition { ... }`", .fix_before = "while not "},
    {.word_before = "unless", .hint = "write `if not condition { ... }`", .fix_before = "if not "},
    {.word_before = "f",
     .found = TOK_STRING_BEGIN,
     .hint = "every string shows the values in braces: \"{x}\"",
     .fix_before = "",
     .is_touching = true},
    {.word_before = "switch", .hint = MATCH},
    {.word_before = "case", .hint = MATCH},
    {.word_before = "filter", .hint = "`map x => x over xs where p` leaves out what p does not hold for"},
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

    {.word = "elif", .hint = ELSE_IF, .fix = "else if"},
    {.word = "elsif", .hint = ELSE_IF, .fix = "else if"},
    {.word = "elseif", .hint = ELSE_IF, .fix = "else if"},
    {.word = "except", .expects = TOK_CATCH, .hint = TRY, .fix = "catch"},
    {.word = "rescue", .expects = TOK_CATCH, .hint = TRY, .fix = "catch"},
    {.word = "finally", .expects = TOK_CATCH, .hint = TRY},
    {.word = "as", .expects = '%', .hint = CONVERSION},
    {.word = "mod", .expects = '%', .hint = "the remainder is `a % b`", .fix = "%"},
    {.word = "div", .expects = '%', .hint = "ints are divided by `a // b`", .fix = "//"},
    {.word = "xor", .expects = '%', .hint = "bits are combined by `a ^ b`, bools by `a != b`"},
    {.word = "to", .expects = TOK_DOTS, .hint = "a range is written `1..10`", .fix = ".."},
    {.word = "then", .expects = '{', .hint = CHOICE},
    {.word = "do", .expects = '{', .hint = BODY},
    {.word = "of", .expects = TOK_IN, .hint = "a loop is written `for x in xs { ... }`"},
    {.word = "is", .expects = TOK_EQ, .hint = "`==` compares", .fix = "=="},

    {.before = TOK_RAW_STRING, .found = TOK_STRING_BEGIN, .hint = RAW, .is_touching = true},
    {.before = ',', .found = TOK_WHERE, .hint = NO_COMMA},
    {.before = ',', .found = TOK_REDUCE, .hint = NO_COMMA},
    {.before = ',', .found = TOK_SCAN, .hint = NO_COMMA},
    {.before = ',', .found = TOK_BY, .hint = NO_COMMA},
    {.found = TOK_FAT_ARROW,
     .expects = TOK_WHERE,
     .hint = "the function comes first, and what it walks behind `over`: `map x => x * 2 over xs`"},
    {.before = '+', .found = '+', .hint = "there is no `++`: write `x += 1`"},
    {.before = '-', .found = '-', .hint = "there is no `--`: write `x -= 1`"},
    {.before = '=', .found = '+', .hint = "write `x += 1`", .fix_before = "+=", .fix = "", .is_touching = true},
    {.before = '|', .found = '>', .hint = "`x.f(y)` calls `f(x, y)`", .is_touching = true},
    {.before = '<', .found = '>', .hint = "write `!=`", .fix_before = "!=", .fix = "", .is_touching = true},
    {.before = '/', .found = '*', .hint = "a comment begins with `#`, and ends with the line", .is_touching = true},
    {.found = TOK_FLOOR_DIV, .lacks = TOK_FLOOR_DIV, .expects = TOK_LET, .hint = COMMENT, .fix = "#"},
    {.found = '/', .expects = TOK_LET, .hint = "a comment begins with `#`, and ends with the line"},
    {.found = TOK_FROM, .expects = TOK_LET, .hint = "names of a module are brought in by `import math: sqrt, pi`"},
    {.before = '?', .lacks = TOK_NAME, .hint = CHOICE},
    {.before = TOK_STRING_END, .found = TOK_STRING_BEGIN, .lacks = ',', .hint = "`+` joins strings", .insert = " +"},
    {.before = TOK_STRING_END, .found = TOK_STRING_BEGIN, .hint = "`+` joins strings, `,` separates arguments and elements"},
    {.before = TOK_STRING_END, .found = TOK_NAME, .hint = "in a string, a quotation mark is written `\\\"`", .is_touching = true},
    {.before = TOK_STRING_END,
     .found = TOK_UPPER_NAME,
     .hint = "in a string, a quotation mark is written `\\\"`",
     .is_touching = true},
    {.before = TOK_UPPER_NAME, .found = '{', .expects = TOK_NEWLINE, .hint = "a record is built by `Point(x: 1.0, y: 2.0)`"},
    {.before = TOK_UPPER_NAME, .found = '{', .expects = '=', .hint = DECLARE_TYPE},
    {.before = TOK_ASYNC, .found = TOK_FN, .hint = "any call can be started by `async`: `let task = async f(x)`", .fix_before = ""},
    {.before = TOK_FN, .found = '(', .hint = LAMBDA},
    {.before = TOK_CATCH, .hint = TRY},
    {.before = TOK_TEST, .found = '{', .hint = "a test has a name: `test \"sums\" { ... }`"},
    {.before = '(', .found = TOK_LET, .hint = "a loop is written `for i in 0..<n { ... }`"},
    {.before = ')',
     .found = '{',
     .expects = TOK_NEWLINE,
     .hint = "a function value is written `x => { ... }`; a block begins a line of its own"},
    {.before = ')', .found = TOK_INTEGER, .expects = TOK_NEWLINE, .hint = CONVERSION},
    {.found = TOK_NOT, .expects = TOK_IN, .hint = "write `not (x in xs)`"},
    {.found = ',',
     .expects = TOK_OVER,
     .hint = "no comma stands before `over`; several parameters stand in parentheses: `(x, y) => ...`"},
    {.found = '(', .expects = TOK_UPPER_NAME, .lacks = TOK_NAME, .hint = DECLARE_TYPE},
    {.found = '*',
     .expects = TOK_UPPER_NAME,
     .lacks = TOK_INTEGER,
     .hint = "each name is imported by itself, or all are used as `math.pi`"},
    {.found = '*',
     .expects = ')',
     .lacks = '+',
     .hint = "a function has so many parameters as it has names; any number of values is a list"},
    {.found = ':', .expects = TOK_FAT_ARROW, .lacks = '+', .hint = "an arm is written `pattern => expression`", .fix = " =>"},
    {.before = TOK_MAP, .found = TOK_OVER, .hint = "the function comes first: `map f over a`"},
    {.before = TOK_REDUCE,
     .found = '+',
     .hint = "an operator stands in parentheses as a function: `(+)`; `sum` is the same for numbers",
     .fix = "(+)"},
    {.before = TOK_REDUCE, .found = '*', .hint = "an operator stands in parentheses as a function: `(*)`", .fix = "(*)"},

    /* Where a type is wanted. */
    {.found = TOK_FN,
     .expects = TOK_UPPER_NAME,
     .lacks = TOK_INTEGER,
     .hint = "the type of a function is written `int -> int` or `(int, int) -> int`"},
    {.found = TOK_MAP, .expects = TOK_UPPER_NAME, .lacks = TOK_INTEGER, .hint = "the type of a map is written `[string: int]`"},
    {.before = TOK_UPPER_NAME,
     .found = '<',
     .expects = '[',
     .hint = "types in a type stand in square brackets: `Tree[int]`; a list is `[int]`"},
    {.before = TOK_NAME,
     .found = '<',
     .expects = '[',
     .lacks = '+',
     .hint = "types in a type stand in square brackets: `set[int]`; a list is `[int]`"},

    {.found = TOK_IF, .expects = ')', .lacks = TOK_NOT, .hint = CHOICE},
    {.found = TOK_IF, .expects = TOK_NEWLINE, .lacks = TOK_NOT, .hint = CHOICE},
    {.before = TOK_ASYNC, .found = TOK_FN, .hint = "functions are declared by `fn`; any call can be started: `async f(x)`"},
    {.before = TOK_ASYNC, .expects = TOK_NOT, .hint = "statements are started as a block: `async { ... }`"},
    {.found = TOK_FN, .expects = TOK_NOT, .lacks = TOK_LET, .hint = LAMBDA},
    {.found = '|', .expects = TOK_NOT, .hint = LAMBDA},
    {.found = TOK_ARROW, .hint = "in function values and `match` write `=>`", .fix = "=>"},
    {.found = TOK_FAT_ARROW, .expects = TOK_ARROW, .hint = "the body of a function stands behind `=`, or in braces", .fix = "="},
    {.before = ')',
     .found = ':',
     .expects = TOK_ARROW,
     .hint = "the body of a function stands behind `=`, or in braces; its result's type behind `->`"},
    {.found = ':', .expects = TOK_ARROW, .hint = "the type of a function's result stands behind `->`"},
    {.found = ':', .expects = '{', .hint = BODY},
    {.found = ':', .expects = ']', .lacks = ',', .hint = "a part of a list is written `xs[a..b]`"},
    {.found = ':',
     .expects = ')',
     .lacks = '{',
     .hint = "a range is written `1..10`, an argument's name is a single word: `f(n: 3)`"},
    {.found = ':', .expects = TOK_NEWLINE, .hint = CONTAINERS},
    {.found = ',', .expects = TOK_IN, .lacks = TOK_EQ, .hint = "parentheses take a pair apart: `for (k, v) in m { ... }`"},
    {.found = ',', .expects = '=', .lacks = '+', .hint = "parentheses take a pair apart: `let (x, y) = ...`"},
    {.before = TOK_INTEGER,
     .found = ',',
     .expects = TOK_NEWLINE,
     .hint = "the decimal point is `.`; a list is written `[1, 2]`, a set `set([1, 2])`, a tuple `(1, 2)`"},
    {.found = ',',
     .expects = TOK_NEWLINE,
     .hint = "a list is written `[1, 2]`, a tuple `(1, 2)`; `let (a, b) = (1, 2)` takes one apart"},
    {.before = TOK_NAME, .found = '=', .expects = ')', .lacks = '+', .hint = "a loop is written `for i in 0..<n { ... }`"},
    {.before = TOK_NAME, .found = '=', .expects = ')', .hint = LABEL},
    {.found = '=', .expects = '{', .expects_too = TOK_EQ, .hint = "`==` compares", .fix = "=="},
    {.before = ')', .found = '=', .expects = '{', .hint = REDUCER},
    {.found = '=', .expects = TOK_EQ, .hint = "`==` compares; a name is declared by `let x = ...`"},
    {.found = '=', .expects = TOK_IN, .hint = "a loop is written `for i in 0..<n { ... }`"},
    {.found = TOK_EQ, .expects = '=', .hint = "a name is given its value by `=`", .fix = "="},
    {.before = TOK_NAME, .found = '(', .expects = '=', .hint = DECLARE_FN},
    {.before = TOK_NAME,
     .found = TOK_NAME,
     .expects = '(',
     .lacks = '+',
     .hint = "parameters stand in parentheses: `fn f(x) = ...`"},
    {.found = TOK_FOR,
     .expects = ']',
     .hint = "a list is made of another by `list(map x => x * 2 over xs)`, with `where` to choose"},
    {.found = TOK_DOTS, .expects = TOK_ELLIPSIS, .lacks = TOK_NOT, .hint = "the rest of a list is matched by `...rest`"},
    {.found = TOK_DOTS, .expects = TOK_NOT, .hint = "a range has a first element: `0..n`"},
    {.found = TOK_NAME, .expects = TOK_UPPER_NAME, .lacks = TOK_NAME, .hint = "types and constructors start with a capital letter"},
    {.found = TOK_UPPER_NAME, .expects = TOK_NAME, .hint = "names of functions and values start with a small letter"},
    {.before = '.', .found = TOK_NEWLINE, .hint = "a float has a digit behind its point: 1.0"},
    {.found = TOK_TUPLE_FIELD, .expects = TOK_NOT, .hint = "a float has a digit before its point: 0.5"},
    {.found = TOK_HOLE_END, .hint = "a brace itself is written `\\{` in a string"},
    {.before = TOK_INTEGER, .found = TOK_DOTS, .hint = "`step(1..10, 2)` is every second number of the range"},
    {.found = TOK_FROM, .expects = TOK_NEWLINE, .hint = "names of a module are brought in by `import math: sqrt, pi`"},
    {.found = TOK_WHERE, .lacks = TOK_OVER, .hint = "`where` belongs to a `map`: `map f over a where p`"},
    {.before = TOK_SOME, .found = TOK_OVER, .hint = "as a function, write `x => some(x)`"},
    {.found = TOK_OVER, .hint = "`over` belongs to `map f`, `flatmap f` or `reduce g`, which stand before it"},
    {.found = TOK_WHERE, .expects = TOK_OVER, .hint = CLAUSES},
    {.found = TOK_REDUCE, .expects = TOK_OVER, .hint = CLAUSES},
    {.found = TOK_FROM, .expects = TOK_OVER, .hint = CLAUSES},
    {.found = TOK_BY, .expects = TOK_OVER, .hint = CLAUSES},
    {.found = TOK_MAP, .hint = PARENS},
    {.found = TOK_FLATMAP, .hint = PARENS},
    {.found = TOK_REDUCE, .hint = PARENS},
    {.found = TOK_ASYNC, .expects = TOK_NAME, .hint = "an inner `async` needs parentheses"},
    {.expects = TOK_OVER, .lacks = TOK_NAME, .hint = "what is walked stands behind `over`: `map f over a`, `reduce g over a`"},
    {.expects = TOK_CATCH, .lacks = TOK_NAME, .hint = TRY},
    {.expects = '{', .lacks = TOK_NAME, .hint = BODY},
    {.before = TOK_NAME, .found = TOK_NAME, .expects = '(', .hint = CALL},
    {.before = TOK_NAME, .found = TOK_INTEGER, .expects = '(', .hint = CALL},
    {.before = TOK_NAME, .found = TOK_STRING_BEGIN, .expects = '(', .hint = CALL},
    {.found = TOK_INTEGER, .expects = ',', .hint = "a comma separates the two", .insert = ","},
    {.found = TOK_FLOAT, .expects = ',', .hint = "a comma separates the two", .insert = ","},
    {.found = TOK_NAME, .expects = ',', .hint = "a comma separates the two", .insert = ","},
    {.found = TOK_UPPER_NAME, .expects = ',', .hint = "a comma separates the two", .insert = ","},
    {.found = '(', .expects = ',', .lacks = '(', .hint = "a comma separates the two", .insert = ","},
    {.found = '[', .expects = ',', .lacks = '[', .hint = "a comma separates the two", .insert = ","},
    {.found = TOK_NAME, .expects = TOK_NEWLINE, .lacks = TOK_LET, .hint = "a statement begins on a line of its own, or behind `;`"},
    {.found = TOK_LET, .expects = TOK_NEWLINE, .hint = "a statement begins on a line of its own, or behind `;`"},
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
    if (rule->expects_too && !expected_has(expected, rule->expects_too)) return false;
    if (rule->lacks && expected_has(expected, rule->lacks)) return false;
    if (rule->word && !token_is(syntax, found, rule->word)) return false;
    if (rule->is_touching && before->span.to != found->span.from) return false;
    return !rule->word_before || (before->kind == TOK_NAME && token_is(syntax, before, rule->word_before));
}

/* Whether `//` stands before the token on its line: what follows is then meant as a comment. */
static bool is_behind_slashes(const Syntax *syntax) {
    const Token *before = &syntax->previous, *found = &syntax->current;
    bool are_words = (before->kind == TOK_NAME || before->kind == TOK_UPPER_NAME) && found->span.to > found->span.from;
    if (!are_words) return false;
    const char *text = syntax->source->text;
    for (uint32_t at = found->span.from; at > 1 && text[at - 1] != '\n' && text[at - 1] != '"'; at--)
        if (text[at - 1] == '/' && text[at - 2] == '/') return true;
    return false;
}

/* Whether a raw string was meant as other languages write it, `r#"…"#`, of which all from the `#` on is a comment. */
static bool is_hashed_string(const Syntax *syntax) {
    const Token *before = &syntax->previous;
    return before->kind == TOK_NAME && token_is(syntax, before, "r") &&
           strncmp(syntax->source->text + before->span.to, "#\"", 2) == 0;
}

/* Whether what is missing may as well be a bracket at the end of the line before. */
static bool is_on_new_line(const Syntax *syntax) {
    uint32_t from = syntax->previous.span.to, to = syntax->current.span.from;
    return from < to && memchr(syntax->source->text + from, '\n', to - from);
}

/* `x++` as a statement of its own. */
static void fix_increment(const Syntax *syntax, Diag *diag) {
    const char *text = syntax->source->text;
    uint32_t from = syntax->previous.span.from, to = syntax->current.span.to;
    uint32_t next = to + (uint32_t)strspn(text + to, " \t\r");
    bool is_behind = from > 0 && text[from - 1] != '\n' && text[from - 1] != ' ';
    bool is_last = strchr("\n;#}", text[next]) != NULL; /* which finds the NUL at the end of the file too */
    if (is_behind && is_last) diag_fix(diag, (Span){syntax->file, from, to}, " %c= 1", text[from]);
}

void hint_add(Syntax *syntax, const Expected *expected, Diag *diag) {
    const Token *before = &syntax->previous, *found = &syntax->current;
    if (is_behind_slashes(syntax)) {
        diag_hint(diag, COMMENT);
        return;
    }
    if (is_hashed_string(syntax)) {
        diag_hint(diag, "`#` begins a comment; " RAW);
        return;
    }
    const Rule *rule = NULL;
    for (size_t i = 0; i < sizeof rules / sizeof *rules && !rule; i++)
        if (rule_fits(syntax, expected, &rules[i])) rule = &rules[i];
    if (!rule || (rule->insert && is_on_new_line(syntax))) return;
    diag_hint(diag, "%s", rule->hint);
    if (rule->fix_before) /* with the space behind it */
        diag_fix(diag, (Span){syntax->file, before->span.from, found->span.from}, "%s", rule->fix_before);
    if (rule->insert) diag_fix(diag, (Span){syntax->file, before->span.to, before->span.to}, "%s", rule->insert);
    if (rule->fix) diag_fix(diag, found->span, "%s", rule->fix);
    if (before->kind == found->kind && (found->kind == '+' || found->kind == '-') && before->span.to == found->span.from)
        fix_increment(syntax, diag);
    if (rule->declares && found->value.name && (found->kind == TOK_NAME || found->kind == TOK_UPPER_NAME))
        syntax->meant = found->value.name;
}
