/* loss.h: what a place has said about the end of a process, told to the scheduler. */
#ifndef RUNTIME_LAUNCH_LOSS_H
#define RUNTIME_LAUNCH_LOSS_H

#include "runtime/launch/hub.h"
#include "runtime/launch/place.h"

void loss_tell(Hub *hub, const Place *place, const RecordExit *end);

#endif
