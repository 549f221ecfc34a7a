/* simulated.h: --simulate: tells how the run that has just ended would go with another number of workers. */
#ifndef TOOLS_MRRUN_SIMULATED_H
#define TOOLS_MRRUN_SIMULATED_H

#include "runtime/sim/profile.h"
#include "tools/mrrun/options.h"

/* On standard error; the profile is finished by this. `began`, `ended`: of the run, in nanoseconds of its clock. */
void simulated_show(Profile *profile, const Options *options, uint64_t began, uint64_t ended);

#endif
