/* cover.c: is a pattern useful after others?
 *
 * Patterns are rows of cells, taken apart column by column from the left. A column's values fall into *heads*: the constructors of
 * a type, the lengths of a list, the intervals between the ints that patterns name. For each head that the pattern in question
 * admits, the rows that admit it too go on with its parts in the place of the column. Where no cell is left, the pattern is useful
 * if no row is left either. A cell is NULL where everything matches. */
#include "compiler/sema/cover.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/sema/symbol.h"

enum {
    DEPTH_LIMIT = 4000,
};

typedef struct Row {
    Ast **cells;
} Row;

typedef struct Rows {
    Row *items;
    size_t len;
} Rows;

typedef enum HeadKind {
    HEAD_TUPLE,
    HEAD_SOME,
    HEAD_NONE,
    HEAD_BOOL,  /* low */
    HEAD_INT,   /* low to high */
    HEAD_VALUE, /* literal: a string or a float; NULL: all others */
    HEAD_LIST,  /* low elements; is_open: at least so many */
    HEAD_DATA,  /* constructor */
} HeadKind;

typedef struct Head {
    HeadKind kind;
    int64_t low, high;
    bool is_open;
    Ast *literal;
    const Symbol *constructor;
    size_t arity;
    bool is_unnamed; /* no cell of the column that is not wild admits it */
} Head;

typedef VEC(Head) Heads;
typedef VEC(Ast *) Cells;

typedef struct Cover {
    Arena *arena; /* for this question */
    Arena *texts; /* for the example */
    size_t work, limit;
    size_t depth;
    bool is_too_complex;
} Cover;

/* ---- looking at patterns */

static bool is_wild(const Ast *cell) {
    return !cell || cell->kind == AST_PAT_NAME || cell->kind == AST_PAT_WILDCARD || cell->kind == AST_ERROR;
}

static Ast *literal_of(Ast *cell) {
    return ast_as(PatLiteral, cell)->value;
}

static Ast *without_sign(Ast *number, bool *is_negative) {
    *is_negative = number->kind == AST_UNARY;
    return *is_negative ? ast_as(Unary, number)->operand : number;
}

/* An int of a pattern; the magnitude was checked to fit. */
static int64_t int_of(Ast *number) {
    bool is_negative;
    uint64_t magnitude = ast_as(IntLit, without_sign(number, &is_negative))->value;
    return (int64_t)(is_negative ? 0 - magnitude : magnitude);
}

static double float_of(Ast *number) {
    bool is_negative;
    Ast *plain = without_sign(number, &is_negative);
    double value = plain->kind == AST_INT_LIT ? (double)ast_as(IntLit, plain)->value : ast_as(FloatLit, plain)->value;
    return is_negative ? -value : value;
}

static bool is_int_pattern(Ast *cell) {
    if (cell->kind == AST_PAT_RANGE) return true;
    if (cell->kind != AST_PAT_LITERAL) return false;
    bool is_negative;
    const Type *type = cell->type ? type_prune(cell->type) : NULL;
    return without_sign(literal_of(cell), &is_negative)->kind == AST_INT_LIT && !(type && type->kind == TYPE_FLOAT);
}

/* The ints that a cell admits; false where it admits none. */
static bool int_bounds(Ast *cell, int64_t *low, int64_t *high) {
    if (cell->kind == AST_PAT_LITERAL) {
        *low = *high = int_of(literal_of(cell));
        return true;
    }
    AstPatRange *range = ast_as(PatRange, cell);
    *low = int_of(range->first);
    *high = range->last ? int_of(range->last) : INT64_MAX;
    if (!range->last || !range->is_exclusive) return *low <= *high;
    if (*high == INT64_MIN) return false;
    --*high;
    return *low <= *high;
}

static bool is_same_literal(Ast *a, Ast *b) {
    if (a->kind != AST_STRING_LIT || b->kind != AST_STRING_LIT)
        return a->kind != AST_STRING_LIT && b->kind != AST_STRING_LIT && float_of(a) == float_of(b);
    const AstText *left = &ast_as(StringLit, a)->value, *right = &ast_as(StringLit, b)->value;
    return left->len == right->len && (left->len == 0 || memcmp(left->bytes, right->bytes, left->len) == 0);
}

/* The rest of a list pattern stands anywhere in it; without one, all elements are named. */
static size_t rest_position(const AstPatList *list) {
    size_t i = 0;
    while (i < list->items.len && list->items.items[i]->kind != AST_PAT_REST) i++;
    return i;
}

/* ---- heads */

static void add_head(Cover *cover, Heads *heads, Head head) {
    vec_push(cover->arena, heads, head);
}

static int compare_ints(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* The place in ascending numbers of one that is there. */
static size_t find_int(const int64_t *numbers, size_t count, int64_t wanted) {
    size_t low = 0, high = count;
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        if (numbers[middle] <= wanted)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The intervals between which no pattern of the column makes a difference. */
static void int_heads(Cover *cover, const Cells *column, Heads *heads) {
    VEC(int64_t) starts = {0};
    vec_push(cover->arena, &starts, INT64_MIN);
    for (size_t i = 0; i < column->len; i++) {
        int64_t low, high;
        if (is_wild(column->items[i]) || !is_int_pattern(column->items[i]) || !int_bounds(column->items[i], &low, &high)) continue;
        vec_push(cover->arena, &starts, low);
        if (high < INT64_MAX) vec_push(cover->arena, &starts, high + 1);
    }
    qsort(starts.items, starts.len, sizeof *starts.items, compare_ints);
    size_t count = 0;
    for (size_t i = 0; i < starts.len; i++)
        if (count == 0 || starts.items[i] != starts.items[count - 1]) starts.items[count++] = starts.items[i];
    int64_t *changes = arena_array(cover->arena, int64_t, count + 1); /* in how many patterns lie over an interval */
    for (size_t i = 0; i < column->len; i++) {
        int64_t low, high;
        if (is_wild(column->items[i]) || !is_int_pattern(column->items[i]) || !int_bounds(column->items[i], &low, &high)) continue;
        changes[find_int(starts.items, count, low)]++;
        changes[find_int(starts.items, count, high) + 1]--;
    }
    int64_t open = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t high = i + 1 < count ? starts.items[i + 1] - 1 : INT64_MAX;
        open += changes[i];
        add_head(cover, heads, (Head){.kind = HEAD_INT, .low = starts.items[i], .high = high, .is_unnamed = open == 0});
    }
}

/* Of literals there are always others, and those decide where everything is asked for: see useful_column. */
static void value_heads(Cover *cover, Ast *query, Heads *heads) {
    if (is_wild(query))
        add_head(cover, heads, (Head){.kind = HEAD_VALUE, .is_unnamed = true});
    else if (query->kind == AST_PAT_LITERAL)
        add_head(cover, heads, (Head){.kind = HEAD_VALUE, .literal = literal_of(query)});
}

/* Each length up to the longest that is told apart, and all lists that are longer. */
static void list_heads(Cover *cover, const Cells *column, Heads *heads) {
    size_t longest = 0;
    for (size_t i = 0; i < column->len; i++) {
        if (is_wild(column->items[i]) || column->items[i]->kind != AST_PAT_LIST) continue;
        const AstPatList *list = ast_as(PatList, column->items[i]);
        size_t told = rest_position(list) < list->items.len ? list->items.len - 1 : list->items.len + 1;
        longest = told > longest ? told : longest;
    }
    for (size_t len = 0; len <= longest; len++) {
        cover->work += len;
        add_head(cover, heads, (Head){.kind = HEAD_LIST, .low = (int64_t)len, .is_open = len == longest, .arity = len});
    }
}

static void data_heads(Cover *cover, const Symbol *constructor, Heads *heads) {
    const AstTypeDecl *decl = (const AstTypeDecl *)constructor->type->decl;
    for (size_t i = 0; i < decl->constructors.len; i++) {
        const Symbol *symbol = decl->constructors.items[i]->symbol;
        add_head(cover, heads, (Head){.kind = HEAD_DATA, .constructor = symbol, .arity = symbol ? symbol->fields.len : 0});
    }
}

/* The heads of a column, by its first cell that is not wild; none where all are. The last cell is the question's: heads that it
 * does not admit may be left out. */
static Heads heads_of(Cover *cover, const Cells *column) {
    Heads heads = {0};
    Ast *cell = NULL, *query = vec_last(column);
    for (size_t i = 0; i < column->len && !cell; i++)
        if (!is_wild(column->items[i])) cell = column->items[i];
    if (!cell) return heads;
    switch (cell->kind) {
    case AST_PAT_TUPLE: add_head(cover, &heads, (Head){.kind = HEAD_TUPLE, .arity = ast_as(PatTuple, cell)->items.len}); break;
    case AST_PAT_SOME:
    case AST_PAT_NONE:
        add_head(cover, &heads, (Head){.kind = HEAD_SOME, .arity = 1});
        add_head(cover, &heads, (Head){.kind = HEAD_NONE});
        break;
    case AST_PAT_LIST: list_heads(cover, column, &heads); break;
    case AST_PAT_CONSTRUCTOR: data_heads(cover, cell->symbol, &heads); break;
    case AST_PAT_LITERAL:
    case AST_PAT_RANGE:
        if (is_int_pattern(cell) && !is_wild(query) && query->kind == AST_PAT_LITERAL) {
            int64_t value = int_of(literal_of(query));
            add_head(cover, &heads, (Head){.kind = HEAD_INT, .low = value, .high = value});
        } else if (is_int_pattern(cell)) {
            int_heads(cover, column, &heads);
        } else if (literal_of(cell)->kind == AST_BOOL_LIT) {
            add_head(cover, &heads, (Head){.kind = HEAD_BOOL, .low = false});
            add_head(cover, &heads, (Head){.kind = HEAD_BOOL, .low = true});
        } else {
            value_heads(cover, query, &heads);
        }
        break;
    default: break;
    }
    return heads;
}

/* ---- taking cells apart */

static bool list_admits(const AstPatList *list, const Head *head) {
    size_t rest = rest_position(list);
    if (rest == list->items.len) return !head->is_open && head->arity == rest;
    return head->arity + 1 >= list->items.len;
}

static bool cell_admits(Ast *cell, const Head *head) {
    if (is_wild(cell)) return true;
    int64_t low, high;
    switch (head->kind) {
    case HEAD_TUPLE: return cell->kind == AST_PAT_TUPLE && ast_as(PatTuple, cell)->items.len == head->arity;
    case HEAD_SOME: return cell->kind == AST_PAT_SOME;
    case HEAD_NONE: return cell->kind == AST_PAT_NONE;
    case HEAD_BOOL:
        return cell->kind == AST_PAT_LITERAL && literal_of(cell)->kind == AST_BOOL_LIT &&
               ast_as(BoolLit, literal_of(cell))->value == (head->low != 0);
    case HEAD_INT: return is_int_pattern(cell) && int_bounds(cell, &low, &high) && low <= head->low && head->high <= high;
    case HEAD_VALUE: return head->literal && cell->kind == AST_PAT_LITERAL && is_same_literal(literal_of(cell), head->literal);
    case HEAD_LIST: return cell->kind == AST_PAT_LIST && list_admits(ast_as(PatList, cell), head);
    case HEAD_DATA: return cell->kind == AST_PAT_CONSTRUCTOR && cell->symbol == head->constructor;
    }
    return false;
}

/* The cell's patterns for the parts of a head that it admits. */
static void cell_parts(Ast *cell, const Head *head, Ast **parts) {
    for (size_t i = 0; i < head->arity; i++) parts[i] = NULL;
    if (is_wild(cell)) return;
    switch (cell->kind) {
    case AST_PAT_SOME: parts[0] = ast_as(PatSome, cell)->pattern; break;
    case AST_PAT_TUPLE:
        for (size_t i = 0; i < head->arity; i++) parts[i] = ast_as(PatTuple, cell)->items.items[i];
        break;
    case AST_PAT_CONSTRUCTOR:
        for (size_t i = 0; i < head->arity && cell->use && i < cell->use->args.len; i++) parts[i] = cell->use->args.items[i];
        break;
    case AST_PAT_LIST: {
        const AstPatList *list = ast_as(PatList, cell);
        size_t rest = rest_position(list), count = list->items.len;
        for (size_t i = 0; i < rest; i++) parts[i] = list->items.items[i];
        for (size_t i = rest + 1; i < count; i++) parts[head->arity - (count - i)] = list->items.items[i];
        break;
    }
    default: break;
    }
}

/* The row with the head's parts in the place of its first cell; `width` cells follow that. */
static Row take_apart(Cover *cover, const Row *row, const Head *head, size_t width) {
    Row apart = {.cells = arena_array(cover->arena, Ast *, head->arity + width + 1)};
    cell_parts(row->cells[0], head, apart.cells);
    memcpy(apart.cells + head->arity, row->cells + 1, width * sizeof *apart.cells);
    cover->work += head->arity + width + 1;
    return apart;
}

/* Rows that begin with alternatives become one row for each. */
static Rows split_alternatives(Cover *cover, const Rows *rows, size_t width) {
    VEC(Row) split = {0};
    VEC(Row) open = {0};
    for (size_t i = rows->len; i-- > 0;) vec_push(cover->arena, &open, rows->items[i]);
    while (open.len > 0) {
        Row row = vec_pop(&open);
        if (!row.cells[0] || row.cells[0]->kind != AST_PAT_ALTERNATIVES) {
            vec_push(cover->arena, &split, row);
            continue;
        }
        const AstList *items = &ast_as(PatAlternatives, row.cells[0])->items;
        for (size_t i = items->len; i-- > 0;) {
            Row one = {.cells = arena_array(cover->arena, Ast *, width)};
            memcpy(one.cells, row.cells, width * sizeof *one.cells);
            one.cells[0] = items->items[i];
            cover->work += width;
            vec_push(cover->arena, &open, one);
        }
    }
    return (Rows){.items = split.items, .len = split.len};
}

/* ---- examples */

static void text_parts(Buf *text, const char *open, const char *const *parts, size_t count, const char *close) {
    buf_add_text(text, open);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) buf_add_text(text, ", ");
        buf_add_text(text, parts[i]);
    }
    buf_add_text(text, close);
}

static const char *head_text(Cover *cover, const Head *head, const char *const *parts) {
    Buf text = {0};
    switch (head->kind) {
    case HEAD_TUPLE: text_parts(&text, "(", parts, head->arity, ")"); break;
    case HEAD_SOME: text_parts(&text, "some(", parts, 1, ")"); break;
    case HEAD_NONE: buf_add_text(&text, "none"); break;
    case HEAD_BOOL: buf_add_text(&text, head->low ? "true" : "false"); break;
    case HEAD_INT: buf_printf(&text, "%lld", (long long)(head->low > 0 ? head->low : head->high < 0 ? head->high : 0)); break;
    case HEAD_VALUE: buf_add_text(&text, "_"); break;
    case HEAD_LIST: text_parts(&text, "[", parts, head->arity, !head->is_open ? "]" : head->arity ? ", ...]" : "...]"); break;
    case HEAD_DATA:
        buf_add_text(&text, head->constructor->name);
        if (head->arity > 0) text_parts(&text, "(", parts, head->arity, ")");
        break;
    }
    const char *copy = arena_strndup(cover->texts, text.data, text.len);
    buf_free(&text);
    return copy;
}

/* ---- the question */

static bool useful(Cover *cover, Rows rows, Row query, size_t width, const char **example);

/* Marks the heads that no cell names. */
static bool has_unnamed(Cover *cover, const Cells *column, Heads *heads, size_t *which) {
    for (size_t i = 0; i < heads->len; i++) {
        Head *head = &heads->items[i];
        if (head->kind != HEAD_INT && head->kind != HEAD_VALUE) {
            bool is_named = false;
            for (size_t j = 0; j < column->len && !is_named; j++)
                is_named = !is_wild(column->items[j]) && cell_admits(column->items[j], head);
            cover->work += column->len;
            head->is_unnamed = !is_named;
        }
        *which = i;
        if (head->is_unnamed) return true;
    }
    return false;
}

static bool useful_under(Cover *cover, const Rows *rows, const Row *query, const Head *head, size_t width, const char **example) {
    Rows apart = {.items = arena_array(cover->arena, Row, rows->len + 1)};
    for (size_t i = 0; i < rows->len; i++) {
        cover->work++;
        if (cell_admits(rows->items[i].cells[0], head))
            apart.items[apart.len++] = take_apart(cover, &rows->items[i], head, width - 1);
    }
    size_t parts = head->arity + width - 1;
    const char **texts = arena_array(cover->arena, const char *, parts + 1);
    if (!useful(cover, apart, take_apart(cover, query, head, width - 1), parts, texts)) return false;
    example[0] = head_text(cover, head, texts);
    memcpy(example + 1, texts + head->arity, (width - 1) * sizeof *example);
    return true;
}

static bool useful_column(Cover *cover, Rows rows, Row query, size_t width, const char **example) {
    Cells column = {0};
    rows = split_alternatives(cover, &rows, width);
    for (size_t i = 0; i < rows.len; i++) vec_push(cover->arena, &column, rows.items[i].cells[0]);
    vec_push(cover->arena, &column, query.cells[0]);
    Heads heads = heads_of(cover, &column);
    if (heads.len == 0) { /* everything matches everything */
        for (size_t i = 0; i < rows.len; i++) rows.items[i].cells++;
        query.cells++;
        example[0] = "_";
        return useful(cover, rows, query, width - 1, example + 1);
    }
    size_t unnamed;
    /* Rows that take what none names take everything: where they leave nothing of that, they leave nothing at all. */
    if (is_wild(query.cells[0]) && has_unnamed(cover, &column, &heads, &unnamed))
        return useful_under(cover, &rows, &query, &heads.items[unnamed], width, example);
    for (size_t i = 0; i < heads.len && !cover->is_too_complex; i++) {
        if (cell_admits(query.cells[0], &heads.items[i]) && useful_under(cover, &rows, &query, &heads.items[i], width, example))
            return true;
    }
    return false;
}

static bool useful(Cover *cover, Rows rows, Row query, size_t width, const char **example) {
    if (cover->work > cover->limit || cover->depth > DEPTH_LIMIT) cover->is_too_complex = true;
    if (cover->is_too_complex) return false;
    if (width == 0) return rows.len == 0;
    cover->depth++;
    bool answer = false;
    if (query.cells[0] && query.cells[0]->kind == AST_PAT_ALTERNATIVES) {
        const AstList *items = &ast_as(PatAlternatives, query.cells[0])->items;
        for (size_t i = 0; i < items->len && !answer; i++) {
            Row one = {.cells = arena_array(cover->arena, Ast *, width)};
            memcpy(one.cells, query.cells, width * sizeof *one.cells);
            one.cells[0] = items->items[i];
            cover->work += width;
            answer = useful(cover, rows, one, width, example);
        }
    } else {
        answer = useful_column(cover, rows, query, width, example);
    }
    cover->depth--;
    return answer;
}

CoverAnswer cover_is_useful(Arena *arena, Ast *const *rows, size_t count, Ast *pattern, size_t *budget, const char **example) {
    if (*budget < count) return COVER_TOO_COMPLEX;
    Cover cover = {.arena = arena_new(), .texts = arena, .work = count, .limit = *budget};
    Rows all = {.items = arena_array(cover.arena, Row, count + 1), .len = count};
    for (size_t i = 0; i < count; i++) {
        all.items[i].cells = arena_array(cover.arena, Ast *, 1);
        all.items[i].cells[0] = rows[i];
    }
    Row query = {.cells = arena_array(cover.arena, Ast *, 1)};
    query.cells[0] = pattern;
    bool answer = useful(&cover, all, query, 1, example);
    arena_free(&cover.arena);
    *budget -= cover.work < *budget ? cover.work : *budget;
    if (cover.is_too_complex) return COVER_TOO_COMPLEX;
    return answer ? COVER_YES : COVER_NO;
}
