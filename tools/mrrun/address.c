/* address.c: what the system knows of addresses. */
#include "tools/mrrun/address.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Looks a name, or with AI_NUMERICHOST only an address, up; the answer is to be freed. */
static struct addrinfo *look_up(const char *name, int flags) {
    struct addrinfo hints = {.ai_flags = flags, .ai_socktype = SOCK_DGRAM}, *found = NULL;
    return getaddrinfo(name, "9", &hints, &found) == 0 ? found : NULL;
}

static bool write_address(const struct sockaddr *address, socklen_t size, char text[ADDRESS_SIZE]) {
    return getnameinfo(address, size, text, ADDRESS_SIZE, NULL, 0, NI_NUMERICHOST) == 0;
}

bool address_is_ours(const char *address) {
    struct addrinfo *found = look_up(address, AI_NUMERICHOST);
    if (!found) return false;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_storage any = {0};
    memcpy(&any, found->ai_addr, found->ai_addrlen);
    memset((char *)&any + sizeof any.ss_family, 0, sizeof(in_port_t)); /* the port, which stands first in both kinds */
    bool is_ours = fd >= 0 && bind(fd, (struct sockaddr *)&any, found->ai_addrlen) == 0;
    if (fd >= 0) close(fd);
    freeaddrinfo(found);
    return is_ours;
}

bool address_of(const char *name, char address[ADDRESS_SIZE]) {
    struct addrinfo *found = look_up(name, AI_ADDRCONFIG);
    bool is_good = found && write_address(found->ai_addr, found->ai_addrlen, address);
    if (found) freeaddrinfo(found);
    return is_good;
}

/* A socket for datagrams that is connected sends nothing, but has an address. */
bool address_towards(const char *address, char own[ADDRESS_SIZE]) {
    struct addrinfo *found = look_up(address, AI_NUMERICHOST);
    if (!found) return false;
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_good = fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0 &&
                   getsockname(fd, (struct sockaddr *)&name, &size) == 0 && write_address((struct sockaddr *)&name, size, own);
    if (fd >= 0) close(fd);
    freeaddrinfo(found);
    return is_good;
}

void address_bracket(const char *address, char text[ADDRESS_SIZE]) {
    bool is_ipv6 = strchr(address, ':') && *address != '[';
    snprintf(text, ADDRESS_SIZE, is_ipv6 ? "[%.61s]" : "%.63s", address);
}
