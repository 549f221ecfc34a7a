/* types.c: the descriptors of the few types that primitives make by themselves. Programs bring their own, which are equal in
 * content but not in address: nothing in the runtime compares types by address. */
#include "runtime/value/value.h"

const MrType type_unit = {.kind = MR_TUPLE, .is_flat = true, .size = 0, .align = 1, .name = "()"};
const MrType type_int = {.kind = MR_INT, .is_flat = true, .size = 8, .align = 8, .name = "int"};
const MrType type_float = {.kind = MR_FLOAT, .is_flat = true, .size = 8, .align = 8, .name = "float"};
const MrType type_bool = {.kind = MR_BOOL, .is_flat = true, .size = 1, .align = 1, .name = "bool"};
const MrType type_string = {.kind = MR_STRING, .size = sizeof(MrString), .align = 8, .name = "string"};
const MrType type_range = {.kind = MR_RANGE, .is_flat = true, .size = sizeof(MrRange), .align = 8, .name = "range"};

static const MrType *const only_string[] = {&type_string};
static const uint32_t at_start[] = {0};
const MrType type_string_list = {
    .kind = MR_LIST, .size = 8, .align = 8, .field_count = 1, .fields = only_string, .offsets = at_start, .name = "[string]"};
static const MrType *const only_int[] = {&type_int};
const MrType type_int_list = {
    .kind = MR_LIST, .size = 8, .align = 8, .field_count = 1, .fields = only_int, .offsets = at_start, .name = "[int]"};
