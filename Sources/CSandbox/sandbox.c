#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static int limit(__rlimit_resource_t resource, uint64_t value) {
    struct rlimit current;
    if (getrlimit(resource, &current) != 0) return -errno;
    rlim_t wanted = (rlim_t)value;
    if (current.rlim_max != RLIM_INFINITY && wanted > current.rlim_max) wanted = current.rlim_max;
    struct rlimit new_limit = {.rlim_cur = wanted, .rlim_max = wanted};
    return setrlimit(resource, &new_limit) == 0 ? 0 : -errno;
}

int vn_sandbox_limit(const struct vn_sandbox_limits *limits, int nice_increment, pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return -errno;
    if (parent > 0 && getppid() != parent) return -ESRCH;
    if (nice_increment > 0) {
        // A failure leaves the priority as it is, which is no reason not to work.
        (void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + nice_increment);
    }
    // A file at its limit answers EFBIG to write() instead of ending the process.
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    int result;
    if ((result = limit(RLIMIT_CORE, 0)) != 0) return result;
    if ((result = limit(RLIMIT_NPROC, 0)) != 0) return result;
    if ((result = limit(RLIMIT_MEMLOCK, 0)) != 0) return result;
    if ((result = limit(RLIMIT_MSGQUEUE, 0)) != 0) return result;
    if ((result = limit(RLIMIT_NOFILE, limits->open_files)) != 0) return result;
    if ((result = limit(RLIMIT_FSIZE, limits->file_bytes)) != 0) return result;
    if ((result = limit(RLIMIT_AS, limits->address_space_bytes)) != 0) return result;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return -errno;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
    return 0;
}

int vn_sandbox_filter(int channel) {
    // Names that an architecture does not have (brk's kin differ) are resolved here, so that the list serves all.
    static const char *const allowed[] = {
        "read", "readv", "pread64", "preadv", "write", "writev", "pwrite64", "pwritev", "lseek", "_llseek",
        "ftruncate", "ftruncate64", "fsync", "fdatasync", "close",
        "munmap", "mremap", "brk", "madvise",
        "futex", "futex_time64", "sched_yield", "sched_getaffinity",
        "clock_gettime", "clock_gettime64", "clock_getres", "gettimeofday", "time", "getrusage",
        "getrandom", "getpid", "gettid",
        "rt_sigreturn", "rt_sigprocmask", "rt_sigaction", "sigaltstack", "restart_syscall",
        "exit", "exit_group",
    };
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (context == NULL) return -ENOMEM;
    int result = seccomp_attr_set(context, SCMP_FLTATR_CTL_TSYNC, 1);
    for (size_t i = 0; result == 0 && i < sizeof allowed / sizeof *allowed; i++) {
        int number = seccomp_syscall_resolve_name(allowed[i]);
        if (number == __NR_SCMP_ERROR) continue;
        result = seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 0);
        // The name exists, but on other architectures only.
        if (result == -EDOM || (result == -EINVAL && number < 0)) result = 0;
    }
    // Memory may be made and changed, but never executable: code that is not there at the start cannot come later.
    if (result == 0)
        result = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (result == 0)
        result = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    // The one channel to the server, and no other socket, even if a descriptor of one should ever get here.
    if (result == 0)
        result = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(recvmsg), 1,
                                  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)channel));
    if (result == 0)
        result = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1,
                                  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)channel));
    // abort() signals its own process.
    if (result == 0)
        result = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    if (result == 0) result = seccomp_load(context);
    seccomp_release(context);
    return result;
}

int vn_memory_file(void) {
    int descriptor = memfd_create("voicenote", MFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int vn_open_own_status(void) {
    int status = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    return status >= 0 ? status : -errno;
}

int64_t vn_peak_resident_bytes(int status) {
    char text[4096];
    ssize_t count = pread(status, text, sizeof text - 1, 0);
    if (count < 0) return -errno;
    text[count] = 0;
    const char *line = strstr(text, "VmHWM:");
    return line ? strtoll(line + 6, NULL, 10) * 1024 : 0;
}
