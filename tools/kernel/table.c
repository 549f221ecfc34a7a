/* table.c: see table.h. A row is an element, or a key and its value; what is a record or a tuple in it has a column for each field.
 */
#include "tools/kernel/table.h"

#include <inttypes.h>

#include "runtime/include/abi.h"
#include "runtime/value/walk.h"

enum {
    MOST_ROWS = 60,
    MOST_COLUMNS = 30,
    CELL = 200 /* bytes of a value in the table */
};

/* The tuple that a row's part is, if it is to be taken apart: a tuple, or a record. */
static const MrType *tuple_of(const MrType *type) {
    const MrType *tuple = type->kind == MR_BOX ? type->fields[0] : type;
    bool is_sum = tuple->data && tuple->data->constructor_count != 1;
    return tuple->kind == MR_TUPLE && tuple->field_count > 0 && !is_sum ? tuple : NULL;
}

bool table_fits(const MrType *type) {
    if (type->kind == MR_MAP) return true;
    if (type->kind != MR_LIST && type->kind != MR_SET) return false;
    return tuple_of(type->fields[0]) || type->fields[0]->kind == MR_LIST;
}

static void write_text(Buf *out, const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '&': buf_add_text(out, "&amp;"); break;
        case '<': buf_add_text(out, "&lt;"); break;
        case '>': buf_add_text(out, "&gt;"); break;
        case '"': buf_add_text(out, "&quot;"); break;
        default: buf_add_char(out, text[i]);
        }
    }
}

/* Numbers at the right, all else at the left. A text stands as it is. */
static void write_cell(Buf *out, const void *value, const MrType *type) {
    bool is_number = type->kind == MR_INT || type->kind == MR_FLOAT;
    Buf text = {0};
    buf_printf(out, "<td style=\"text-align: %s\">", is_number ? "right" : "left");
    const MrString *string = value;
    if (type->kind == MR_STRING && string->len <= CELL)
        buf_add(&text, string->data, (size_t)string->len);
    else
        value_show_short(&text, value, type, CELL);
    write_text(out, text.data, text.len);
    buf_free(&text);
    buf_add_text(out, "</td>");
}

/* The columns of a row's part: one for each field, or for each element of a list, or one. */
static size_t write_part(Buf *out, const void *value, const MrType *type) {
    if (!tuple_of(type) && type->kind != MR_LIST) {
        write_cell(out, value, type);
        return 1;
    }
    Walk walk;
    char *place;
    const MrType *field;
    size_t columns = 0;
    walk_start(&walk);
    Run *run = walk_push(&walk, value, type);
    for (; columns < MOST_COLUMNS && run_next(run, &place, &field); columns++) write_cell(out, place, field);
    if (run_next(run, &place, &field)) buf_add_text(out, "<td>…</td>");
    walk_end(&walk);
    return columns;
}

static size_t write_row(Buf *out, Run *run) {
    size_t columns = 0;
    buf_add_text(out, "<tr>");
    for (uint32_t i = 0; i < run->field_count; i++) {
        char *place = run->base + run->index * (int64_t)run->stride + run->offsets[i];
        bool is_key = run->type->kind == MR_MAP && i == 0 && !tuple_of(run->fields[i]);
        if (is_key) {
            write_cell(out, place, run->fields[i]);
            columns++;
        } else {
            columns += write_part(out, place, run->fields[i]);
        }
    }
    buf_add_text(out, "</tr>\n");
    return columns;
}

static void write_names(Buf *out, const char *const *names, size_t count, size_t columns) {
    if (count == 0 || count > columns) return;
    buf_add_text(out, "<thead><tr>");
    for (size_t i = 0; i < columns - count; i++) buf_add_text(out, "<th></th>");
    for (size_t i = 0; i < count; i++) {
        buf_add_text(out, "<th>");
        write_text(out, names[i], strlen(names[i]));
        buf_add_text(out, "</th>");
    }
    buf_add_text(out, "</tr></thead>\n");
}

void table_write(const void *value, const MrType *type, const char *const *names, size_t name_count, Buf *out) {
    Walk walk;
    Buf rows = {0};
    size_t columns = 0;
    walk_start(&walk);
    if (type->kind != MR_LIST) mr_map_sorted(NULL, *(MrMap *const *)value, type);
    Run *run = walk_push(&walk, value, type);
    for (; run->index < run->count && run->index < MOST_ROWS; run->index++) columns = write_row(&rows, run);
    buf_add_text(out, "<table>\n");
    write_names(out, names, name_count, columns);
    buf_add_text(out, "<tbody>\n");
    buf_add(out, rows.data, rows.len);
    buf_add_text(out, "</tbody>\n</table>\n");
    if (run->count > MOST_ROWS) buf_printf(out, "<p>%d of %" PRId64 " rows</p>\n", MOST_ROWS, run->count);
    buf_free(&rows);
    walk_end(&walk);
}
