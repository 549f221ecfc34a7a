/* address.h: the numeric addresses by which the hosts of a run see each other, as they stand in endpoints: "10.0.0.7",
 * "[2001:db8::7]". */
#ifndef RUNTIME_LAUNCH_ADDRESS_H
#define RUNTIME_LAUNCH_ADDRESS_H

#include <stdbool.h>

#include "runtime/sched/message.h"

/* Names the address where others reach this host (`mrrun --address`, for programs that mpirun or srun starts). */
#define ADDRESS_VARIABLE "MR_ADDRESS"

/* Where others reach this host: what MR_ADDRESS says; else what its name stands for, unless that is loopback; else the first
 * address of an interface that is up; else loopback. False: MR_ADDRESS is no numeric address. */
bool address_of_host(char address[MESSAGE_NAME_SIZE]);

/* Where who listens at that endpoint would see this host. False: there is no way there. */
bool address_towards(const char *endpoint, char address[MESSAGE_NAME_SIZE]);

#endif
