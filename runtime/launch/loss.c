/* loss.c: how a process ended, and what it was at, in the scheduler's terms. */
#include "runtime/launch/loss.h"

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
