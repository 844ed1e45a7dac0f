// Calls of Linux that the Swift overlay of the C library leaves out.
#ifndef VOICENOTE_CLINUX_H
#define VOICENOTE_CLINUX_H

// Begins to write a file's dirty pages out, without waiting (sync_file_range(2)).
int vn_start_write_out(int descriptor);

// Returns when everything that was written to the file system is on disk (syncfs(2)).
int vn_sync_file_system(int descriptor);

// Returns when what is being written out of the file is on the device; -1 when some of it could not be written since the
// file was opened (sync_file_range(2)).
int vn_wait_for_write_out(int descriptor);

// Whether syncfs on this file system does all that fsync would, and says when it failed: ext4, XFS and Btrfs, from
// Linux 5.17 on.
int vn_syncs_whole_file_system(int descriptor);

// Reads what is in memory of the file, up to `count` bytes; -1 with EAGAIN when that would need the disk
// (preadv2(2) with RWF_NOWAIT).
long vn_read_cached(int descriptor, void *buffer, unsigned long count, long long offset);

// What stat(2) and lstat(2) say of a name. Beside Foundation, Swift finds two declarations of their structure.
struct vn_file_status {
    unsigned long long device, number;
    long long size;
    int is_regular, is_folder;
};
int vn_status(const char *path, int follows_links, struct vn_file_status *status);

// Makes writes go past the page cache, or through it again (O_DIRECT); -1 where the file system has no such mode.
int vn_set_direct(int descriptor, int is_direct);

#endif
