#include "CLibAVFilter.h"

#include <dlfcn.h>
#include <errno.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/channel_layout.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/samplefmt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VN_TEXT(value) #value
#define VN_NUMBER(value) VN_TEXT(value)
// The version whose header this was built with: another one may have another layout of its structures.
#define VN_LIBRARY "libavfilter.so." VN_NUMBER(LIBAVFILTER_VERSION_MAJOR)

static struct {
    __typeof__(&avfilter_get_by_name) get_by_name;
    __typeof__(&avfilter_graph_alloc) graph_alloc;
    __typeof__(&avfilter_graph_create_filter) graph_create_filter;
    __typeof__(&avfilter_graph_config) graph_config;
    __typeof__(&avfilter_graph_free) graph_free;
    __typeof__(&avfilter_link) link;
    __typeof__(&avfilter_process_command) process_command;
    __typeof__(&av_buffersrc_add_frame) source_add_frame;
    __typeof__(&av_buffersink_get_frame) sink_get_frame;
} library;

static pthread_once_t loading = PTHREAD_ONCE_INIT;
static int load_result = -ENOENT;

struct vn_denoiser {
    AVFilterGraph *graph;
    AVFilterContext *source;
    AVFilterContext *filter;
    AVFilterContext *sink;
    // What was pulled out of the graph, and how much of it was handed on.
    AVFrame *output;
    int taken;
    int rate;
    int channels;
    int64_t position;
};

static void load(void) {
    void *handle = dlopen(VN_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) return;
    const struct {
        const char *name;
        void *place;
    } symbols[] = {
        {"avfilter_get_by_name", &library.get_by_name},
        {"avfilter_graph_alloc", &library.graph_alloc},
        {"avfilter_graph_create_filter", &library.graph_create_filter},
        {"avfilter_graph_config", &library.graph_config},
        {"avfilter_graph_free", &library.graph_free},
        {"avfilter_link", &library.link},
        {"avfilter_process_command", &library.process_command},
        {"av_buffersrc_add_frame", &library.source_add_frame},
        {"av_buffersink_get_frame", &library.sink_get_frame},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(handle, symbols[i].name);
        if (symbol == NULL) {
            load_result = -ENOSYS;
            return;
        }
        memcpy(symbols[i].place, &symbol, sizeof symbol);
    }
    load_result = 0;
}

int vn_denoiser_load(void) {
    pthread_once(&loading, load);
    return load_result;
}

// libav's errors as those of the operating system, which is all that the caller tells apart.
static int posix_error(int error) { return error == AVERROR(ENOMEM) ? -ENOMEM : -EINVAL; }

static int add(struct vn_denoiser *denoiser, AVFilterContext **context, const char *name, const char *arguments) {
    const AVFilter *filter = library.get_by_name(name);
    if (filter == NULL) return -ENOSYS;
    int result = library.graph_create_filter(context, filter, name, arguments, NULL, denoiser->graph);
    return result < 0 ? posix_error(result) : 0;
}

static int build(struct vn_denoiser *denoiser, double decibels) {
    char arguments[160];
    denoiser->output = av_frame_alloc();
    denoiser->graph = library.graph_alloc();
    if (denoiser->output == NULL || denoiser->graph == NULL) return -ENOMEM;
    // The worker's sandbox allows no thread.
    denoiser->graph->nb_threads = 1;
    snprintf(arguments, sizeof arguments, "sample_rate=%d:sample_fmt=fltp:channel_layout=%s:time_base=1/%d",
             denoiser->rate, denoiser->channels == 1 ? "mono" : "stereo", denoiser->rate);
    int result = add(denoiser, &denoiser->source, "abuffer", arguments);
    if (result != 0) return result;
    // Its own tracking of the noise hardly takes out any; the caller says how loud the noise is.
    snprintf(arguments, sizeof arguments, "noise_reduction=%.2f:noise_floor=-80", decibels);
    if ((result = add(denoiser, &denoiser->filter, "afftdn", arguments)) != 0) return result;
    if ((result = add(denoiser, &denoiser->sink, "abuffersink", NULL)) != 0) return result;
    if ((result = library.link(denoiser->source, 0, denoiser->filter, 0)) < 0) return posix_error(result);
    if ((result = library.link(denoiser->filter, 0, denoiser->sink, 0)) < 0) return posix_error(result);
    result = library.graph_config(denoiser->graph, NULL);
    return result < 0 ? posix_error(result) : 0;
}

struct vn_denoiser *vn_denoiser_make(int rate, int channels, double decibels, int *error) {
    *error = vn_denoiser_load();
    if (*error != 0) return NULL;
    *error = -EINVAL;
    if (rate <= 0 || channels < 1 || channels > 2) return NULL;
    *error = -ENOMEM;
    struct vn_denoiser *denoiser = calloc(1, sizeof *denoiser);
    if (denoiser == NULL) return NULL;
    denoiser->rate = rate;
    denoiser->channels = channels;
    *error = build(denoiser, decibels);
    if (*error == 0) return denoiser;
    vn_denoiser_free(denoiser);
    return NULL;
}

int vn_denoiser_set_floor(struct vn_denoiser *denoiser, double decibels) {
    char text[32];
    // Its own limits; what is not a number is not within them.
    if (!(decibels >= -80)) decibels = -80;
    if (decibels > -20) decibels = -20;
    snprintf(text, sizeof text, "%.2f", decibels);
    int result = library.process_command(denoiser->filter, "noise_floor", text, NULL, 0, 0);
    return result < 0 ? posix_error(result) : 0;
}

int vn_denoiser_push(struct vn_denoiser *denoiser, const double *samples, int count) {
    if (count <= 0) return 0;
    AVFrame *frame = av_frame_alloc();
    if (frame == NULL) return -ENOMEM;
    frame->format = AV_SAMPLE_FMT_FLTP;
    frame->sample_rate = denoiser->rate;
    frame->nb_samples = count;
    frame->pts = denoiser->position;
    av_channel_layout_default(&frame->ch_layout, denoiser->channels);
    int result = av_frame_get_buffer(frame, 0);
    if (result >= 0) {
        for (int channel = 0; channel < denoiser->channels; channel++) {
            float *plane = (float *)frame->extended_data[channel];
            for (int i = 0; i < count; i++) plane[i] = (float)samples[i * denoiser->channels + channel];
        }
        denoiser->position += count;
        result = library.source_add_frame(denoiser->source, frame);
    }
    av_frame_free(&frame);
    return result < 0 ? posix_error(result) : 0;
}

int vn_denoiser_pull(struct vn_denoiser *denoiser, double *samples, int room) {
    AVFrame *output = denoiser->output;
    if (denoiser->taken >= output->nb_samples) {
        av_frame_unref(output);
        denoiser->taken = 0;
        int result = library.sink_get_frame(denoiser->sink, output);
        if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return 0;
        if (result < 0) return posix_error(result);
        if (output->format != AV_SAMPLE_FMT_FLTP || output->ch_layout.nb_channels != denoiser->channels) return -EINVAL;
    }
    int count = output->nb_samples - denoiser->taken;
    if (count > room) count = room;
    for (int channel = 0; channel < denoiser->channels; channel++) {
        const float *plane = (const float *)output->extended_data[channel] + denoiser->taken;
        for (int i = 0; i < count; i++) samples[i * denoiser->channels + channel] = plane[i];
    }
    denoiser->taken += count;
    return count;
}

void vn_denoiser_free(struct vn_denoiser *denoiser) {
    if (denoiser == NULL) return;
    if (denoiser->graph != NULL) library.graph_free(&denoiser->graph);
    av_frame_free(&denoiser->output);
    free(denoiser);
}
