/* keys.h: who may take part in a run that goes over a network.
 *
 * mrrun makes one pair of keys (Curve25519) for itself and one for each process that it starts, anew for every run. A process gets
 * its own pair over the connection on which it was started, never in arguments or in the environment; of all others it knows the
 * public key. Keys are written as Z85, 40 characters: so they can stand in an endpoint, "tcp://10.0.0.7:4711#KEY".
 *
 * KeyPairs are plain data of whoever has them, who wipes them. A KeyList may be used by any thread. */
#ifndef RUNTIME_NET_KEYS_H
#define RUNTIME_NET_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    KEY_LENGTH = 40,
    KEY_SIZE = KEY_LENGTH + 1, /* with its NUL */
    KEY_BYTES = 32,            /* of a key that is not written */
};

typedef struct KeyPair {
    char public_key[KEY_SIZE], secret_key[KEY_SIZE];
} KeyPair;

bool key_pair_make(KeyPair *pair);    /* false: this libzmq knows no CURVE */
bool key_pair_is_good(KeyPair *pair); /* does the public key belong to the secret one? For what has come over a connection. */
void key_pair_wipe(KeyPair *pair);    /* overwritten, also where the compiler thinks that nobody looks */
bool key_is_good(const char *text);   /* KEY_LENGTH characters of Z85, and then the end */
bool key_read(void *bytes, const char text[KEY_SIZE]);  /* false: that is none */
bool key_write(char text[KEY_SIZE], const void *bytes); /* of KEY_BYTES */

/* The public keys that are let in. */
typedef struct KeyList KeyList;

KeyList *key_list_new(void);
void key_list_free(KeyList **list);
bool key_list_add(KeyList *list, const char *key); /* false: that is no key, or there are too many */
bool key_list_has(KeyList *list, const char *key);
size_t key_list_count(KeyList *list);

/* What a link over tcp needs. */
typedef struct LinkKeys {
    KeyPair own;
    const char (*allowed)[KEY_SIZE]; /* public keys of the run: those of mrrun, the root and all workers */
    size_t allowed_count;
} LinkKeys;

#endif
