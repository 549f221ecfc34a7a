/* parser.y: the grammar, all of it: tokens and shapes only. Actions build nodes, by the helpers of compiler/syntax/build.c
 * where a shape needs a second look; what a program means is decided in compiler/sema.
 *
 * There are no precedence declarations: expressions are layered, from `coalesce` to `primary`. What cannot be told apart by
 * one token of look-ahead is read as one shape, and converted once it is known: a lambda's parameters are read as an
 * expression, an assignment's target too. Above the operators three nonterminals share the work, because the list of a
 * `map`'s sequences ends at nothing but the end of the expression:
 *   cexpr  a closed expression: a comma after it belongs to whatever is around it;
 *   oexpr  one that ends in the open list of a `map … over a, b` without clauses, so that a comma continues that list;
 *   nexpr  what may be named as a map's function or clause: no map of its own, unless in parentheses. */
%require "3.8"
%define api.pure full
%define api.prefix {mr_parse_}
%define api.token.prefix {TOK_}
%define api.value.type {SyntaxValue}
%define api.location.type {Span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {Syntax *syntax}

%code requires {
#include "compiler/syntax/syntax.h"
}

%code provides {
/* The token of what has been reported already: the parser recovers from it without a word. */
enum { TOK_ERROR = TOK_MR_PARSE_error };
}

%code {
#define YYLLOC_DEFAULT(current, rhs, n)                                                                                          \
    do {                                                                                                                         \
        (current).file = YYRHSLOC(rhs, (n) ? 1 : 0).file;                                                                        \
        (current).from = (n) ? YYRHSLOC(rhs, 1).from : YYRHSLOC(rhs, 0).to;                                                      \
        (current).to = YYRHSLOC(rhs, n).to;                                                                                      \
    } while (0)

#define ARENA (syntax->arena)

static int mr_parse_lex(SyntaxValue *value, Span *span, Syntax *syntax);
static void mr_parse_error(const Span *span, Syntax *syntax, const char *message);
}

%token FN "fn" LET "let" VAR "var" TYPE "type" REDUCER "reducer" IMPORT "import" EXTERN "extern" TEST "test"
%token IF "if" ELSE "else" MATCH "match" WITH "with" FOR "for" IN "in" WHILE "while"
%token BREAK "break" CONTINUE "continue" RETURN "return"
%token MAP "map" FLATMAP "flatmap" OVER "over" WHERE "where" REDUCE "reduce" SCAN "scan" FROM "from" BY "by"
%token ASYNC "async" AWAIT "await" TRY "try" CATCH "catch"
%token AND "and" OR "or" NOT "not" TRUE "true" FALSE "false" SOME "some" NONE "none"

%token NEWLINE "newline"
%token <name> NAME "name" UPPER_NAME "type name"
%token <integer> INTEGER "integer" TUPLE_FIELD "tuple field"
%token <number> FLOAT "float"
%token <text> RAW_STRING "raw string" STRING_TEXT "string text" SPEC "format"
%token STRING_BEGIN "string" TRIPLE_BEGIN "triple string" STRING_END "string end" HOLE_BEGIN "hole" HOLE_END "hole end"
%token FAT_ARROW "=>" ARROW "->" DOTS ".." DOTS_BELOW "..<" ELLIPSIS "..." COALESCE "??"
%token EQ "==" NE "!=" LE "<=" GE ">=" SHL "<<" SHR ">>"
%token ADD_WRAP "+%" SUB_WRAP "-%" MUL_WRAP "*%" FLOOR_DIV "//" POW "**"
%token ADD_ASSIGN "+=" SUB_ASSIGN "-=" MUL_ASSIGN "*=" DIV_ASSIGN "/=" FLOOR_DIV_ASSIGN "//=" MOD_ASSIGN "%="

%type <name> FN LET TYPE REDUCER EXTERN
%type <name> library word
%type <op> assign comparison shift_op sum_op product_op operator map_word
%type <list> statements parameters parameter_list members member_parameters type_parameters type_parameter_list
%type <list> reduce_clauses some_clauses fields field_list constructors import_names name_list arms arguments argument_list
%type <list> paren_items list_items entries streams string_parts patterns list_patterns pattern_arguments pattern_argument_list types paren_types type_arguments
%type <node> statement function extern type_declaration constructor field reducer member import test parameter
%type <node> function_body result type_annotation default_value
%type <node> expression cexpr oexpr nexpr coalesce or and not compare range bit_or bit_xor bit_and shift sum product unary power
%type <node> open_argument open_entry awaited postfix primary block if match arm_head closed_arm open_arm guard
%type <node> clause paren_item list_item entry argument string hole parens
%type <node> pattern pattern_alternative one_pattern list_pattern pattern_argument pattern_number
%type <node> type type_operand type_atom
%type <text> spec

%%

/* ---- files, blocks, declarations */

file: statements { syntax->result = ast_make(ARENA, FILE, File, @$); syntax->result->items = $1; }

statements:
    %empty                     { $$ = list_of(syntax, NULL); }
  | statements statement NEWLINE { $$ = list_add(syntax, $1, $2); }
  | statements error NEWLINE   { $$ = list_add(syntax, $1, build_skipped(syntax, @2)); syntax_recovered(syntax); yyerrok; }

statement:
    function
  | extern
  | type_declaration
  | reducer
  | import
  | test
  | LET pattern type_annotation '=' expression
        { AstLet *n = ast_make(ARENA, LET, Let, @$); n->doc = $1; n->pattern = $2; n->type_expr = $3; n->value = $5; $$ = &n->base; }
  | VAR NAME type_annotation '=' expression
        { AstVar *n = ast_make(ARENA, VAR, Var, @$); n->name = $2; n->type_expr = $3; n->value = $5; $$ = &n->base; }
  | FOR pattern IN expression block
        { AstFor *n = ast_make(ARENA, FOR, For, @$); n->pattern = $2; n->sequence = $4; n->body = $5; $$ = &n->base; }
  | WHILE expression block
        { AstWhile *n = ast_make(ARENA, WHILE, While, @$); n->condition = $2; n->body = $3; $$ = &n->base; }
  | BREAK                      { $$ = &ast_make(ARENA, BREAK, Break, @$)->base; }
  | CONTINUE                   { $$ = &ast_make(ARENA, CONTINUE, Continue, @$)->base; }
  | RETURN                     { $$ = build_return(syntax, NULL, @$); }
  | RETURN expression          { $$ = build_return(syntax, $2, @$); }
  | coalesce assign expression { $$ = build_assignment(syntax, $2, $1, $3); }
  | expression

assign:
    '='              { $$ = OP_NONE; }
  | ADD_ASSIGN       { $$ = OP_ADD; }
  | SUB_ASSIGN       { $$ = OP_SUB; }
  | MUL_ASSIGN       { $$ = OP_MUL; }
  | DIV_ASSIGN       { $$ = OP_DIV; }
  | FLOOR_DIV_ASSIGN { $$ = OP_FLOOR_DIV; }
  | MOD_ASSIGN       { $$ = OP_MOD; }

block: '{' statements '}' { $$ = build_block(syntax, $2, @$); }

function: FN NAME parameters result function_body
    {
        AstFn *n = ast_make(ARENA, FN, Fn, @$);
        n->doc = $1, n->name = $2, n->params = $3, n->result = $4, n->body = $5;
        $$ = &n->base;
    }

function_body:
    '=' expression { $$ = $2; }
  | block

result:
    %empty     { $$ = NULL; }
  | ARROW type { $$ = $2; }

parameters:
    '(' ')'                    { $$ = list_of(syntax, NULL); }
  | '(' parameter_list ')'     { $$ = $2; }
  | '(' parameter_list ',' ')' { $$ = $2; }

parameter_list:
    parameter                    { $$ = list_of(syntax, $1); }
  | parameter_list ',' parameter { $$ = list_add(syntax, $1, $3); }

parameter: pattern type_annotation default_value
    {
        AstParam *n = ast_make(ARENA, PARAM, Param, @$);
        n->pattern = $1, n->type_expr = $2, n->default_value = $3;
        $$ = &n->base;
    }

type_annotation:
    %empty   { $$ = NULL; }
  | ':' type { $$ = $2; }

default_value:
    %empty    { $$ = NULL; }
  | '=' cexpr { $$ = $2; }

extern: EXTERN FN NAME parameters result library
    {
        AstExtern *n = ast_make(ARENA, EXTERN, Extern, @$);
        n->doc = $1, n->name = $3, n->params = $4, n->result = $5, n->library = $6;
        $$ = &n->base;
    }

library:
    %empty      { $$ = NULL; }
  | FROM string { $$ = build_plain_string(syntax, $2); }

type_declaration:
    TYPE UPPER_NAME type_parameters fields
        { $$ = build_record(syntax, $2, $3, $4, $1, @2, @$); }
  | TYPE UPPER_NAME type_parameters '=' constructors
        { $$ = build_sum_type(syntax, $2, $3, $5, $1, @$); }
  | TYPE UPPER_NAME type_parameters '=' '|' constructors
        { $$ = build_sum_type(syntax, $2, $3, $6, $1, @$); }

type_parameters:
    %empty                          { $$ = list_of(syntax, NULL); }
  | '[' type_parameter_list ']'     { $$ = $2; }
  | '[' type_parameter_list ',' ']' { $$ = $2; }

type_parameter_list:
    UPPER_NAME                         { $$ = list_of(syntax, build_type_name(syntax, NULL, $1, list_of(syntax, NULL), @$)); }
  | type_parameter_list ',' UPPER_NAME { $$ = list_add(syntax, $1, build_type_name(syntax, NULL, $3, list_of(syntax, NULL), @3)); }

constructors:
    constructor                  { $$ = list_of(syntax, $1); }
  | constructors '|' constructor { $$ = list_add(syntax, $1, $3); }

constructor:
    UPPER_NAME        { $$ = build_constructor(syntax, $1, list_of(syntax, NULL), @$); }
  | UPPER_NAME fields { $$ = build_constructor(syntax, $1, $2, @$); }

fields:
    '(' ')'                { $$ = list_of(syntax, NULL); }
  | '(' field_list ')'     { $$ = $2; }
  | '(' field_list ',' ')' { $$ = $2; }

field_list:
    field                { $$ = list_of(syntax, $1); }
  | field_list ',' field { $$ = list_add(syntax, $1, $3); }

field:
    type          { AstFieldDecl *n = ast_make(ARENA, FIELD_DECL, FieldDecl, @$); n->type_expr = $1; $$ = &n->base; }
  | NAME ':' type { AstFieldDecl *n = ast_make(ARENA, FIELD_DECL, FieldDecl, @$); n->name = $1; n->type_expr = $3; $$ = &n->base; }

reducer: REDUCER NAME member_parameters '{' members '}'
    {
        AstReducer *n = ast_make(ARENA, REDUCER, Reducer, @$);
        n->doc = $1, n->name = $2, n->params = $3, n->members = $5;
        $$ = &n->base;
    }

member_parameters:
    %empty     { $$ = list_of(syntax, NULL); }
  | parameters

members:
    %empty                 { $$ = list_of(syntax, NULL); }
  | members member NEWLINE { $$ = list_add(syntax, $1, $2); }
  | members error NEWLINE  { $$ = list_add(syntax, $1, build_skipped(syntax, @2)); syntax_recovered(syntax); yyerrok; }

member: NAME member_parameters function_body
    {
        AstMember *n = ast_make(ARENA, MEMBER, Member, @$);
        n->name = $1, n->params = $2, n->body = $3;
        $$ = &n->base;
    }

import:
    IMPORT NAME import_names
        { $$ = build_import(syntax, (ImportPath){.name = $2}, NULL, NULL, $3, @$); }
  | IMPORT NAME word NAME import_names
        { $$ = build_import(syntax, (ImportPath){.name = $2}, $3, $4, $5, @$); }
  | IMPORT string import_names
        { $$ = build_import(syntax, (ImportPath){.string = $2}, NULL, NULL, $3, @$); }
  | IMPORT string word NAME import_names
        { $$ = build_import(syntax, (ImportPath){.string = $2}, $3, $4, $5, @$); }

word: NAME /* `as`, which is an ordinary name elsewhere */

import_names:
    %empty            { $$ = list_of(syntax, NULL); }
  | ':' name_list     { $$ = $2; }

name_list:
    NAME                     { $$ = list_of(syntax, build_name(syntax, $1, @1)); }
  | UPPER_NAME               { $$ = list_of(syntax, build_name(syntax, $1, @1)); }
  | name_list ',' NAME       { $$ = list_add(syntax, $1, build_name(syntax, $3, @3)); }
  | name_list ',' UPPER_NAME { $$ = list_add(syntax, $1, build_name(syntax, $3, @3)); }

test: TEST string block
    {
        AstTest *n = ast_make(ARENA, TEST, Test, @$);
        n->title = build_plain_text(syntax, $2), n->body = $3;
        $$ = &n->base;
    }

/* ---- expressions above the operators */

expression:
    cexpr
  | oexpr

cexpr:
    coalesce
  | block
  | coalesce FAT_ARROW cexpr                   { $$ = build_lambda(syntax, $1, $3, @$); }
  | ASYNC cexpr                                { $$ = build_async(syntax, $2, @$); }
  | map_word nexpr OVER streams some_clauses   { $$ = build_pipe(syntax, $1, $2, $4, $5, @$); }
  | REDUCE nexpr OVER coalesce reduce_clauses  { $$ = build_pipe(syntax, OP_REDUCE, $2, list_of(syntax, $4), $5, @$); }

oexpr:
    coalesce FAT_ARROW oexpr    { $$ = build_lambda(syntax, $1, $3, @$); }
  | ASYNC oexpr                 { $$ = build_async(syntax, $2, @$); }
  | map_word nexpr OVER streams { $$ = build_pipe(syntax, $1, $2, $4, list_of(syntax, NULL), @$); }

nexpr:
    coalesce
  | block
  | coalesce FAT_ARROW nexpr { $$ = build_lambda(syntax, $1, $3, @$); }
  | ASYNC nexpr              { $$ = build_async(syntax, $2, @$); }

map_word:
    MAP     { $$ = OP_MAP; }
  | FLATMAP { $$ = OP_FLATMAP; }

streams:
    coalesce             { $$ = list_of(syntax, $1); }
  | streams ',' coalesce { $$ = list_add(syntax, $1, $3); }

reduce_clauses:
    %empty { $$ = list_of(syntax, NULL); }
  | some_clauses

some_clauses:
    clause              { $$ = list_of(syntax, $1); }
  | some_clauses clause { $$ = list_add(syntax, $1, $2); }

clause:
    WHERE nexpr  { $$ = build_clause(syntax, "where", $2, @$); }
  | SCAN nexpr   { $$ = build_clause(syntax, "scan", $2, @$); }
  | REDUCE nexpr { $$ = build_clause(syntax, "reduce", $2, @$); }
  | FROM nexpr   { $$ = build_clause(syntax, "from", $2, @$); }
  | BY nexpr     { $$ = build_clause(syntax, "by", $2, @$); }

/* ---- operators, from the loosest to the tightest */

coalesce:
    or
  | or COALESCE coalesce { $$ = build_binary(syntax, OP_COALESCE, $1, $3); }

or:
    and
  | or OR and { $$ = build_binary(syntax, OP_OR, $1, $3); }

and:
    not
  | and AND not { $$ = build_binary(syntax, OP_AND, $1, $3); }

not:
    compare
  | NOT not { $$ = build_unary(syntax, OP_NOT, $2, @$); }

compare:
    range
  | compare comparison range { $$ = build_comparison(syntax, $2, $1, $3); }

comparison:
    EQ  { $$ = OP_EQ; }
  | NE  { $$ = OP_NE; }
  | '<' { $$ = OP_LT; }
  | LE  { $$ = OP_LE; }
  | '>' { $$ = OP_GT; }
  | GE  { $$ = OP_GE; }
  | IN  { $$ = OP_IN; }

range:
    bit_or
  | bit_or DOTS bit_or       { $$ = build_range(syntax, $1, $3, false, @$); }
  | bit_or DOTS_BELOW bit_or { $$ = build_range(syntax, $1, $3, true, @$); }
  | bit_or DOTS              { $$ = build_range(syntax, $1, NULL, false, @$); }

bit_or:
    bit_xor
  | bit_or '|' bit_xor { $$ = build_binary(syntax, OP_BIT_OR, $1, $3); }

bit_xor:
    bit_and
  | bit_xor '^' bit_and { $$ = build_binary(syntax, OP_BIT_XOR, $1, $3); }

bit_and:
    shift
  | bit_and '&' shift { $$ = build_binary(syntax, OP_BIT_AND, $1, $3); }

shift:
    sum
  | shift shift_op sum { $$ = build_binary(syntax, $2, $1, $3); }

shift_op:
    SHL { $$ = OP_SHL; }
  | SHR { $$ = OP_SHR; }

sum:
    product
  | sum sum_op product { $$ = build_binary(syntax, $2, $1, $3); }

sum_op:
    '+'      { $$ = OP_ADD; }
  | '-'      { $$ = OP_SUB; }
  | ADD_WRAP { $$ = OP_ADD_WRAP; }
  | SUB_WRAP { $$ = OP_SUB_WRAP; }

product:
    unary
  | product product_op unary { $$ = build_binary(syntax, $2, $1, $3); }

product_op:
    '*'       { $$ = OP_MUL; }
  | '/'       { $$ = OP_DIV; }
  | FLOOR_DIV { $$ = OP_FLOOR_DIV; }
  | '%'       { $$ = OP_MOD; }
  | MUL_WRAP  { $$ = OP_MUL_WRAP; }

unary:
    power
  | '-' unary { $$ = build_unary(syntax, OP_NEG, $2, @$); }

power:
    awaited
  | awaited POW unary { $$ = build_binary(syntax, OP_POW, $1, $3); }

awaited:
    postfix
  | AWAIT awaited { AstAwait *n = ast_make(ARENA, AWAIT, Await, @$); n->value = $2; $$ = &n->base; }

postfix:
    primary
  | postfix arguments          { $$ = build_call(syntax, $1, $2, @$); }
  | postfix '[' expression ']' { AstIndex *n = ast_make(ARENA, INDEX, Index, @$); n->sequence = $1; n->index = $3; $$ = &n->base; }
  | postfix '.' NAME           { AstDot *n = ast_make(ARENA, DOT, Dot, @$); n->value = $1; n->name = $3; $$ = &n->base; }
  | postfix '.' UPPER_NAME     { AstDot *n = ast_make(ARENA, DOT, Dot, @$); n->value = $1; n->name = $3; $$ = &n->base; }
  | postfix TUPLE_FIELD        { AstTupleDot *n = ast_make(ARENA, TUPLE_DOT, TupleDot, @$); n->value = $1; n->index = $2; $$ = &n->base; }
  | postfix '?'                { AstQuestion *n = ast_make(ARENA, QUESTION, Question, @$); n->value = $1; $$ = &n->base; }
  | postfix WITH arguments     { AstWith *n = ast_make(ARENA, WITH, With, @$); n->value = $1; n->args = $3; $$ = &n->base; }

arguments:
    '(' ')'                         { $$ = list_of(syntax, NULL); }
  | '(' argument_list ')'           { $$ = $2; }
  | '(' argument_list ',' ')'       { $$ = $2; }
  | '(' open_argument ')'           { $$ = list_of(syntax, $2); }
  | '(' argument_list ',' open_argument ')' { $$ = list_add(syntax, $2, $4); }

argument_list:
    argument                   { $$ = list_of(syntax, $1); }
  | argument_list ',' argument { $$ = list_add(syntax, $1, $3); }

argument:
    cexpr          { $$ = build_argument(syntax, NULL, $1, @$); }
  | NAME ':' cexpr { $$ = build_argument(syntax, $1, $3, @$); }

open_argument:
    oexpr          { $$ = build_argument(syntax, NULL, $1, @$); }
  | NAME ':' oexpr { $$ = build_argument(syntax, $1, $3, @$); }

/* ---- primary expressions */

primary:
    INTEGER       { AstIntLit *n = ast_make(ARENA, INT_LIT, IntLit, @$); n->value = $1; $$ = &n->base; }
  | FLOAT         { AstFloatLit *n = ast_make(ARENA, FLOAT_LIT, FloatLit, @$); n->value = $1; $$ = &n->base; }
  | TRUE          { AstBoolLit *n = ast_make(ARENA, BOOL_LIT, BoolLit, @$); n->value = true; $$ = &n->base; }
  | FALSE         { $$ = &ast_make(ARENA, BOOL_LIT, BoolLit, @$)->base; }
  | string
  | NAME          { $$ = build_name(syntax, $1, @$); }
  | UPPER_NAME    { $$ = build_name(syntax, $1, @$); }
  | parens
  | '[' ']'                                  { $$ = build_list(syntax, list_of(syntax, NULL), @$); }
  | '[' list_items ']'                       { $$ = build_list(syntax, $2, @$); }
  | '[' list_items ',' ']'                   { $$ = build_list(syntax, $2, @$); }
  | '[' oexpr ']'                            { $$ = build_list(syntax, list_of(syntax, $2), @$); }
  | '[' list_items ',' oexpr ']'             { $$ = build_list(syntax, list_add(syntax, $2, $4), @$); }
  | '[' ':' ']'                              { $$ = build_map(syntax, list_of(syntax, NULL), @$); }
  | '[' entries ']'                          { $$ = build_map(syntax, $2, @$); }
  | '[' entries ',' ']'                      { $$ = build_map(syntax, $2, @$); }
  | '[' open_entry ']'                       { $$ = build_map(syntax, list_of(syntax, $2), @$); }
  | '[' entries ',' open_entry ']'           { $$ = build_map(syntax, list_add(syntax, $2, $4), @$); }
  | SOME '(' expression ')'                  { AstSome *n = ast_make(ARENA, SOME, Some, @$); n->value = $3; $$ = &n->base; }
  | NONE                                     { $$ = &ast_make(ARENA, NONE, None, @$)->base; }
  | if
  | match
  | TRY block CATCH NAME block
        { AstTry *n = ast_make(ARENA, TRY, Try, @$); n->body = $2; n->name = $4; n->handler = $5; $$ = &n->base; }

/* Also the parameters of a lambda, `(x, (y, z), n: int) =>`, which build_lambda turns into patterns. */
parens:
    '(' ')'                       { $$ = build_parens(syntax, list_of(syntax, NULL), @$); }
  | '(' paren_items ')'           { $$ = build_parens(syntax, $2, @$); }
  | '(' paren_items ',' ')'       { $$ = build_parens(syntax, $2, @$); }
  | '(' oexpr ')'                 { $$ = build_parens(syntax, list_of(syntax, $2), @$); }
  | '(' paren_items ',' oexpr ')' { $$ = build_parens(syntax, list_add(syntax, $2, $4), @$); }
  | '(' operator ')'              { AstOperatorRef *n = ast_make(ARENA, OPERATOR_REF, OperatorRef, @$); n->op = $2; $$ = &n->base; }

paren_items:
    paren_item                 { $$ = list_of(syntax, $1); }
  | paren_items ',' paren_item { $$ = list_add(syntax, $1, $3); }

paren_item:
    cexpr
  | cexpr ':' type  { $$ = build_cover(syntax, $1, $3, NULL, @$); }
  | cexpr '=' cexpr { $$ = build_cover(syntax, $1, NULL, $3, @$); }

operator:
    comparison
  | shift_op
  | sum_op
  | product_op
  | POW      { $$ = OP_POW; }
  | '|'      { $$ = OP_BIT_OR; }
  | '^'      { $$ = OP_BIT_XOR; }
  | '&'      { $$ = OP_BIT_AND; }
  | AND      { $$ = OP_AND; }
  | OR       { $$ = OP_OR; }
  | NOT      { $$ = OP_NOT; }
  | COALESCE { $$ = OP_COALESCE; }

list_items:
    list_item                { $$ = list_of(syntax, $1); }
  | list_items ',' list_item { $$ = list_add(syntax, $1, $3); }

list_item:
    cexpr
  | ELLIPSIS      { $$ = build_rest(syntax, NULL, @$); }
  | ELLIPSIS NAME { $$ = build_rest(syntax, $2, @$); }

entries:
    entry             { $$ = list_of(syntax, $1); }
  | entries ',' entry { $$ = list_add(syntax, $1, $3); }

entry: cexpr ':' cexpr { $$ = build_entry(syntax, $1, $3, @$); }
open_entry: cexpr ':' oexpr { $$ = build_entry(syntax, $1, $3, @$); }

if:
    IF expression block            { $$ = build_if(syntax, $2, $3, NULL, @$); }
  | IF expression block ELSE block { $$ = build_if(syntax, $2, $3, $5, @$); }
  | IF expression block ELSE if    { $$ = build_if(syntax, $2, $3, $5, @$); }

match: MATCH expression '{' arms '}'
    {
        AstMatch *n = ast_make(ARENA, MATCH, Match, @$);
        n->subject = $2, n->arms = $4;
        $$ = &n->base;
    }

arms:
    %empty                  { $$ = list_of(syntax, NULL); }
  | arms closed_arm ','     { $$ = list_add(syntax, $1, $2); }
  | arms closed_arm NEWLINE { $$ = list_add(syntax, $1, $2); }
  | arms open_arm NEWLINE   { $$ = list_add(syntax, $1, $2); }
  | arms error NEWLINE      { $$ = list_add(syntax, $1, build_skipped(syntax, @2)); syntax_recovered(syntax); yyerrok; }

arm_head: pattern guard FAT_ARROW { $$ = build_arm(syntax, $1, $2, @$); }

guard:
    %empty      { $$ = NULL; }
  | IF coalesce { $$ = $2; }

closed_arm:
    arm_head cexpr                 { $$ = arm_complete($1, $2); }
  | arm_head coalesce assign cexpr { $$ = arm_complete($1, build_assignment(syntax, $3, $2, $4)); }
  | arm_head RETURN                { $$ = arm_complete($1, build_return(syntax, NULL, @2)); }
  | arm_head RETURN cexpr          { $$ = arm_complete($1, build_return(syntax, $3, span_join(@2, @3))); }
  | arm_head BREAK                 { $$ = arm_complete($1, &ast_make(ARENA, BREAK, Break, @2)->base); }
  | arm_head CONTINUE              { $$ = arm_complete($1, &ast_make(ARENA, CONTINUE, Continue, @2)->base); }

open_arm:
    arm_head oexpr                 { $$ = arm_complete($1, $2); }
  | arm_head coalesce assign oexpr { $$ = arm_complete($1, build_assignment(syntax, $3, $2, $4)); }
  | arm_head RETURN oexpr          { $$ = arm_complete($1, build_return(syntax, $3, span_join(@2, @3))); }

/* ---- strings */

string:
    STRING_BEGIN string_parts STRING_END { $$ = literal_string(syntax, $2, false, @$); }
  | TRIPLE_BEGIN string_parts STRING_END { $$ = literal_string(syntax, $2, true, @$); }
  | RAW_STRING                           { $$ = build_text(syntax, $1, @$); }

string_parts:
    %empty                   { $$ = list_of(syntax, NULL); }
  | string_parts STRING_TEXT { $$ = list_add(syntax, $1, build_text(syntax, $2, @2)); }
  | string_parts hole        { $$ = list_add(syntax, $1, $2); }

hole: HOLE_BEGIN expression spec HOLE_END
    {
        AstHole *n = ast_make(ARENA, HOLE, Hole, @$);
        n->value = $2, n->spec = $3;
        $$ = &n->base;
    }

spec:
    %empty { $$ = (AstText){0}; }
  | SPEC   { $$ = literal_spec(syntax, $1, @1); }

/* ---- patterns */

pattern: pattern_alternative

pattern_alternative:
    one_pattern
  | pattern_alternative '|' one_pattern { $$ = build_alternative(syntax, $1, $3); }

one_pattern:
    NAME                                  { $$ = build_name_pattern(syntax, $1, @$); }
  | pattern_number                        { $$ = build_literal_pattern(syntax, $1); }
  | pattern_number DOTS pattern_number    { $$ = build_range_pattern(syntax, $1, $3, false, @$); }
  | pattern_number DOTS_BELOW pattern_number { $$ = build_range_pattern(syntax, $1, $3, true, @$); }
  | pattern_number DOTS                   { $$ = build_range_pattern(syntax, $1, NULL, false, @$); }
  | string                                { $$ = build_literal_pattern(syntax, $1); }
  | TRUE   { AstBoolLit *n = ast_make(ARENA, BOOL_LIT, BoolLit, @$); n->value = true; $$ = build_literal_pattern(syntax, &n->base); }
  | FALSE  { $$ = build_literal_pattern(syntax, &ast_make(ARENA, BOOL_LIT, BoolLit, @$)->base); }
  | SOME '(' pattern ')'                  { AstPatSome *n = ast_make(ARENA, PAT_SOME, PatSome, @$); n->pattern = $3; $$ = &n->base; }
  | NONE                                  { $$ = &ast_make(ARENA, PAT_NONE, PatNone, @$)->base; }
  | '(' ')'                               { $$ = build_tuple_pattern(syntax, list_of(syntax, NULL), @$); }
  | '(' patterns ')'                      { $$ = build_tuple_pattern(syntax, $2, @$); }
  | '(' patterns ',' ')'                  { $$ = build_tuple_pattern(syntax, $2, @$); }
  | '[' ']'                               { $$ = build_list_pattern(syntax, list_of(syntax, NULL), @$); }
  | '[' list_patterns ']'                 { $$ = build_list_pattern(syntax, $2, @$); }
  | '[' list_patterns ',' ']'             { $$ = build_list_pattern(syntax, $2, @$); }
  | UPPER_NAME pattern_arguments          { $$ = build_constructor_pattern(syntax, NULL, $1, $2, @$); }
  | NAME '.' UPPER_NAME pattern_arguments { $$ = build_constructor_pattern(syntax, $1, $3, $4, @$); }

pattern_number:
    INTEGER     { AstIntLit *n = ast_make(ARENA, INT_LIT, IntLit, @$); n->value = $1; $$ = &n->base; }
  | FLOAT       { AstFloatLit *n = ast_make(ARENA, FLOAT_LIT, FloatLit, @$); n->value = $1; $$ = &n->base; }
  | '-' INTEGER { AstIntLit *n = ast_make(ARENA, INT_LIT, IntLit, @2); n->value = $2; $$ = build_unary(syntax, OP_NEG, &n->base, @$); }
  | '-' FLOAT   { AstFloatLit *n = ast_make(ARENA, FLOAT_LIT, FloatLit, @2); n->value = $2; $$ = build_unary(syntax, OP_NEG, &n->base, @$); }

patterns:
    pattern              { $$ = list_of(syntax, $1); }
  | patterns ',' pattern { $$ = list_add(syntax, $1, $3); }

list_patterns:
    list_pattern                   { $$ = list_of(syntax, $1); }
  | list_patterns ',' list_pattern { $$ = list_add(syntax, $1, $3); }

list_pattern:
    pattern
  | ELLIPSIS      { $$ = build_rest(syntax, NULL, @$); }
  | ELLIPSIS NAME { $$ = build_rest(syntax, $2, @$); }

pattern_arguments:
    %empty                                { $$ = list_of(syntax, NULL); }
  | '(' ')'                               { $$ = list_of(syntax, NULL); }
  | '(' pattern_argument_list ')'         { $$ = $2; }
  | '(' pattern_argument_list ',' ')'     { $$ = $2; }

pattern_argument_list:
    pattern_argument                           { $$ = list_of(syntax, $1); }
  | pattern_argument_list ',' pattern_argument { $$ = list_add(syntax, $1, $3); }

pattern_argument:
    pattern          { $$ = build_pattern_argument(syntax, NULL, $1, @$); }
  | NAME ':' pattern { $$ = build_pattern_argument(syntax, $1, $3, @$); }

/* ---- types */

type:
    type_operand
  | paren_types                    { $$ = build_paren_type(syntax, $1, @$); }
  | type_operand ARROW type        { $$ = build_function_type(syntax, list_of(syntax, $1), $3, @$); }
  | paren_types ARROW type         { $$ = build_function_type(syntax, $1, $3, @$); }

type_operand:
    type_atom
  | type_operand '?'      { $$ = build_optional_type(syntax, $1, @$); }
  | type_operand COALESCE { $$ = build_optional_type(syntax, build_optional_type(syntax, $1, @1), @$); }
  | paren_types '?'       { $$ = build_optional_type(syntax, build_paren_type(syntax, $1, @1), @$); }
  | paren_types COALESCE
        { $$ = build_optional_type(syntax, build_optional_type(syntax, build_paren_type(syntax, $1, @1), @1), @$); }

type_atom:
    NAME type_arguments                { $$ = build_type_name(syntax, NULL, $1, $2, @$); }
  | UPPER_NAME type_arguments          { $$ = build_type_name(syntax, NULL, $1, $2, @$); }
  | NAME '.' UPPER_NAME type_arguments { $$ = build_type_name(syntax, $1, $3, $4, @$); }
  | '[' type ']'          { AstTypeList *n = ast_make(ARENA, TYPE_LIST, TypeList, @$); n->element = $2; $$ = &n->base; }
  | '[' type ':' type ']' { AstTypeMap *n = ast_make(ARENA, TYPE_MAP, TypeMap, @$); n->key = $2; n->value = $4; $$ = &n->base; }

type_arguments:
    %empty            { $$ = list_of(syntax, NULL); }
  | '[' types ']'     { $$ = $2; }
  | '[' types ',' ']' { $$ = $2; }

paren_types:
    '(' ')'           { $$ = list_of(syntax, NULL); }
  | '(' types ')'     { $$ = $2; }
  | '(' types ',' ')' { $$ = $2; }

types:
    type           { $$ = list_of(syntax, $1); }
  | types ',' type { $$ = list_add(syntax, $1, $3); }

%%

static int mr_parse_lex(SyntaxValue *value, Span *span, Syntax *syntax) {
    Token token = syntax_next(syntax);
    *value = token.value;
    *span = token.span;
    return token.kind;
}

/* Called by bison itself only when its stack is full; what it did not expect comes to yyreport_syntax_error. */
static void mr_parse_error(const Span *span, Syntax *syntax, const char *message) {
    (void)message;
    if (!syntax->is_stopped) diag_add(syntax->diags, E0109, *span, "the program is nested too deeply here");
    syntax->is_stopped = true;
}

/* The number of a token, as the scanner knows it, of bison's own number for it. */
static int token_kind(yysymbol_kind_t symbol) {
    for (int kind = 0; kind <= YYMAXUTOK; kind++) {
        if (YYTRANSLATE(kind) == symbol) return kind;
    }
    return TOK_MR_PARSE_UNDEF;
}

static int yyreport_syntax_error(const yypcontext_t *context, Syntax *syntax) {
    yysymbol_kind_t symbols[YYNTOKENS];
    int kinds[YYNTOKENS];
    int count = yypcontext_expected_tokens(context, symbols, YYNTOKENS);
    for (int i = 0; i < count; i++) kinds[i] = token_kind(symbols[i]);
    syntax_unexpected(syntax, kinds, count < 0 ? 0 : count);
    syntax_recover(syntax);
    return 0;
}

const char *syntax_token_text(int kind) {
    return yysymbol_name(YYTRANSLATE(kind));
}
