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
    bool is_split; /* a second argument says what separates */
} PartsKind;

static const PartsKind *parts_kind(const CoreExpr *prim) {
    static const PartsKind kinds[] = {
        {"fields", RUNTIME_mr_next_field, false},
        {"chars", RUNTIME_mr_next_char, false},
        {"split", RUNTIME_mr_next_part, true},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].prim, prim->text) == 0) return &kinds[i];
    return NULL;
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

void for_parts(Frame *frame, const CoreExpr *expr) {
    Gen *gen = frame->gen;
    LLVMBuilderRef b = frame->builder;
    const CoreExpr *prim = expr->sources.items[0].expr;
    const PartsKind *kind = parts_kind(prim);
    LLVMValueRef text = walk_source(frame, prim->args.items[0]), separator = NULL;
    if (kind->is_split) {
        separator = frame_address(frame, walk_source(frame, prim->args.items[1]));
        frame_runtime_check(frame, RUNTIME_mr_split_begin, &separator, prim->span);
    }
    LLVMValueRef data = LLVMBuildExtractValue(b, text, 0, "data"), len = LLVMBuildExtractValue(b, text, 1, "len");
    LLVMValueRef owner = LLVMBuildExtractValue(b, text, 2, "owner");
    LLVMValueRef end = LLVMBuildInBoundsGEP2(b, gen->i8, data, &len, 1, "end");
    LLVMValueRef parts = parts_begin(frame, data), found = frame_variable(frame, gen->string, "part");
    LLVMBasicBlockRef head = frame_block(frame, "next"), body = frame_block(frame, "body"), done = frame_block(frame, "done");
    frame_jump(frame, head);
    frame_enter(frame, head);
    LLVMValueRef args[] = {parts, end, kind->is_split ? separator : found, found};
    bool splits_lines = kind->is_split && expr->sources.items[0].of_lines;
    LLVMValueRef is_there = frame_runtime(frame, splits_lines ? RUNTIME_mr_next_line_part : kind->next, args);
    frame_inline(frame, is_there);
    frame_branch(frame, is_there, body, done);
    frame_enter(frame, body);
    frame_bind_value(frame, expr->sources.items[0].var, part_found(frame, found, owner));
    if (expr->is_input && frame->position) part_locate(frame, found, data);
    Loop loop;
    loop_enter(frame, &loop, expr, done, head);
    gen_statement(frame, expr->args.items[0]);
    loop_leave(frame);
    frame_jump(frame, head);
    frame_enter(frame, done);
}
