/* Loops: `while`, and `for` over everything that can be walked.
 *
 * Sequences whose length is known (ranges, lists, sets, maps, optionals) share one counted loop, which walks several together. The
 * words and lines of a string are found by a cursor, those of files by an outer loop over chunks and an inner one over each chunk.
 */
#include "compiler/llvm/loops.h"

#include <stddef.h>

void loop_enter(Frame *frame, Loop *loop, const CoreExpr *expr, LLVMBasicBlockRef break_to, LLVMBasicBlockRef continue_to) {
    *loop = (Loop){expr->loop, frame->loop, frame->scope, frame->scope, break_to, continue_to};
    frame->loop = loop;
}

void loop_leave(Frame *frame) {
    frame->loop = frame->loop->outer;
}

Value gen_while(Frame *frame, const CoreExpr *expr) {
    LLVMBasicBlockRef head = frame_block(frame, "while"), body = frame_block(frame, "body"), done = frame_block(frame, "done");
    Loop loop;
    frame_jump(frame, head);
    frame_enter(frame, head);
    frame_branch(frame, gen_condition(frame, expr->args.items[0]), body, done);
    frame_enter(frame, body);
    gen_check_interrupt(frame, expr->span);
    loop_enter(frame, &loop, expr, done, head);
    gen_statement(frame, expr->args.items[1]);
    loop_leave(frame);
    frame_jump(frame, head);
    frame_enter(frame, done);
    return value_unit(frame, expr->type);
}

/* ---- counted loops */

Count count_begin(Frame *frame, LLVMValueRef count) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMBasicBlockRef before = LLVMGetInsertBlock(b), head = frame_block(frame, "head");
    Count loop = {frame_block(frame, "body"), frame_block(frame, "next"), frame_block(frame, "done"), NULL};
    frame_jump(frame, head);
    frame_enter(frame, head);
    loop.index = LLVMBuildPhi(b, gen->i64, "index");
    LLVMAddIncoming(loop.index, (LLVMValueRef[]){gen_int(gen, 0)}, &before, 1);
    frame_branch(frame, LLVMBuildICmp(b, LLVMIntSLT, loop.index, count, ""), loop.body, loop.done);
    frame_enter(frame, loop.next);
    LLVMValueRef next = LLVMBuildNSWAdd(b, loop.index, gen_int(gen, 1), "");
    LLVMAddIncoming(loop.index, &next, &loop.next, 1);
    frame_jump(frame, head);
    frame_enter(frame, loop.body);
    return loop;
}

void count_end(Frame *frame, const Count *count) {
    frame_jump(frame, count->next);
    frame_enter(frame, count->done);
}

LLVMValueRef walk_element(Frame *frame, const Walk *walk, LLVMValueRef index) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    switch (walk->kind) {
    case CORE_SOURCE_RANGE: return LLVMBuildAdd(b, walk->first, LLVMBuildMul(b, index, walk->step, ""), "element");
    case CORE_SOURCE_OPTIONAL: return walk->data;
    case CORE_SOURCE_SET:
    case CORE_SOURCE_MAP: {
        LLVMTypeRef type = gen_entry_type(gen, walk->type);
        LLVMValueRef entry = LLVMBuildInBoundsGEP2(b, type, walk->data, &index, 1, "entry");
        LLVMValueRef key = gen_load(frame, walk->type->args[0], LLVMBuildStructGEP2(b, type, entry, 1, ""));
        if (walk->kind == CORE_SOURCE_SET) return key;
        LLVMValueRef value = gen_load(frame, walk->type->args[1], LLVMBuildStructGEP2(b, type, entry, 2, ""));
        LLVMValueRef pair = LLVMConstNull(gen_type(gen, gen_tuple(gen, (const CoreType *const *)walk->type->args, 2)));
        return LLVMBuildInsertValue(b, LLVMBuildInsertValue(b, pair, key, 0, ""), value, 1, "");
    }
    default: {
        const CoreType *element = walk->type->args[0];
        return gen_load(frame, element, LLVMBuildInBoundsGEP2(b, gen_type(gen, element), walk->data, &index, 1, ""));
    }
    }
}

LLVMValueRef walk_source(Frame *frame, const CoreExpr *expr) {
    Value value = gen_expr(frame, expr);
    const CoreVar *root = expr_root(expr);
    if (!root || root->is_mutable) value_secure(frame, &value);
    return value_read(frame, &value);
}

Walk walk_begin(Frame *frame, const CoreSource *source) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    Walk walk = {.kind = source->kind, .type = source->expr->type};
    LLVMValueRef value = walk_source(frame, source->expr);
    switch (source->kind) {
    case CORE_SOURCE_RANGE:
        walk.first = LLVMBuildExtractValue(b, value, 0, "first");
        walk.count = LLVMBuildExtractValue(b, value, 1, "count");
        walk.step = LLVMBuildExtractValue(b, value, 2, "step");
        walk.may_be_open = source->expr->kind != CORE_RANGE || source->expr->args.len < 2;
        break;
    case CORE_SOURCE_SET:
    case CORE_SOURCE_MAP:
        walk.count = frame_runtime(frame, RUNTIME_mr_map_len, (LLVMValueRef[]){value});
        walk.data = frame_runtime(frame, RUNTIME_mr_map_sorted, (LLVMValueRef[]){value, gen_descriptor(gen, walk.type)});
        break;
    case CORE_SOURCE_OPTIONAL:
        walk.count = LLVMBuildZExt(b, LLVMBuildExtractValue(b, value, 0, "tag"), gen->i64, "");
        walk.data = LLVMBuildExtractValue(b, value, 1, "");
        break;
    default: {
        walk.count = gen_list_len(frame, value);
        LLVMBasicBlockRef before = LLVMGetInsertBlock(b), some = frame_block(frame, "some"), done = frame_block(frame, "data");
        frame_branch(frame, LLVMBuildIsNull(b, value, ""), done, some);
        frame_enter(frame, some);
        LLVMValueRef data = gen_load_at(frame, gen->ptr, value, offsetof(MrList, data));
        frame_jump(frame, done);
        frame_enter(frame, done);
        walk.data = LLVMBuildPhi(b, gen->ptr, "data");
        LLVMAddIncoming(walk.data, (LLVMValueRef[]){LLVMConstNull(gen->ptr), data}, (LLVMBasicBlockRef[]){before, some}, 2);
        break;
    }
    }
    return walk;
}

/* The common length of all; a range that turns out to be open has the length of the others. */
static LLVMValueRef common_count(Frame *frame, const CoreExpr *expr, const Walk *walks, size_t count) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMValueRef len = walks[0].count, open = gen_int(gen, MR_OPEN);
    for (size_t i = 1; i < count; i++) {
        LLVMValueRef other = walks[i].count;
        LLVMValueRef is_open = LLVMBuildICmp(b, LLVMIntEQ, len, open, ""),
                     other_is_open = LLVMBuildICmp(b, LLVMIntEQ, other, open, "");
        LLVMValueRef differs = LLVMBuildICmp(b, LLVMIntNE, len, other, "");
        LLVMValueRef any_open = LLVMBuildOr(b, is_open, other_is_open, "");
        LLVMBasicBlockRef usual = frame_if_rare(frame, LLVMBuildAnd(b, differs, LLVMBuildNot(b, any_open, ""), ""));
        frame_runtime(frame, RUNTIME_mr_fail_lengths, (LLVMValueRef[]){len, other});
        frame_raise(frame, expr->sources.items[i].span, usual);
        len = LLVMBuildSelect(b, is_open, other, len, "");
    }
    return len;
}

/* How many of the `len` elements there are before an open range among them comes to the end of the ints. */
static LLVMValueRef count_before_overflow(Frame *frame, const Walk *walks, size_t count, LLVMValueRef len) {
    LLVMBuilderRef b = frame->builder;
    for (size_t i = 0; i < count; i++) {
        if (!walks[i].may_be_open) continue;
        LLVMValueRef args[] = {walks[i].first, walks[i].count, walks[i].step};
        LLVMValueRef room = frame_runtime(frame, RUNTIME_mr_range_room, args);
        len = LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntSLT, room, len, ""), room, len, "");
    }
    return len;
}

/* The loop has walked all elements that there are: where these are not all that it should walk, an open range went past the ints.
 */
static void check_all_walked(Frame *frame, LLVMValueRef walked, LLVMValueRef len, Span span) {
    LLVMBasicBlockRef usual = frame_if_rare(frame, LLVMBuildICmp(frame->builder, LLVMIntNE, walked, len, ""));
    frame_runtime(frame, RUNTIME_mr_fail_overflow,
                  (LLVMValueRef[]){gen_int(frame->gen, '+'), gen_int(frame->gen, INT64_MAX), gen_int(frame->gen, 1)});
    frame_raise(frame, span, usual);
}

static void for_counted(Frame *frame, const CoreExpr *expr) {
    size_t count = expr->sources.len;
    Walk *walks = arena_array(frame->gen->arena, Walk, count);
    for (size_t i = 0; i < count; i++) walks[i] = walk_begin(frame, &expr->sources.items[i]);
    LLVMValueRef len = common_count(frame, expr, walks, count);
    LLVMValueRef walked = count_before_overflow(frame, walks, count, len);
    Count counted = count_begin(frame, walked);
    LLVMBasicBlockRef after = frame_block(frame, "after");
    for (size_t i = 0; i < count; i++) {
        frame_bind_value(frame, expr->sources.items[i].var, walk_element(frame, &walks[i], counted.index));
    }
    Loop loop;
    if (!expr->is_chunk) gen_check_interrupt(frame, expr->span);
    loop_enter(frame, &loop, expr, after, counted.next);
    gen_statement(frame, expr->args.items[0]);
    loop_leave(frame);
    count_end(frame, &counted);
    if (walked != len) check_all_walked(frame, walked, len, expr->span);
    frame_jump(frame, after);
    frame_enter(frame, after);
}

/* ---- texts */

/* Walks the words or lines of a string. Each is a slice with the string's own owner, so that it can be kept beyond the loop. */
static void for_pieces(Frame *frame, const CoreExpr *expr, LLVMValueRef text, bool by_lines) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    LLVMTypeRef cursor_type =
        LLVMStructTypeInContext(gen->llvm, (LLVMTypeRef[]){gen->ptr, gen->ptr, gen->i64, gen->ptr, gen->ptr, gen->ptr}, 6, 0);
    LLVMValueRef cursor = frame_variable(frame, cursor_type, "cursor"), piece = frame_variable(frame, gen->string, "piece");
    LLVMValueRef data = LLVMBuildExtractValue(b, text, 0, "data"), len = LLVMBuildExtractValue(b, text, 1, "len");
    LLVMValueRef owner = LLVMBuildExtractValue(b, text, 2, "owner");
    LLVMValueRef end = LLVMBuildInBoundsGEP2(b, gen->i8, data, &len, 1, "end");
    LLVMBuildStore(b, LLVMConstNull(cursor_type), cursor);
    gen_store_at(frame, data, cursor, offsetof(MrCursor, next));
    LLVMValueRef room = frame_variable(frame, LLVMArrayType2(gen->i64, sizeof(MrSpans) / sizeof(int64_t)), "room");
    gen_store_at(frame, room, cursor, offsetof(MrCursor, room));
    LLVMBasicBlockRef head = frame_block(frame, "next"), body = frame_block(frame, "body"), done = frame_block(frame, "done");
    frame_jump(frame, head);
    frame_enter(frame, head);
    RuntimeFunction next = by_lines ? RUNTIME_mr_next_line : RUNTIME_mr_next_word;
    LLVMValueRef is_there = frame_runtime(frame, next, (LLVMValueRef[]){cursor, end, piece});
    frame_inline(frame, is_there);
    frame_branch(frame, is_there, body, done);
    frame_enter(frame, body);
    LLVMValueRef from = gen_load_at(frame, gen->ptr, piece, offsetof(MrString, data));
    LLVMValueRef size = gen_load_at(frame, gen->i64, piece, offsetof(MrString, len));
    LLVMValueRef element = LLVMConstNull(gen->string);
    element = LLVMBuildInsertValue(b, element, from, 0, "");
    element = LLVMBuildInsertValue(b, element, size, 1, "");
    element = LLVMBuildInsertValue(b, element, owner, 2, "");
    frame_bind_value(frame, expr->sources.items[0].var, element);
    if (expr->is_input && frame->position) {
        LLVMValueRef offset =
            LLVMBuildSub(b, LLVMBuildPtrToInt(b, from, gen->i64, ""), LLVMBuildPtrToInt(b, data, gen->i64, ""), "");
        LLVMBuildStore(b, offset, frame->position);
    }
    Loop loop;
    loop_enter(frame, &loop, expr, done, head);
    gen_statement(frame, expr->args.items[0]);
    loop_leave(frame);
    frame_jump(frame, head);
    frame_enter(frame, done);
}

/* Walks text files on this thread, chunk by chunk. The cursor lies in a slot, so that every way out closes it. */
static void for_files(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    const CoreSource *source = &expr->sources.items[0];
    bool by_lines = source->kind == CORE_SOURCE_TEXT_LINES;
    LLVMValueRef paths = walk_source(frame, source->expr);
    Slot *cursor = frame_slot(frame, NULL);
    LLVMValueRef out = frame_variable(frame, gen->ptr, "opened");
    LLVMValueRef chunk = frame_variable(frame, gen->string, "chunk"), is_there = frame_variable(frame, gen->i8, "is_there");
    frame_runtime_check(frame, RUNTIME_mr_text_open, (LLVMValueRef[]){out, paths, gen_flag(gen, by_lines)}, source->span);
    LLVMValueRef opened = LLVMBuildLoad2(b, gen->ptr, out, "");
    LLVMBuildStore(b, opened, cursor->address);
    LLVMBasicBlockRef head = frame_block(frame, "chunk"), body = frame_block(frame, "pieces"), done = frame_block(frame, "end");
    frame_jump(frame, head);
    frame_enter(frame, head);
    frame_runtime_check(frame, RUNTIME_mr_text_next, (LLVMValueRef[]){opened, chunk, is_there}, source->span);
    frame_branch(frame, gen_test(frame, LLVMBuildLoad2(b, gen->i8, is_there, "")), body, done);
    frame_enter(frame, body);
    bool outer_walks_text = frame->walks_text;
    frame->walks_text = true;
    Loop loop;
    loop_enter(frame, &loop, expr, done, head);
    frame_bind_value(frame, source->var, LLVMBuildLoad2(b, gen->string, chunk, ""));
    gen_statement(frame, expr->args.items[0]);
    loop_leave(frame);
    frame->walks_text = outer_walks_text;
    frame_jump(frame, head);
    frame_enter(frame, done);
}

Value gen_for(Frame *frame, const CoreExpr *expr) {
    Scope scope;
    scope_enter(frame, &scope);
    switch (expr->sources.items[0].kind) {
    case CORE_SOURCE_WORDS_IN: for_pieces(frame, expr, walk_source(frame, expr->sources.items[0].expr), false); break;
    case CORE_SOURCE_LINES_IN: for_pieces(frame, expr, walk_source(frame, expr->sources.items[0].expr), true); break;
    case CORE_SOURCE_PARTS: for_parts(frame, expr); break;
    case CORE_SOURCE_TEXT_WORDS:
    case CORE_SOURCE_TEXT_LINES: for_files(frame, expr); break;
    case CORE_SOURCE_STREAM: gen_for_stream(frame, expr); break;
    default: for_counted(frame, expr); break;
    }
    scope_leave(frame);
    return value_unit(frame, expr->type);
}
