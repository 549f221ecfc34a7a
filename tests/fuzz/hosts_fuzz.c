/* hosts_fuzz.c: any text as --host or as a hostfile. Wrong ones have a message; of right ones every name is one that ssh cannot
 * take for an option, and all workers find a place within the limits. */
#include <stdlib.h>
#include <string.h>

#include "tools/mrrun/hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
    if (!is_true) abort();
}

static void check_places(HostList *list, uint32_t workers) {
    char *error = NULL;
    bool is_over;
    uint32_t count = hosts_place(list, workers, &is_over, &error), sum = 0;
    check((count == 0) == (error != NULL));
    free(error);
    if (count == 0) return;
    check(workers == 0 || count == workers);
    for (size_t i = 0; i < list->len; i++) {
        check(list->items[i].first == sum);
        check(!list->items[i].most || list->items[i].workers <= list->items[i].most);
        sum += list->items[i].workers;
    }
    check(sum == count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    HostList list = {0};
    char *error = NULL, *text = strndup((const char *)data + 1, size - 1);
    check(text != NULL);
    bool is_good =
        data[0] & 1 ? hosts_add_list(&list, text, &error) : hosts_add_text(&list, "f", (const char *)data + 1, size - 1, &error);
    check(is_good == !error);
    check(!is_good || list.len > 0);
    for (size_t i = 0; is_good && i < list.len; i++) {
        const Host *host = &list.items[i];
        check(host->name[0] && host->name[0] != '-' && host->user[0] != '-');
        check(host->slots >= 1 && host->slots <= HOSTS_MOST_SLOTS && (!host->most || host->slots <= host->most));
    }
    if (is_good) {
        check_places(&list, 0);
        check_places(&list, data[0]);
        check_places(&list, HOSTS_MOST_SLOTS);
    }
    free(error);
    free(text);
    hosts_free(&list);
    return 0;
}
