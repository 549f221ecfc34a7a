/* nodelist.h: how Slurm writes names of nodes and counts for each node: "a[1-3,7],b-[01-10]-x" and "2(x3),1".
 *
 * Pure: no environment, no Slurm. Texts are not trusted: what they would expand to is bounded. */
#ifndef RUNTIME_LAUNCH_NODELIST_H
#define RUNTIME_LAUNCH_NODELIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NODELIST_MOST = 65536 /* nodes */, NODELIST_NAME_SIZE = 256 };

typedef struct NodeList {
    char **names; /* in the order of the list, which Slurm's numbers of nodes follow; a name may occur twice */
    size_t count;
} NodeList;

/* False: the text is not such a list, or too long; *error then is malloc'ed, and there is nothing to free in *list. An empty text
 * is an empty list. */
bool nodelist_parse(const char *text, NodeList *list, char **error);
void nodelist_free(NodeList *list);

/* The counts of `nodes` nodes, written as Slurm does: each number stands for one node, "2(x3)" for three of them. False: the text
 * is not such a list, or stands for another number of nodes; *error then is malloc'ed. */
bool nodelist_counts(const char *text, size_t nodes, uint32_t *counts, char **error);

#endif
