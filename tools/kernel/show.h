/* show.h: values as a notebook shows them: each as text, some as tables and pictures, too. */
#ifndef TOOLS_KERNEL_SHOW_H
#define TOOLS_KERNEL_SHOW_H

#include <jansson.h>

#include "tools/workbench/workbench.h"

/* What `it` is, by MIME type. NULL: there is nothing. */
json_t *show_value(Workbench *workbench, const volatile sig_atomic_t *interrupt);

#endif
