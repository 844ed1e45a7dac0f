/// What the system does: accounts, ingest, processing, notes, playback, events, health.
///
/// Services hold the rules that span several tables, files and processes. They know nothing of HTTP: requests come in
/// as values, trouble goes out as ``Core/VoiceNoteError``.
enum Services {}
