/// How much a form may ask of the parser. The sizes of the bodies are for whoever takes them to limit.
public struct MultipartLimits: Sendable, Hashable {
    /// The headers of one part, with their line ends, in bytes.
    public var headerBytes = 8 * 1024
    /// Headers of one part.
    public var headers = 16
    /// Parts of the form.
    public var parts = 64
    /// Bytes before the first boundary.
    public var preambleBytes = 4 * 1024
    /// Bytes after the last boundary.
    public var epilogueBytes = 4 * 1024
    /// Blanks between a boundary and the end of its line.
    public var boundaryPaddingBytes = 256

    public init() {}
}
