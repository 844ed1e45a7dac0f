// The media worker's walls, and the passing of file descriptors between it and the server. Linux only.
// Every function answers 0 (or a count) on success and a negative errno on failure.
#ifndef VOICENOTE_CSANDBOX_H
#define VOICENOTE_CSANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct vn_sandbox_limits {
    uint64_t address_space_bytes;
    uint64_t file_bytes;
    uint64_t open_files;
};

// Lower priority, death with the parent, no core dumps, no debugger, no new privileges, and the resource limits.
// `parent` is who must still be the parent afterwards: otherwise it died before the request took effect (-ESRCH).
int vn_sandbox_limit(const struct vn_sandbox_limits *limits, int nice_increment, pid_t parent);

// Installs the system call filter on all threads, for good. Reading, writing and seeking on open descriptors, memory,
// clocks, receiving and sending on descriptor `channel`, and exiting stay possible; everything else is EPERM: opening,
// sockets, new processes and threads, signals to others, executable memory.
int vn_sandbox_filter(int channel);

// Starts a program with `channel` as its descriptor 0, /dev/null as 1 and 2, and no other descriptor, in a process
// group of its own, with default signal handling. The lists end with NULL.
int vn_spawn(const char *executable, char *const arguments[], char *const environment[], int channel, pid_t *process);

// How many descriptors can travel together: the sources of an edit, and an output.
enum { vn_channel_most_descriptors = 104 };

// Sends all bytes, with the descriptors attached to the first. A closed peer is -EPIPE, never SIGPIPE.
ssize_t vn_channel_send(int channel, const void *bytes, size_t count, const int *descriptors, int descriptor_count);

// Receives up to `count` bytes, 0 at the end. Descriptors that came along are close-on-exec; `descriptor_count` is
// the room on entry and the number on return. More than there is room for: all are closed, -EMSGSIZE.
ssize_t vn_channel_receive(int channel, void *bytes, size_t count, int *descriptors, int *descriptor_count);

// A descriptor of an empty file that exists in memory only.
int vn_memory_file(void);

// Opens this process's own status, to be read inside the sandbox, where nothing can be opened any more.
int vn_open_own_status(void);

// The highest resident set of this process so far, in bytes, from its open status. (getrusage would tell the parent's:
// a process that is started by vfork inherits that figure.)
int64_t vn_peak_resident_bytes(int status);

#endif
