/* loss.h: what a place has said about processes that ended, or did not begin, told to the scheduler. */
#ifndef RUNTIME_LAUNCH_LOSS_H
#define RUNTIME_LAUNCH_LOSS_H

#include "runtime/launch/hub.h"
#include "runtime/launch/place.h"

void loss_tell(Hub *hub, const Place *place, const RecordExit *end);
void loss_tell_not_started(Hub *hub, const Place *place, const RecordNotStarted *failure);

#endif
