/* loss.c: how a process ended, and what it was at, in the scheduler's terms. */
#include "runtime/launch/loss.h"

#include <stdio.h>
#include <string.h>

void loss_tell(Hub *hub, const Place *place, const RecordExit *end) {
    char how[160];
    HubLoss loss = {.host = place->host, .pid = end->pid, .how = place_describe_exit(end, how, sizeof how), .at_chunk = -1};
    loss.role = end->role;
    loss.at_job = end->at.job;
    if (end->at.activity == AT_MAPPING && end->at.count > 0) {
        loss.at_chunk = (int64_t)end->at.first;
        loss.at_count = end->at.count;
    }
    hub_process_lost(hub, &loss);
}

/* Without one of the processes of its start there is no run; those that were started are ended with it. A worker that cannot be
 * replaced is done without, as far as the scheduler can. */
void loss_tell_not_started(Hub *hub, const Place *place, const RecordNotStarted *failure) {
    char text[256];
    bool is_replacement = failure->serial >= place->first + place->workers && failure->serial != PLACE_ROOT;
    snprintf(text, sizeof text, "a process of the program could not be started on %s: %s", place->name, strerror(failure->reason));
    if (is_replacement)
        hub_not_started(hub, place->host, text);
    else
        hub_fail(hub, text, true);
}
