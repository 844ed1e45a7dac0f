/* Shared by the parts of the power-cut shim: what it knows of the traced files, and the records that it writes. */
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* The kinds of records. The same numbers stand in cut/trace.py. */
enum { CREATE = 1, WRITE, TRUNCATE, LINK, UNLINK, RENAME, FOLDER, SYNC_BEGIN, SYNC_END, ALL_BEGIN, ALL_END, REPLY };

/* One record: this, then `name` bytes, then `data` bytes. A rename has both names in `name`, with a NUL between. */
struct record {
    uint8_t type;
    char room;
    uint16_t name;
    uint32_t data;
    uint32_t node, parent, other, number;
    int64_t offset;
};

/* A file or folder below the root. Its room: I incoming/, i a file that was made there; B blobs/, b blobs/xx, f a file
 * there; D db/, d a file there; T temp/, t a file there; J journal/, j a file there; r everything else. */
struct node {
    dev_t device;
    ino_t inode;
    uint32_t number;
    char room;
};

extern pthread_mutex_t powercut_lock;
#define LOCKED \
    for (int once = (pthread_mutex_lock(&powercut_lock), 1); once; once = (pthread_mutex_unlock(&powercut_lock), 0))

/* All of these are called with the lock held. */
_Noreturn void give_up(const char *why);
int is_tracing(void);
/* The node, or NULL for what is not below the root. */
struct node *known(const struct stat *status);
struct node *by_descriptor(int descriptor);
/* The traced folder that a path leads into, or NULL, and the last part of the path. */
struct node *by_path(int folder, const char *path, const char **name);
/* Gives a new file or folder its number, and records it under its name. */
void put_new(uint8_t type, const struct node *parent, const char *name, const struct stat *status);
void put_name(uint8_t type, const struct node *parent, const char *name, const struct node *node);
void put_data(const struct node *node, int64_t offset, const void *data, size_t size);
void put_pieces(const struct node *node, int64_t offset, const struct iovec *pieces, int count, size_t size);
void put_size(const struct node *node, int64_t size);
void put(struct record record, const void *name, const struct iovec *pieces, int piece_count);
/* Whether syncs of the room are to be left out; with 0, the room for which they are. */
char ignored_room(void);
