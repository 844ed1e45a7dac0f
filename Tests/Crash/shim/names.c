/* The calls that make, change and remove names. */
#include "powercut.h"

#include <stdarg.h>
#include <stdio.h>

static int do_open(int folder, const char *path, int flags, mode_t mode) {
    int result = -1;
    if (!(flags & (O_CREAT | O_TRUNC))) return syscall(SYS_openat, folder, path, flags, mode);
    LOCKED {
        struct stat status;
        const char *name = NULL;
        struct node *parent = by_path(folder, path, &name), *node;
        int existed = parent && fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
        result = syscall(SYS_openat, folder, path, flags, mode);
        int problem = errno;
        if (parent && result >= 0 && fstat(result, &status) == 0) {
            if (!existed)
                put_new(CREATE, parent, name, &status);
            else if ((flags & O_TRUNC) && (node = known(&status)))
                put_size(node, 0);
        }
        errno = problem;
    }
    return result;
}

#define WITH_MODE(call)                     \
    mode_t mode = 0;                        \
    if (flags & (O_CREAT | O_TMPFILE)) {    \
        va_list list;                       \
        va_start(list, flags);              \
        mode = (mode_t)va_arg(list, int);   \
        va_end(list);                       \
    }                                       \
    return call;

int open(const char *path, int flags, ...) { WITH_MODE(do_open(AT_FDCWD, path, flags, mode)) }
int open64(const char *path, int flags, ...) { WITH_MODE(do_open(AT_FDCWD, path, flags, mode)) }
int openat(int folder, const char *path, int flags, ...) { WITH_MODE(do_open(folder, path, flags, mode)) }
int openat64(int folder, const char *path, int flags, ...) { WITH_MODE(do_open(folder, path, flags, mode)) }
int creat(const char *path, mode_t mode) { return do_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

int mkdirat(int folder, const char *path, mode_t mode) {
    int result = -1;
    LOCKED {
        const char *name = NULL;
        struct stat status;
        struct node *parent = by_path(folder, path, &name);
        result = syscall(SYS_mkdirat, folder, path, mode);
        if (parent && result == 0 && fstatat(folder, path, &status, 0) == 0) put_new(FOLDER, parent, name, &status);
    }
    return result;
}

int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int unlinkat(int folder, const char *path, int flags) {
    int result = -1;
    LOCKED {
        const char *name = NULL;
        struct node *parent = by_path(folder, path, &name);
        result = syscall(SYS_unlinkat, folder, path, flags);
        if (parent && result == 0) put_name(UNLINK, parent, name, NULL);
    }
    return result;
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int remove(const char *path) {
    int result = unlink(path);
    return result < 0 && errno == EISDIR ? rmdir(path) : result;
}

/* Media workers write their files themselves, without this library: what they wrote is read when the file gets a name
 * outside temp/. */
static void put_foreign(const struct node *node, int folder, const char *path) {
    char buffer[65536];
    int64_t offset = 0;
    ssize_t size;
    int file = syscall(SYS_openat, folder, path, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) give_up("a file of temp/ cannot be read");
    for (; (size = syscall(SYS_pread64, file, buffer, sizeof buffer, offset)) > 0; offset += size)
        put_data(node, offset, buffer, size);
    syscall(SYS_close, file);
}

int linkat(int from, const char *old, int to, const char *new, int flags) {
    int result = -1;
    LOCKED {
        const char *name = NULL;
        struct stat status;
        struct node *parent = by_path(to, new, &name), *node;
        result = syscall(SYS_linkat, from, old, to, new, flags);
        if (parent && result == 0 && fstatat(to, new, &status, AT_SYMLINK_NOFOLLOW) == 0) {
            if (!(node = known(&status))) give_up("a file from outside was linked");
            if (node->room == 't') put_foreign(node, from, old);
            put_name(LINK, parent, name, node);
        }
    }
    return result;
}

int link(const char *old, const char *new) { return linkat(AT_FDCWD, old, AT_FDCWD, new, 0); }

int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
    int result = -1;
    LOCKED {
        const char *name = NULL, *target = NULL;
        struct node *source = by_path(from, old, &name), *parent = by_path(to, new, &target);
        result = syscall(SYS_renameat2, from, old, to, new, flags);
        if (result == 0 && (source || parent)) {
            if (!source || !parent || (flags & ~RENAME_NOREPLACE)) give_up("a rename that the model does not know");
            char names[1024];
            int size = snprintf(names, sizeof names, "%s%c%s", name, 0, target);
            struct record record = {
                .type = RENAME, .name = size, .parent = source->number, .other = parent->number};
            put(record, names, NULL, 0);
        }
    }
    return result;
}

int renameat(int from, const char *old, int to, const char *new) { return renameat2(from, old, to, new, 0); }
int rename(const char *old, const char *new) { return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0); }
