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

#endif
