/// Headers that the store is to answer a signed URL with instead of its own; they are part of what is signed.
public struct S3ResponseOverrides: Sendable, Hashable {
    public var cacheControl: String?
    public var contentDisposition: String?
    public var contentType: String?

    public init(cacheControl: String? = nil, contentDisposition: String? = nil, contentType: String? = nil) {
        self.cacheControl = cacheControl
        self.contentDisposition = contentDisposition
        self.contentType = contentType
    }

    /// Appends the parameters, each with an ampersand in front, in the order of their names.
    func append(to bytes: inout [UInt8]) {
        Self.append("&response-cache-control=", cacheControl, to: &bytes)
        Self.append("&response-content-disposition=", contentDisposition, to: &bytes)
        Self.append("&response-content-type=", contentType, to: &bytes)
    }

    private static func append(_ name: String, _ value: String?, to bytes: inout [UInt8]) {
        guard let value else { return }
        bytes.append(utf8: name)
        PercentText.append(value, to: &bytes)
    }
}
