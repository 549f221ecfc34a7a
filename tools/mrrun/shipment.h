/* shipment.h: what a host needs to run a program: the executable, and the shared libraries that it is linked with.
 *
 * glibc's own libraries stay at home: they belong to the host's kernel and loader. All others travel, whether the host has
 * some of that name or not: every worker then computes with the same code. Files are grouped in two parcels, which hosts keep under
 * the hash of their contents: a program that is compiled anew does not take its libraries along again. A Shipment is plain data,
 * and has its files in memory. */
#ifndef TOOLS_MRRUN_SHIPMENT_H
#define TOOLS_MRRUN_SHIPMENT_H

#include "base/buf.h"
#include "tools/mrrun/elf.h"

enum { SUM_SIZE = 65 /* a SHA-256 in hexadecimal digits, with its NUL */, SHIP_NAME_SIZE = 128, SHIP_MOST_FILES = 256 };

typedef enum ParcelKind { PARCEL_LIBRARIES, PARCEL_PROGRAM, PARCELS } ParcelKind;

typedef struct ShipFile {
    char *path;                /* here */
    char name[SHIP_NAME_SIZE]; /* there */
    char *bytes;
    size_t size;
} ShipFile;

typedef struct Parcel {
    char hash[SUM_SIZE]; /* of `sums` */
    Buf sums;            /* a line for each file, as sha256sum writes it */
    ShipFile *files;
    size_t count;
    uint64_t size; /* bytes of all files */
} Parcel;

typedef struct Shipment {
    Parcel parcels[PARCELS];
    const char *machine; /* as `uname -m` says it */
    GlibcVersion glibc;  /* the oldest that the program and all its libraries run on */
} Shipment;

/* Of the executable at `path`. False: *error (malloc'ed) says what is missing. The shipment is to be freed in either case. */
bool shipment_make(Shipment *shipment, const char *path, char **error);
void shipment_free(Shipment *shipment);

#endif
