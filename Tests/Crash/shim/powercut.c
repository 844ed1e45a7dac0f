/* Writes down, in one order, everything that a program does to the files below a folder and what it answers on sockets:
 * what cut/trace.py reads. Loaded with LD_PRELOAD into the server, and into nothing that it starts.
 *
 * POWERCUT_ROOT    the folder, which must be empty when the program starts
 * POWERCUT_TRACE   the file of the trace
 * POWERCUT_IGNORE  syncs that report success without being written down, as if the program had left them out:
 *                  file (of files in incoming/), folder-incoming, folder-blobs (blobs/xx), database (files in db/),
 *                  journal (files in journal/)
 *
 * An operation and its record are made under one lock. Of a sync, begin and end are recorded: only what was written
 * before its begin is durable at its end. The disk itself is never asked to sync, because the model does not need it.
 * Every call is made with syscall(), so that nothing depends on the order in which libraries are loaded. */
#include "powercut.h"

#include <stdio.h>

enum { NODES = 1 << 17, MOST_PIECES = 66 };

pthread_mutex_t powercut_lock = PTHREAD_MUTEX_INITIALIZER;
static struct node nodes[NODES];
static uint32_t count;
static int trace = -1;
static char ignored;

_Noreturn void give_up(const char *why) {
    fprintf(stderr, "powercut: %s (%s)\n", why, strerror(errno));
    abort();
}

int is_tracing(void) { return trace >= 0; }
char ignored_room(void) { return ignored; }

/* Where the file is in the table, or would be. A number of the file system that is used again is the same place. */
static struct node *place(const struct stat *status) {
    uint64_t hash = (status->st_ino * 0x9E3779B97F4A7C15u) ^ status->st_dev;
    for (uint32_t i = 0; i < NODES; i++) {
        struct node *node = &nodes[(hash + i) % NODES];
        if (!node->number || (node->inode == status->st_ino && node->device == status->st_dev)) return node;
    }
    give_up("too many files");
}

static struct node *learn(const struct stat *status, char room) {
    struct node *node = place(status);
    *node = (struct node){status->st_dev, status->st_ino, ++count, room};
    return node;
}

struct node *known(const struct stat *status) {
    struct node *node = place(status);
    return node->number ? node : NULL;
}

struct node *by_descriptor(int descriptor) {
    struct stat status;
    return is_tracing() && fstat(descriptor, &status) == 0 ? known(&status) : NULL;
}

struct node *by_path(int folder, const char *path, const char **name) {
    char parent[4096];
    struct stat status;
    if (!is_tracing() || !path) return NULL;
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= sizeof parent) return NULL;
    memcpy(parent, path, length);
    parent[length] = 0;
    if (fstatat(folder, length ? parent : slash ? "/" : ".", &status, 0) != 0) return NULL;
    return known(&status);
}

static char room_of(const struct node *parent, const char *name, int is_folder) {
    if (!is_folder) {
        if (parent->room == 'b') return 'f';
        return strchr("IDTJ", parent->room) ? (char)(parent->room | 32) : 'r';
    }
    if (parent->room == 'B') return 'b';
    if (!strcmp(name, "incoming")) return 'I';
    if (!strcmp(name, "blobs")) return 'B';
    if (!strcmp(name, "db")) return 'D';
    if (!strcmp(name, "journal")) return 'J';
    return strcmp(name, "temp") ? 'r' : 'T';
}

void put(struct record record, const void *name, const struct iovec *pieces, int piece_count) {
    struct iovec all[MOST_PIECES] = {{&record, sizeof record}, {(void *)name, record.name}};
    size_t left = record.data;
    int used = 2;
    for (int i = 0; i < piece_count && left > 0; i++) {
        if (used == MOST_PIECES) give_up("too many pieces");
        size_t length = pieces[i].iov_len < left ? pieces[i].iov_len : left;
        all[used++] = (struct iovec){pieces[i].iov_base, length};
        left -= length;
    }
    ssize_t size = sizeof record + record.name + record.data;
    if (left || syscall(SYS_writev, trace, all, used) != size) give_up("the trace cannot be written");
}

void put_name(uint8_t type, const struct node *parent, const char *name, const struct node *node) {
    struct record record = {.type = type, .name = strlen(name), .parent = parent->number};
    if (node) {
        record.node = node->number;
        record.room = node->room;
    }
    put(record, name, NULL, 0);
}

void put_new(uint8_t type, const struct node *parent, const char *name, const struct stat *status) {
    put_name(type, parent, name, learn(status, room_of(parent, name, type == FOLDER)));
}

void put_pieces(const struct node *node, int64_t offset, const struct iovec *pieces, int piece_count, size_t size) {
    struct record record = {.type = WRITE, .node = node->number, .data = size, .offset = offset};
    put(record, NULL, pieces, piece_count);
}

void put_data(const struct node *node, int64_t offset, const void *data, size_t size) {
    struct iovec piece = {(void *)data, size};
    put_pieces(node, offset, &piece, 1, size);
}

void put_size(const struct node *node, int64_t size) {
    put((struct record){.type = TRUNCATE, .node = node->number, .offset = size}, NULL, NULL, 0);
}

static char room_to_ignore(const char *wish) {
    if (!strcmp(wish, "file")) return 'i';
    if (!strcmp(wish, "folder-incoming")) return 'I';
    if (!strcmp(wish, "folder-blobs")) return 'b';
    if (!strcmp(wish, "database")) return 'd';
    if (!strcmp(wish, "journal")) return 'j';
    give_up("POWERCUT_IGNORE is unknown");
}

__attribute__((constructor)) static void begin(void) {
    const char *root = getenv("POWERCUT_ROOT"), *path = getenv("POWERCUT_TRACE"), *wish = getenv("POWERCUT_IGNORE");
    unsetenv("LD_PRELOAD");
    if (!root || !path) return;
    struct stat status;
    if (stat(root, &status) != 0) give_up("POWERCUT_ROOT is missing");
    learn(&status, 'r');
    if (wish && *wish) ignored = room_to_ignore(wish);
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC;
    int descriptor = syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
    trace = fcntl(descriptor, F_DUPFD_CLOEXEC, 500);
    if (trace < 0) give_up("POWERCUT_TRACE cannot be written");
    syscall(SYS_close, descriptor);
}
