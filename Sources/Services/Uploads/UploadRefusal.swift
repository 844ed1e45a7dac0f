public import Core

/// Why a request on an upload changes nothing. The protocols say it in different words.
public enum UploadRefusal: Error, Sendable {
    /// The client is at another offset than the upload.
    case offset(Upload, provided: Int64)
    /// The upload is complete: it takes no more bytes.
    case complete(Upload)
    /// It is made of parts, and takes no bytes at all.
    case isFinal(Upload)
    /// The lengths that the client announced contradict each other, or the bytes.
    case inconsistentLength(Upload?)
    /// What arrived is not what the client's digest of this request announced.
    case digest(Upload)
    /// The upload was deleted or has expired.
    case gone
    /// A recording may have so many bytes and no more.
    case tooLarge(most: Int64)
}
