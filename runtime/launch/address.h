/* address.h: the addresses under which this machine and others reach each other. Addresses are texts in numbers ("10.0.0.7",
 * "fd00::7"); with a scope where they need one. Any thread. */
#ifndef RUNTIME_LAUNCH_ADDRESS_H
#define RUNTIME_LAUNCH_ADDRESS_H

#include <stdbool.h>

enum { ADDRESS_SIZE = 64 };

bool address_is_ours(const char *address);                         /* can something listen here? */
bool address_of(const char *name, char address[ADDRESS_SIZE]);     /* of a host, as the system knows it; asks the network */
bool address_towards(const char *address, char own[ADDRESS_SIZE]); /* by which this machine would speak to that one */

/* The address by which others reach this machine: what MR_ADDRESS says; else what its name stands for, unless that is loopback;
 * else the first of an interface that is up; else loopback. False: MR_ADDRESS is no address in numbers. */
#define ADDRESS_VARIABLE "MR_ADDRESS"
bool address_of_this_machine(char address[ADDRESS_SIZE]);

void address_bracket(const char *address, char text[ADDRESS_SIZE]); /* IPv6 in brackets, as endpoints have it */

#endif
