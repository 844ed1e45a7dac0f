#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

int vn_start_write_out(int descriptor) { return sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE); }

long vn_read_cached(int descriptor, void *buffer, unsigned long count, long long offset) {
    struct iovec piece = {buffer, count};
    return preadv2(descriptor, &piece, 1, offset, RWF_NOWAIT);
}

int vn_sync_file_system(int descriptor) { return syncfs(descriptor); }

int vn_set_direct(int descriptor, int is_direct) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -1;
    return fcntl(descriptor, F_SETFL, is_direct ? flags | O_DIRECT : flags & ~O_DIRECT);
}
