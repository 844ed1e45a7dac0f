#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

ssize_t vn_channel_send(int channel, const void *bytes, size_t count, const int *descriptors, int descriptor_count) {
    if (descriptor_count < 0 || descriptor_count > vn_channel_most_descriptors) return -EINVAL;
    size_t sent = 0;
    while (sent < count) {
        struct iovec part = {.iov_base = (char *)bytes + sent, .iov_len = count - sent};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        union {
            char bytes[CMSG_SPACE(sizeof(int) * vn_channel_most_descriptors)];
            struct cmsghdr aligned;
        } control;
        if (sent == 0 && descriptor_count > 0) {
            memset(&control, 0, sizeof control);
            size_t payload = sizeof(int) * (size_t)descriptor_count;
            message.msg_control = control.bytes;
            message.msg_controllen = CMSG_SPACE(payload);
            struct cmsghdr *header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(payload);
            memcpy(CMSG_DATA(header), descriptors, payload);
        }
        ssize_t result = sendmsg(channel, &message, MSG_NOSIGNAL);
        if (result < 0) {
            if (errno == EINTR) continue;
            return -errno;
        }
        sent += (size_t)result;
    }
    return (ssize_t)sent;
}

ssize_t vn_channel_receive(int channel, void *bytes, size_t count, int *descriptors, int *descriptor_count) {
    int room = *descriptor_count;
    *descriptor_count = 0;
    struct iovec part = {.iov_base = bytes, .iov_len = count};
    union {
        char bytes[CMSG_SPACE(sizeof(int) * vn_channel_most_descriptors)];
        struct cmsghdr aligned;
    } control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t result;
    do {
        result = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
    } while (result < 0 && errno == EINTR);
    if (result < 0) return -errno;
    int too_many = (message.msg_flags & MSG_CTRUNC) != 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t number = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < number; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            if (*descriptor_count < room) {
                descriptors[(*descriptor_count)++] = descriptor;
            } else {
                close(descriptor);
                too_many = 1;
            }
        }
    }
    if (too_many) {
        while (*descriptor_count > 0) close(descriptors[--*descriptor_count]);
        return -EMSGSIZE;
    }
    return result;
}
