#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/uio.h>
#include <unistd.h>

int vn_start_write_out(int descriptor) { return sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE); }

long vn_read_cached(int descriptor, void *buffer, unsigned long count, long long offset) {
    struct iovec piece = {buffer, count};
    return preadv2(descriptor, &piece, 1, offset, RWF_NOWAIT);
}

int vn_sync_file_system(int descriptor) { return syncfs(descriptor); }

int vn_status(const char *path, int follows_links, struct vn_file_status *status) {
    struct stat found;
    if ((follows_links ? stat(path, &found) : lstat(path, &found)) != 0) return -1;
    *status = (struct vn_file_status){
        .device = found.st_dev, .number = found.st_ino, .size = found.st_size,
        .is_regular = S_ISREG(found.st_mode), .is_folder = S_ISDIR(found.st_mode)};
    return 0;
}

int vn_set_direct(int descriptor, int is_direct) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -1;
    return fcntl(descriptor, F_SETFL, is_direct ? flags | O_DIRECT : flags & ~O_DIRECT);
}

int vn_wait_for_write_out(int descriptor) { return sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE); }

int vn_syncs_whole_file_system(int descriptor) {
    struct statfs status;
    struct utsname system;
    int major, minor;
    if (fstatfs(descriptor, &status) != 0 || uname(&system) != 0) return 0;
    if (sscanf(system.release, "%d.%d", &major, &minor) != 2 || major < 5 || (major == 5 && minor < 17)) return 0;
    return status.f_type == EXT4_SUPER_MAGIC || status.f_type == XFS_SUPER_MAGIC ||
           status.f_type == BTRFS_SUPER_MAGIC;
}
