/* connection.c: see connection.h. The file is JSON. */
#include "tools/kernel/connection.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { LAST_PORT = 65535 };

static bool fail(char **error, const char *path, const char *what) {
    Buf text = {0};
    buf_printf(&text, "the connection file %s %s", path, what);
    buf_text(&text);
    *error = text.data;
    return false;
}

/* tcp://127.0.0.1:5555, or ipc://PATH-5, where the ports are the ends of names. */
static char *endpoint(const char *transport, const char *ip, json_int_t port) {
    Buf text = {0};
    bool is_ipc = strcmp(transport, "ipc") == 0, is_bracketed = !is_ipc && strchr(ip, ':') && *ip != '[';
    buf_printf(&text, "%s://%s%s%s%s%lld", transport, is_bracketed ? "[" : "", ip, is_bracketed ? "]" : "", is_ipc ? "-" : ":",
               (long long)port);
    buf_text(&text);
    return text.data;
}

static bool read_endpoints(const json_t *file, const char *path, Connection *out, char **error) {
    static const char *const ports[CHANNEL_COUNT] = {"shell_port", "control_port", "stdin_port", "iopub_port", "hb_port"};
    const char *transport = json_string_value(json_object_get(file, "transport"));
    const char *ip = json_string_value(json_object_get(file, "ip"));
    if (!transport) transport = "tcp";
    if (!ip) ip = "127.0.0.1";
    if (strcmp(transport, "tcp") != 0 && strcmp(transport, "ipc") != 0)
        return fail(error, path, "wants a transport other than tcp and ipc");
    for (size_t i = 0; i < CHANNEL_COUNT; i++) {
        const json_t *port = json_object_get(file, ports[i]);
        if (!json_is_integer(port) || json_integer_value(port) < 1 || json_integer_value(port) > LAST_PORT)
            return fail(error, path, "lacks a port, or has one that is no whole number from 1 to 65535");
        out->endpoints[i] = endpoint(transport, ip, json_integer_value(port));
    }
    return true;
}

static bool read_key(const json_t *file, const char *path, Connection *out, char **error) {
    const char *key = json_string_value(json_object_get(file, "key"));
    const char *scheme = json_string_value(json_object_get(file, "signature_scheme"));
    if (scheme && *scheme && strcmp(scheme, "hmac-sha256") != 0)
        return fail(error, path, "wants signatures other than hmac-sha256");
    out->key = strdup(key ? key : "");
    return true;
}

bool connection_read(const char *path, Connection *out, char **error) {
    json_error_t reason;
    json_t *file = json_load_file(path, 0, &reason);
    *out = (Connection){0};
    if (!file) return fail(error, path, "cannot be read, or is no JSON");
    bool ok = json_is_object(file) ? read_endpoints(file, path, out, error) && read_key(file, path, out, error)
                                   : fail(error, path, "holds no object");
    json_decref(file);
    if (!ok) connection_free(out);
    return ok;
}

void connection_free(Connection *connection) {
    for (size_t i = 0; i < CHANNEL_COUNT; i++) free(connection->endpoints[i]);
    free(connection->key);
    *connection = (Connection){0};
}
