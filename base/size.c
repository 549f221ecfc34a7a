/* size.c: reading amounts of memory. */
#include "base/size.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool size_parse(const char *text, uint64_t *bytes) {
    static const char units[] = "KMGT";
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || errno != 0) return false;
    if (*end == ' ') end++;
    const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    if (unit) end++;
    bool is_whole = !*end || strcasecmp(end, "b") == 0 || (unit && strcasecmp(end, "ib") == 0);
    if (!is_whole || number > UINT64_MAX >> shift) return false;
    *bytes = (uint64_t)number << shift;
    return true;
}
