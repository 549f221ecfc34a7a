/* parts.c: loops over the parts of a text, which are found one by one (core/parts.c).
 *
 * Each part is a slice with the text's own owner, so that it can be kept beyond the loop. What finds the next one is a function of
 * the runtime's that is inlined into the loop; it has its state in a variable of the frame. */
#include "compiler/llvm/loops.h"

#include <stddef.h>
#include <string.h>

typedef struct PartsKind {
    const char *prim;
    RuntimeFunction next;
} PartsKind;

/* A walk through the parts of a text. */
typedef struct Parts {
    const PartsKind *kind;
    LLVMValueRef data, end, owner; /* of the text */
    LLVMValueRef by;               /* the address of what separates parts, or of a pattern; NULL: there is none */
    LLVMValueRef found;            /* the address of the part that was found last */
    LLVMBasicBlockRef head, done;
} Parts;

static const PartsKind *parts_kind(const CoreExpr *prim) {
    static const PartsKind kinds[] = {
        {"fields", RUNTIME_mr_next_field},
        {"chars", RUNTIME_mr_next_char},
        {"split", RUNTIME_mr_next_part},
        {"find_all", RUNTIME_mr_next_found},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].prim, prim->text) == 0) return &kinds[i];
    return NULL;
}

/* The same where parts are looked for some hundreds at a time. */
static LLVMValueRef cursor_begin(Frame *frame, LLVMValueRef data) {
    Gen *gen = frame->gen;
    LLVMTypeRef fields[] = {gen->ptr, gen->ptr, gen->i64, gen->ptr, gen->ptr, gen->ptr};
    LLVMTypeRef type = LLVMStructTypeInContext(gen->llvm, fields, 6, 0);
    LLVMTypeRef room = LLVMArrayType2(gen->i64, sizeof(MrSpans) / sizeof(int64_t));
    LLVMValueRef cursor = frame_variable(frame, type, "cursor");
    LLVMBuildStore(frame->builder, LLVMConstNull(type), cursor);
    gen_store_at(frame, data, cursor, offsetof(MrCursor, next));
    gen_store_at(frame, frame_variable(frame, room, "room"), cursor, offsetof(MrCursor, room));
    return cursor;
}

/* A walk that stands at the beginning of the text. */
static LLVMValueRef parts_begin(Frame *frame, LLVMValueRef data) {
    Gen *gen = frame->gen;
    LLVMTypeRef fields[] = {gen->ptr, gen->ptr, gen->ptr, gen->i64, gen->i64};
    LLVMTypeRef type = LLVMStructTypeInContext(gen->llvm, fields, 5, 0);
    LLVMValueRef parts = frame_variable(frame, type, "parts");
    LLVMBuildStore(frame->builder, LLVMConstNull(type), parts);
    gen_store_at(frame, data, parts, offsetof(MrParts, begin));
    gen_store_at(frame, data, parts, offsetof(MrParts, from));
    gen_store_at(frame, data, parts, offsetof(MrParts, next));
    return parts;
}

/* What was found, as a slice of the text. */
static LLVMValueRef part_found(Frame *frame, LLVMValueRef found, LLVMValueRef owner) {
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef from = gen_load_at(frame, frame->gen->ptr, found, offsetof(MrString, data));
    LLVMValueRef size = gen_load_at(frame, frame->gen->i64, found, offsetof(MrString, len));
    LLVMValueRef part = LLVMBuildInsertValue(b, LLVMConstNull(frame->gen->string), from, 0, "");
    return LLVMBuildInsertValue(b, LLVMBuildInsertValue(b, part, size, 1, ""), owner, 2, "");
}

/* Where in its input the job is. */
static void part_locate(Frame *frame, LLVMValueRef found, LLVMValueRef data) {
    LLVMBuilderRef b = frame->builder;
    LLVMTypeRef number = frame->gen->i64;
    LLVMValueRef from = LLVMBuildPtrToInt(b, gen_load_at(frame, frame->gen->ptr, found, offsetof(MrString, data)), number, "");
    LLVMBuildStore(b, LLVMBuildSub(b, from, LLVMBuildPtrToInt(b, data, number, ""), ""), frame->position);
}

/* The loop's body for the part that was found, behind which it goes on at `head`. */
static void part_body(Frame *frame, const CoreExpr *expr, const Parts *parts) {
    frame_bind_value(frame, expr->sources.items[0].var, part_found(frame, parts->found, parts->owner));
    if (expr->is_input && frame->position) part_locate(frame, parts->found, parts->data);
    Loop loop;
    loop_enter(frame, &loop, expr, parts->done, parts->head);
    gen_statement(frame, expr->args.items[0]);
    loop_leave(frame);
    frame_jump(frame, parts->head);
    frame_enter(frame, parts->done);
}

/* Matches are found some at a time, by a function that may fail; of each other one just its place is taken. */
static void next_match(Frame *frame, const CoreSource *source, const Parts *parts, LLVMBasicBlockRef body) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMTypeRef bytes = LLVMArrayType2(gen->i64, sizeof(MrMatches) / sizeof(int64_t));
    LLVMTypeRef room = LLVMArrayType2(gen->i64, sizeof(MrSpans) / sizeof(int64_t));
    LLVMValueRef matches = frame_variable(frame, bytes, "matches");
    LLVMBuildStore(b, LLVMConstNull(bytes), matches);
    gen_store_at(frame, parts->data, matches, offsetof(MrMatches, rest));
    gen_store_at(frame, frame_variable(frame, room, "room"), matches, offsetof(MrMatches, found) + offsetof(MrCursor, room));
    LLVMBasicBlockRef more = frame_block(frame, "more"), one = frame_block(frame, "one");
    frame_jump(frame, parts->head);
    frame_enter(frame, parts->head);
    LLVMValueRef is_there = frame_runtime(frame, RUNTIME_mr_next_found, (LLVMValueRef[]){matches, parts->found});
    frame_inline(frame, is_there);
    frame_branch(frame, is_there, body, more);
    frame_enter(frame, more);
    LLVMValueRef args[] = {matches, parts->end, parts->by, gen_flag(gen, source->of_lines), parts->found};
    frame_runtime_check(frame, RUNTIME_mr_matches_look, args, source->expr->span);
    LLVMValueRef at = gen_load_at(frame, gen->ptr, matches, offsetof(MrMatches, found) + offsetof(MrCursor, at));
    LLVMValueRef stop = gen_load_at(frame, gen->ptr, matches, offsetof(MrMatches, found) + offsetof(MrCursor, stop));
    frame_branch(frame, LLVMBuildICmp(b, LLVMIntNE, at, stop, ""), parts->head, one);
    frame_enter(frame, one);
    LLVMValueRef data = gen_load_at(frame, gen->ptr, parts->found, offsetof(MrString, data));
    frame_branch(frame, LLVMBuildIsNull(b, data, ""), parts->done, body);
    frame_enter(frame, body);
}

static void next_part(Frame *frame, const CoreSource *source, const Parts *parts, LLVMBasicBlockRef body) {
    RuntimeFunction next = parts->kind->next;
    if (source->of_lines && next == RUNTIME_mr_next_part)
        next = source->expr->args.items[1]->text_len == 1 ? RUNTIME_mr_next_line_cut : RUNTIME_mr_next_line_part;
    if (source->of_lines && next == RUNTIME_mr_next_field) next = RUNTIME_mr_next_line_field;
    bool is_cursor = next == RUNTIME_mr_next_line_field || next == RUNTIME_mr_next_line_cut;
    LLVMValueRef walk = (is_cursor ? cursor_begin : parts_begin)(frame, parts->data);
    frame_jump(frame, parts->head);
    frame_enter(frame, parts->head);
    LLVMValueRef args[] = {walk, parts->end, parts->by ? parts->by : parts->found, parts->found};
    LLVMValueRef is_there = frame_runtime(frame, next, args);
    frame_inline(frame, is_there);
    frame_branch(frame, is_there, body, parts->done);
    frame_enter(frame, body);
}

void for_parts(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    const CoreSource *source = &expr->sources.items[0];
    const CoreExpr *prim = source->expr;
    Parts parts = {.kind = parts_kind(prim)};
    LLVMValueRef text = walk_source(frame, prim->args.items[0]);
    if (prim->args.len > 1) parts.by = frame_address(frame, walk_source(frame, prim->args.items[1]));
    bool is_split = parts.by && parts.kind->next == RUNTIME_mr_next_part;
    if (is_split) frame_runtime_check(frame, RUNTIME_mr_split_begin, &parts.by, prim->span);
    LLVMValueRef len = LLVMBuildExtractValue(b, text, 1, "len");
    parts.data = LLVMBuildExtractValue(b, text, 0, "data");
    parts.owner = LLVMBuildExtractValue(b, text, 2, "owner");
    parts.end = LLVMBuildInBoundsGEP2(b, gen->i8, parts.data, &len, 1, "end");
    parts.found = frame_variable(frame, gen->string, "part");
    parts.head = frame_block(frame, "next");
    LLVMBasicBlockRef body = frame_block(frame, "body");
    parts.done = frame_block(frame, "done");
    (parts.kind->next == RUNTIME_mr_next_found ? next_match : next_part)(frame, source, &parts, body);
    part_body(frame, expr, &parts);
}
