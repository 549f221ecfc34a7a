/* fields.c: numbers, choices and texts as bytes. */
#include "runtime/net/fields.h"

#include <string.h>

uint64_t wire_number(Wire *wire, uint64_t value, unsigned size) {
    if (wire->writes) {
        for (unsigned i = 0; i < size; i++) *wire->out++ = (uint8_t)(value >> 8 * i);
        return value;
    }
    if ((size_t)(wire->end - wire->in) < size) wire->is_bad = true;
    if (wire->is_bad) return 0;
    value = 0;
    for (unsigned i = 0; i < size; i++) value |= (uint64_t)*wire->in++ << 8 * i;
    return value;
}

void wire_u32(Wire *wire, uint32_t *field) {
    *field = (uint32_t)wire_number(wire, *field, 4);
}

void wire_u64(Wire *wire, uint64_t *field) {
    *field = wire_number(wire, *field, 8);
}

void wire_i64(Wire *wire, int64_t *field) {
    *field = (int64_t)wire_number(wire, (uint64_t)*field, 8);
}

void wire_check(Wire *wire, bool holds) {
    if (!wire->writes && !holds) wire->is_bad = true;
}

/* A number of an enum from `least` to `most`; returns `least` where it is neither. */
int wire_choice(Wire *wire, int value, int least, int most) {
    value = (int)wire_number(wire, (uint64_t)value, 1);
    wire_check(wire, value >= least && value <= most);
    return wire->is_bad ? least : value;
}

void wire_bytes(Wire *wire, uint8_t *field, size_t size) {
    if (wire->writes) {
        memcpy(wire->out, field, size);
        wire->out += size;
        return;
    }
    if ((size_t)(wire->end - wire->in) < size) wire->is_bad = true;
    if (wire->is_bad) return;
    memcpy(field, wire->in, size);
    wire->in += size;
}

/* A text that ends with a NUL in an array of `size` bytes. */
void wire_text(Wire *wire, char *field, size_t size) {
    size_t len = wire->writes ? strnlen(field, size - 1) : 0;
    len = wire_number(wire, len, 2);
    wire_check(wire, len < size);
    if (wire->is_bad) return;
    wire_bytes(wire, (uint8_t *)field, len);
    if (wire->writes || wire->is_bad) return;
    field[len] = '\0';
    wire_check(wire, strlen(field) == len);
}
