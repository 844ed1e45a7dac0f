/* The calls that write bytes, change sizes and sync; and what is sent on sockets. */
#include "powercut.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

enum { REPLY_BYTES = 1000, COPY_BYTES = 65536 };

/* Answers are recorded before they are sent: whoever got one finds it in the trace. */
static void put_reply(const struct iovec *pieces, int count) {
    char start[REPLY_BYTES];
    size_t size = 0;
    for (int i = 0; i < count && size < sizeof start; i++) {
        size_t left = sizeof start - size, length = pieces[i].iov_len < left ? pieces[i].iov_len : left;
        memcpy(start + size, pieces[i].iov_base, length);
        size += length;
    }
    if (size < 7 || memcmp(start, "HTTP/1.", 7) != 0) return;
    struct iovec piece = {start, size};
    put((struct record){.type = REPLY, .data = size}, NULL, &piece, 1);
}

/* Begins a write to any descriptor: the file that it goes to, or NULL, and whether it is a socket. */
static struct node *target(int descriptor, int *is_socket) {
    struct stat status;
    *is_socket = 0;
    if (!is_tracing() || fstat(descriptor, &status) != 0) return NULL;
    *is_socket = S_ISSOCK(status.st_mode);
    return *is_socket ? NULL : known(&status);
}

/* An offset below zero means the descriptor's own position. */
static ssize_t do_write(int descriptor, const struct iovec *pieces, int count, int64_t offset, int flags) {
    ssize_t result = -1;
    LOCKED {
        int is_socket;
        struct node *node = target(descriptor, &is_socket);
        if (is_socket) put_reply(pieces, count);
        if (node || offset >= 0) {
            result = syscall(SYS_pwritev2, descriptor, pieces, count, offset, 0, flags);
            if (node && result > 0) {
                int64_t start = offset >= 0 ? offset : lseek(descriptor, 0, SEEK_CUR) - result;
                put_pieces(node, start, pieces, count, result);
            }
            count = 0;
        }
    }
    /* Pipes and terminals may block, so that they are not written to under the lock. */
    return count == 0 ? result : syscall(SYS_writev, descriptor, pieces, count);
}

#define ONE_PIECE struct iovec piece = {(void *)data, size}

ssize_t write(int descriptor, const void *data, size_t size) {
    ONE_PIECE;
    return do_write(descriptor, &piece, 1, -1, 0);
}
ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset) {
    ONE_PIECE;
    return do_write(descriptor, &piece, 1, offset, 0);
}
ssize_t pwrite64(int descriptor, const void *data, size_t size, off_t offset) {
    return pwrite(descriptor, data, size, offset);
}
ssize_t writev(int descriptor, const struct iovec *pieces, int count) {
    return do_write(descriptor, pieces, count, -1, 0);
}
ssize_t pwritev(int descriptor, const struct iovec *pieces, int count, off_t offset) {
    return do_write(descriptor, pieces, count, offset, 0);
}
ssize_t pwritev2(int descriptor, const struct iovec *pieces, int count, off_t offset, int flags) {
    return do_write(descriptor, pieces, count, offset, flags);
}
ssize_t pwritev64(int descriptor, const struct iovec *pieces, int count, off_t offset) {
    return do_write(descriptor, pieces, count, offset, 0);
}
ssize_t pwritev64v2(int descriptor, const struct iovec *pieces, int count, off_t offset, int flags) {
    return do_write(descriptor, pieces, count, offset, flags);
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
    LOCKED if (is_tracing()) put_reply(message->msg_iov, message->msg_iovlen);
    return syscall(SYS_sendmsg, descriptor, message, flags);
}
int sendmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags) {
    LOCKED for (unsigned i = 0; is_tracing() && i < count; i++)
        put_reply(messages[i].msg_hdr.msg_iov, messages[i].msg_hdr.msg_iovlen);
    return syscall(SYS_sendmmsg, descriptor, messages, count, flags);
}
ssize_t sendto(int descriptor, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length) {
    ONE_PIECE;
    LOCKED if (is_tracing()) put_reply(&piece, 1);
    return syscall(SYS_sendto, descriptor, data, size, flags, to, length);
}
ssize_t send(int descriptor, const void *data, size_t size, int flags) {
    return sendto(descriptor, data, size, flags, NULL, 0);
}

/* Into a traced file, both are a write of what is read. */
static ssize_t copy(int to, int64_t *to_offset, int from, int64_t *from_offset, size_t size) {
    char buffer[COPY_BYTES];
    if (size > sizeof buffer) size = sizeof buffer;
    ssize_t got = from_offset ? syscall(SYS_pread64, from, buffer, size, *from_offset)
                              : syscall(SYS_read, from, buffer, size);
    if (got <= 0) return got;
    ssize_t put = to_offset ? pwrite(to, buffer, got, *to_offset) : write(to, buffer, got);
    if (put != got) give_up("a copy came out short");
    if (from_offset) *from_offset += put;
    if (to_offset) *to_offset += put;
    return put;
}

static int is_traced(int descriptor) {
    int result = 0;
    LOCKED result = by_descriptor(descriptor) != NULL;
    return result;
}

ssize_t sendfile(int to, int from, off_t *offset, size_t size) {
    return is_traced(to) ? copy(to, NULL, from, offset, size) : syscall(SYS_sendfile, to, from, offset, size);
}
ssize_t sendfile64(int to, int from, off_t *offset, size_t size) { return sendfile(to, from, offset, size); }
ssize_t copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned flags) {
    if (is_traced(to)) return copy(to, to_offset, from, from_offset, size);
    return syscall(SYS_copy_file_range, from, from_offset, to, to_offset, size, flags);
}

int ftruncate(int descriptor, off_t size) {
    int result = -1;
    LOCKED {
        struct node *node = by_descriptor(descriptor);
        result = syscall(SYS_ftruncate, descriptor, size);
        if (node && result == 0) put_size(node, size);
    }
    return result;
}
int ftruncate64(int descriptor, off_t size) { return ftruncate(descriptor, size); }
int truncate(const char *path, off_t size) {
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return -1;
    int result = ftruncate(descriptor, size), problem = errno;
    syscall(SYS_close, descriptor);
    errno = problem;
    return result;
}
int truncate64(const char *path, off_t size) { return truncate(path, size); }

int fallocate(int descriptor, int mode, off_t offset, off_t size) {
    int result = -1;
    LOCKED {
        struct node *node = by_descriptor(descriptor);
        if (node && (mode & ~FALLOC_FL_KEEP_SIZE)) give_up("a fallocate that the model does not know");
        result = syscall(SYS_fallocate, descriptor, mode, offset, size);
        struct stat status;
        if (node && result == 0 && mode == 0 && fstat(descriptor, &status) == 0) put_size(node, status.st_size);
    }
    return result;
}
int fallocate64(int descriptor, int mode, off_t offset, off_t size) {
    return fallocate(descriptor, mode, offset, size);
}
int posix_fallocate(int descriptor, off_t offset, off_t size) {
    return fallocate(descriptor, 0, offset, size) == 0 ? 0 : errno;
}
int posix_fallocate64(int descriptor, off_t offset, off_t size) { return posix_fallocate(descriptor, offset, size); }

/* Syncs: success, with a begin and an end in the trace, and the time between that a disk would take, in which others
 * write and gather for the next sync. sync_file_range promises nothing and is left alone. */

enum { SYNC_MICROSECONDS = 2000 };

static uint32_t next_sync;

static int sync_node(int descriptor) {
    uint32_t node = 0, number = 0;
    LOCKED {
        struct node *found = by_descriptor(descriptor);
        if (found && found->room != ignored_room()) {
            node = found->number;
            number = ++next_sync;
            put((struct record){.type = SYNC_BEGIN, .node = node, .number = number}, NULL, NULL, 0);
        }
    }
    if (fcntl(descriptor, F_GETFD) < 0) return -1;
    usleep(SYNC_MICROSECONDS);
    if (!node) return 0;
    LOCKED put((struct record){.type = SYNC_END, .node = node, .number = number}, NULL, NULL, 0);
    return 0;
}

int fsync(int descriptor) { return sync_node(descriptor); }
int fdatasync(int descriptor) { return sync_node(descriptor); }

/* What is to be ignored is said in the record: the model leaves out the files of that room. */
int syncfs(int descriptor) {
    uint32_t number = 0;
    if (fcntl(descriptor, F_GETFD) < 0) return -1;
    LOCKED {
        number = ++next_sync;
        if (is_tracing()) put((struct record){.type = ALL_BEGIN, .number = number}, NULL, NULL, 0);
    }
    usleep(SYNC_MICROSECONDS);
    LOCKED if (is_tracing())
        put((struct record){.type = ALL_END, .room = ignored_room(), .number = number}, NULL, NULL, 0);
    return 0;
}
