// Noise reduction by libavfilter's afftdn, behind a few functions that show nothing of libav.
//
// libavfilter is not linked: it would bring 32 more libraries (speech synthesis, Vulkan, LAPACK) into every process of
// VoiceNote. The media worker loads it at its start, before its sandbox closes; nothing else does.
#ifndef VOICENOTE_CLIBAVFILTER_H
#define VOICENOTE_CLIBAVFILTER_H

struct vn_denoiser;

// Loads libavfilter, once. 0, or a negative errno: -ENOENT when it is not installed, -ENOSYS when it lacks something.
// May be called from any thread.
int vn_denoiser_load(void);

// Makes a denoiser for so many samples a second and 1 or 2 channels, which takes out up to `decibels` (0.01 to 97).
// NULL on failure, with a negative errno in `error`. Used from one thread at a time.
struct vn_denoiser *vn_denoiser_make(int rate, int channels, double decibels, int *error);

// Says how loud the noise is, in dB relative to full scale (-80 to -20), for what is pushed from now on. 0, or a
// negative errno. At first it is taken to be as quiet as possible, so that nothing is taken out.
int vn_denoiser_set_floor(struct vn_denoiser *denoiser, double decibels);

// Takes `count` interleaved samples of each channel. 0, or a negative errno.
int vn_denoiser_push(struct vn_denoiser *denoiser, const double *samples, int count);

// Gives at most `room` interleaved samples of each channel: their number, 0 for none yet, or a negative errno.
int vn_denoiser_pull(struct vn_denoiser *denoiser, double *samples, int room);

// Frees it; NULL is allowed.
void vn_denoiser_free(struct vn_denoiser *denoiser);

#endif
