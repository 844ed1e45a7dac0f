/// Values and rules without I/O: identifiers, times, notes, recordings, accounts, validation, errors.
///
/// Nothing in this room opens a file, a socket or a database, and nothing here depends on another room.
public enum Core {
    /// The version that the API, the page and `voicenote --version` report.
    public static let version = "0.1.0"
}
