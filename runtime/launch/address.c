/* address.c: finding this host's addresses. */
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

/* As it stands in an endpoint. False: the family is another, or it is bound to an interface. */
static bool write_address(const struct sockaddr *from, char address[MESSAGE_NAME_SIZE]) {
    char host[NI_MAXHOST];
    bool is_ipv6 = from->sa_family == AF_INET6;
    if (from->sa_family != AF_INET && !is_ipv6) return false;
    socklen_t size = is_ipv6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (getnameinfo(from, size, host, sizeof host, NULL, 0, NI_NUMERICHOST) != 0) return false;
    int len = snprintf(address, MESSAGE_NAME_SIZE, is_ipv6 ? "[%.60s]" : "%.60s", host);
    return len < MESSAGE_NAME_SIZE && !strchr(host, '%');
}

static bool is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    return address->sa_family == AF_INET &&
           ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* A numeric address that was written by somebody, with or without brackets. */
static bool read_address(const char *text, char address[MESSAGE_NAME_SIZE]) {
    char host[NI_MAXHOST];
    snprintf(host, sizeof host, "%s", text + (*text == '['));
    if (*text == '[') host[strcspn(host, "]")] = '\0';
    struct addrinfo *found, hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    if (getaddrinfo(host, NULL, &hints, &found) != 0) return false;
    bool is_good = write_address(found->ai_addr, address);
    freeaddrinfo(found);
    return is_good;
}

static bool find_by_name(char address[MESSAGE_NAME_SIZE]) {
    char name[NI_MAXHOST];
    struct addrinfo *found, hints = {.ai_socktype = SOCK_STREAM};
    if (gethostname(name, sizeof name) != 0 || getaddrinfo(name, NULL, &hints, &found) != 0) return false;
    bool is_found = false;
    for (const struct addrinfo *at = found; at && !is_found; at = at->ai_next)
        is_found = !is_loopback(at->ai_addr) && write_address(at->ai_addr, address);
    freeaddrinfo(found);
    return is_found;
}

static bool find_by_interface(int family, char address[MESSAGE_NAME_SIZE]) {
    struct ifaddrs *interfaces;
    if (getifaddrs(&interfaces) != 0) return false;
    bool is_found = false;
    for (const struct ifaddrs *at = interfaces; at && !is_found; at = at->ifa_next) {
        bool is_usable =
            at->ifa_addr && at->ifa_addr->sa_family == family && (at->ifa_flags & IFF_UP) && !(at->ifa_flags & IFF_LOOPBACK);
        is_found = is_usable && write_address(at->ifa_addr, address);
    }
    freeifaddrs(interfaces);
    return is_found;
}

bool address_of_host(char address[MESSAGE_NAME_SIZE]) {
    const char *told = getenv(ADDRESS_VARIABLE);
    if (told && *told) return read_address(told, address);
    if (find_by_name(address) || find_by_interface(AF_INET, address) || find_by_interface(AF_INET6, address)) return true;
    snprintf(address, MESSAGE_NAME_SIZE, "127.0.0.1");
    return true;
}

/* A datagram socket that is connected sends nothing, but knows from which address it would. */
static bool look_from(const struct addrinfo *there, char address[MESSAGE_NAME_SIZE]) {
    struct sockaddr_storage own = {0};
    socklen_t size = sizeof own;
    int fd = socket(there->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    bool is_good = connect(fd, there->ai_addr, there->ai_addrlen) == 0 && getsockname(fd, (struct sockaddr *)&own, &size) == 0 &&
                   write_address((struct sockaddr *)&own, address);
    close(fd);
    return is_good;
}

bool address_towards(const char *endpoint, char address[MESSAGE_NAME_SIZE]) {
    static const char scheme[] = "tcp://";
    char host[MESSAGE_ENDPOINT_SIZE];
    if (strncmp(endpoint, scheme, sizeof scheme - 1) != 0) return false;
    snprintf(host, sizeof host, "%s", endpoint + sizeof scheme - 1);
    host[strcspn(host, "#")] = '\0';
    char *colon = strrchr(host, ':'), *start = host;
    if (!colon) return false;
    *colon = '\0';
    if (*start == '[') {
        *strchrnul(start, ']') = '\0';
        start++;
    }
    struct addrinfo *there, hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM};
    if (getaddrinfo(start, "9", &hints, &there) != 0) return false;
    bool is_good = look_from(there, address);
    freeaddrinfo(there);
    return is_good;
}
