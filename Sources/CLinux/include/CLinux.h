// Calls of Linux that the Swift overlay of the C library leaves out.
#ifndef VOICENOTE_CLINUX_H
#define VOICENOTE_CLINUX_H

// Begins to write a file's dirty pages out, without waiting (sync_file_range(2)).
int vn_start_write_out(int descriptor);

// Returns when everything that was written to the file system is on disk (syncfs(2)).
int vn_sync_file_system(int descriptor);

#endif
