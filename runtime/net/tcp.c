/* tcp.c: taking endpoints apart, and listening sockets. */
#include "runtime/net/tcp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SCHEME "tcp://"

typedef struct Address {
    struct sockaddr_storage bytes;
    socklen_t size;
} Address;

bool tcp_is_endpoint(const char *text) {
    return strncmp(text, SCHEME, strlen(SCHEME)) == 0;
}

/* The address and port of "tcp://ADDRESS:PORT". */
static bool parse_place(const char *place, Address *address) {
    char text[MESSAGE_ENDPOINT_SIZE];
    snprintf(text, sizeof text, "%s", place + strlen(SCHEME));
    char *host = text, *colon = strrchr(text, ':');
    if (!colon || colon == text || strlen(colon + 1) > 5 || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    *colon = '\0';
    bool is_ipv6 = *host == '[';
    if (is_ipv6 && colon[-1] != ']') return false;
    if (is_ipv6) {
        host++;
        colon[-1] = '\0';
    }
    if (!is_ipv6 && strspn(host, "0123456789.") != strlen(host)) return false; /* for getaddrinfo a star would be an address */
    if (is_ipv6 && !strchr(host, ':')) return false;
    struct addrinfo *found, hints = {.ai_family = is_ipv6 ? AF_INET6 : AF_INET, .ai_socktype = SOCK_STREAM};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    unsigned port;
    if (sscanf(colon + 1, "%u", &port) != 1 || port > 65535 || getaddrinfo(host, colon + 1, &hints, &found) != 0) return false;
    memcpy(&address->bytes, found->ai_addr, found->ai_addrlen);
    address->size = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

bool tcp_parse(const char *text, TcpEndpoint *endpoint) {
    *endpoint = (TcpEndpoint){0};
    if (!tcp_is_endpoint(text) || strnlen(text, MESSAGE_ENDPOINT_SIZE) == MESSAGE_ENDPOINT_SIZE) return false;
    const char *key = strchr(text, '#'); /* a key may have one too, an address may not */
    size_t length = key ? (size_t)(key - text) : strlen(text);
    memcpy(endpoint->place, text, length);
    if (key && !key_is_good(key + 1)) return false;
    if (key) memcpy(endpoint->key, key + 1, KEY_SIZE);
    Address address;
    if (!parse_place(endpoint->place, &address)) return false;
    endpoint->is_ipv6 = address.bytes.ss_family == AF_INET6;
    return true;
}

bool tcp_move(char out[MESSAGE_ENDPOINT_SIZE], const char *endpoint, const char *address) {
    TcpEndpoint place;
    if (!tcp_parse(endpoint, &place)) return false;
    int size = snprintf(out, MESSAGE_ENDPOINT_SIZE, SCHEME "%s%s#%s", address, strrchr(place.place, ':'), place.key);
    return size < MESSAGE_ENDPOINT_SIZE && tcp_parse(out, &place);
}

bool tcp_beside(char out[MESSAGE_ENDPOINT_SIZE], const char *endpoint, const char *other) {
    TcpEndpoint place, known;
    if (!tcp_parse(endpoint, &place) || !tcp_parse(other, &known)) return false;
    bool is_anywhere = strncmp(place.place, SCHEME "0.0.0.0:", strlen(SCHEME "0.0.0.0:")) == 0 ||
                       strncmp(place.place, SCHEME "[::]:", strlen(SCHEME "[::]:")) == 0;
    *strrchr(known.place, ':') = '\0';
    return is_anywhere && tcp_move(out, endpoint, known.place + strlen(SCHEME));
}

/* Writes the port that was given into the place. */
static bool write_port(int fd, TcpEndpoint *endpoint) {
    Address address = {.size = sizeof address.bytes};
    if (getsockname(fd, (struct sockaddr *)&address.bytes, &address.size) != 0) return false;
    unsigned port = ntohs(endpoint->is_ipv6 ? ((struct sockaddr_in6 *)(void *)&address.bytes)->sin6_port
                                            : ((struct sockaddr_in *)(void *)&address.bytes)->sin_port);
    char *colon = strrchr(endpoint->place, ':') + 1;
    size_t room = sizeof endpoint->place - (size_t)(colon - endpoint->place);
    if ((size_t)snprintf(colon, room, "%u", port) < room) return true;
    errno = ENAMETOOLONG;
    return false;
}

int tcp_listen(TcpEndpoint *endpoint, int backlog) {
    Address address;
    if (!parse_place(endpoint->place, &address)) {
        errno = EINVAL;
        return -1;
    }
    int fd = socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    /* Who listens everywhere is asked for by both kinds of addresses, whatever the system's default is. */
    int only = endpoint->is_ipv6 && !IN6_IS_ADDR_UNSPECIFIED(&((struct sockaddr_in6 *)(void *)&address.bytes)->sin6_addr);
    if (endpoint->is_ipv6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    bool is_bound = bind(fd, (const struct sockaddr *)&address.bytes, address.size) == 0 && listen(fd, backlog) == 0;
    if (is_bound && write_port(fd, endpoint)) return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}
