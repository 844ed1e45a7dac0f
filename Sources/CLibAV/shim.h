// FFmpeg's libraries, with what Swift cannot import (macros) or what changed between versions 5.1 and 7.x as small
// functions.
#ifndef VOICENOTE_CLIBAV_SHIM_H
#define VOICENOTE_CLIBAV_SHIM_H

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/audio_fifo.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>

static inline int vn_averror(int posix_error) { return AVERROR(posix_error); }
static inline int vn_averror_eof(void) { return AVERROR_EOF; }
static inline int vn_averror_eagain(void) { return AVERROR(EAGAIN); }
static inline int vn_averror_enomem(void) { return AVERROR(ENOMEM); }
static inline int vn_averror_invalid_data(void) { return AVERROR_INVALIDDATA; }
static inline int vn_averror_decoder_not_found(void) { return AVERROR_DECODER_NOT_FOUND; }
static inline int vn_averror_exit(void) { return AVERROR_EXIT; }
static inline int64_t vn_no_pts(void) { return AV_NOPTS_VALUE; }
static inline int vn_seek_size(void) { return AVSEEK_SIZE; }

// An index below nb_streams always has a stream with parameters.
static inline AVStream *_Nonnull vn_stream(const AVFormatContext *context, unsigned index) { return context->streams[index]; }
static inline const AVCodecParameters *_Nonnull vn_stream_parameters(const AVFormatContext *context, unsigned index) {
    return context->streams[index]->codecpar;
}

// Reading by callback. The buffer belongs to the context afterwards; NULL means no memory.
static inline AVIOContext *vn_avio_reader(
    int size, void *opaque, int (*read)(void *, uint8_t *, int), int64_t (*seek)(void *, int64_t, int)) {
    unsigned char *buffer = (unsigned char *)av_malloc((size_t)size);
    if (buffer == NULL) return NULL;
    AVIOContext *context = avio_alloc_context(buffer, size, 0, opaque, read, NULL, seek);
    if (context == NULL) av_free(buffer);
    return context;
}

// Writing by callback, without seeking. FFmpeg 7 made the bytes const.
static inline AVIOContext *vn_avio_writer(int size, void *opaque, int (*write)(void *, const uint8_t *, int)) {
    unsigned char *buffer = (unsigned char *)av_malloc((size_t)size);
    if (buffer == NULL) return NULL;
#if LIBAVFORMAT_VERSION_MAJOR >= 61
    AVIOContext *context = avio_alloc_context(buffer, size, 1, opaque, NULL, write, NULL);
#else
    AVIOContext *context =
        avio_alloc_context(buffer, size, 1, opaque, NULL, (int (*)(void *, uint8_t *, int))write, NULL);
#endif
    if (context == NULL) av_free(buffer);
    return context;
}

// Writing by callback, with seeking.
static inline AVIOContext *vn_avio_seeking_writer(
    int size, void *opaque, int (*write)(void *, const uint8_t *, int), int64_t (*seek)(void *, int64_t, int)) {
    AVIOContext *context = vn_avio_writer(size, opaque, write);
    if (context == NULL) return NULL;
    context->seek = seek;
    context->seekable = AVIO_SEEKABLE_NORMAL;
    return context;
}

static inline void vn_avio_free(AVIOContext *context) {
    if (context == NULL) return;
    av_freep(&context->buffer);
    avio_context_free(&context);
}

// The arguments' constness differs between versions.
static inline int vn_swr_convert(
    SwrContext *context, uint8_t **output, int output_samples, uint8_t **input, int input_samples) {
    return swr_convert(context, output, output_samples, (const uint8_t **)input, input_samples);
}

static inline int vn_swr_configure(
    SwrContext **context, const AVChannelLayout *output_layout, enum AVSampleFormat output_format, int output_rate,
    const AVChannelLayout *input_layout, enum AVSampleFormat input_format, int input_rate) {
    return swr_alloc_set_opts2(
        context, (AVChannelLayout *)output_layout, output_format, output_rate, (AVChannelLayout *)input_layout,
        input_format, input_rate, 0, NULL);
}

// libavdevice is loaded when somebody records, and its functions are found by name; these call them. The structures are
// the beginnings of AVDeviceInfo and AVDeviceInfoList, which are the same from 5.1 to 7.x.
typedef struct vn_device_info {
    char *name;
    char *description;
} vn_device_info;

typedef struct vn_device_list {
    vn_device_info **devices;
    int nb_devices;
    int default_device;
} vn_device_list;

static inline void vn_call(void *function) { ((void (*)(void))function)(); }

// avdevice_list_input_sources, without options.
static inline int vn_list_input_sources(void *function, const AVInputFormat *format, vn_device_list **list) {
    typedef int (*list_sources)(const AVInputFormat *, const char *, AVDictionary *, vn_device_list **);
    return ((list_sources)function)(format, NULL, NULL, list);
}

// avdevice_free_list_devices.
static inline void vn_free_device_list(void *function, vn_device_list **list) {
    if (*list != NULL) ((void (*)(vn_device_list **))function)(list);
}

static inline vn_device_info *vn_device(const vn_device_list *list, int index) { return list->devices[index]; }

// An error handler for alsa-lib that prints nothing, and snd_lib_error_set_handler.
static void vn_alsa_say_nothing(
    const char *file, int line, const char *function, int error, const char *format, ...) {
    (void)file, (void)line, (void)function, (void)error, (void)format;
}

static inline void vn_alsa_hush(void *function) {
    typedef void (*handler)(const char *, int, const char *, int, const char *, ...);
    ((int (*)(handler))function)(vn_alsa_say_nothing);
}

// snd_pcm_open for capture, without waiting for who has the device, and snd_pcm_close: 0, or a negative errno.
static inline int vn_alsa_probe(void *open_function, void *close_function, const char *name) {
    void *device = NULL;
    int result = ((int (*)(void **, const char *, int, int))open_function)(&device, name, 1, 1);
    if (result >= 0) ((int (*)(void *))close_function)(device);
    return result;
}

#endif
