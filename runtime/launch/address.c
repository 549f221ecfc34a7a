/* address.c: what the system knows of addresses. */
#include "runtime/launch/address.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
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

static bool is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    return address->sa_family == AF_INET &&
           ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* One that others can reach: neither loopback nor bound to an interface. */
static bool write_reachable(const struct sockaddr *from, char address[ADDRESS_SIZE]) {
    bool is_ipv6 = from->sa_family == AF_INET6;
    if ((from->sa_family != AF_INET && !is_ipv6) || is_loopback(from)) return false;
    return write_address(from, is_ipv6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in), address) &&
           !strchr(address, '%');
}

static bool find_by_name(char address[ADDRESS_SIZE]) {
    char name[NI_MAXHOST];
    if (gethostname(name, sizeof name) != 0) return false;
    name[sizeof name - 1] = '\0';
    struct addrinfo *found = look_up(name, AI_ADDRCONFIG);
    bool is_found = false;
    for (const struct addrinfo *at = found; at && !is_found; at = at->ai_next) is_found = write_reachable(at->ai_addr, address);
    if (found) freeaddrinfo(found);
    return is_found;
}

static bool find_by_interface(int family, char address[ADDRESS_SIZE]) {
    struct ifaddrs *interfaces;
    if (getifaddrs(&interfaces) != 0) return false;
    bool is_found = false;
    for (const struct ifaddrs *at = interfaces; at && !is_found; at = at->ifa_next) {
        bool is_usable = at->ifa_addr && at->ifa_addr->sa_family == family && (at->ifa_flags & IFF_UP);
        is_found = is_usable && write_reachable(at->ifa_addr, address);
    }
    freeifaddrs(interfaces);
    return is_found;
}

bool address_of_this_machine(char address[ADDRESS_SIZE]) {
    const char *told = getenv(ADDRESS_VARIABLE);
    if (told && *told) {
        struct addrinfo *found = look_up(told, AI_NUMERICHOST);
        bool is_good = found && write_address(found->ai_addr, found->ai_addrlen, address);
        if (found) freeaddrinfo(found);
        return is_good;
    }
    if (!find_by_name(address) && !find_by_interface(AF_INET, address) && !find_by_interface(AF_INET6, address))
        snprintf(address, ADDRESS_SIZE, "127.0.0.1");
    return true;
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
