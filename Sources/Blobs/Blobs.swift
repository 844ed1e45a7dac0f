/// Stores of blobs: the data folder today. A blob is an immutable file named by its SHA-256.
///
/// Nothing here knows notes or accounts. What this room promises is durability: a blob that was committed is on disk
/// with its name and all folders above it, and one that is there already is read before it is believed.
enum Blobs {}
