/* box.c: the cells in which values of recursive and large declared types lie. */
#include <string.h>

#include "runtime/value/map.h"
#include "runtime/value/value.h"

void *mr_box_make(MrContext *context, const MrType *type) {
    (void)context;
    return mr_alloc_unset(sizeof(MrBox) + type->fields[0]->size);
}

void *mr_box_at(MrContext *context, MrBox **box, const MrType *type) {
    const MrType *content = type->fields[0];
    if ((*box)->cell.count != 1) {
        MrBox *copy = mr_box_make(context, type);
        memcpy(copy->content, (*box)->content, content->size);
        mr_retain(context, copy->content, content);
        cell_release(&(*box)->cell); /* there is another owner, or the cell is a constant */
        *box = copy;
    }
    return (*box)->content;
}
