public import Core

/// The headers of one part of a form.
public struct MultipartPartHeaders: Sendable, Hashable {
    public struct Field: Sendable, Hashable {
        /// In lower case.
        public let name: String
        /// Without blanks around it; bytes that are not UTF-8 stand as U+FFFD.
        public let value: String
    }

    /// The field's name and, for a file, the name it had.
    public let disposition: FormDataDisposition
    /// All headers in their order, those with a meaning here included.
    public let fields: [Field]

    public var name: String { disposition.name }
    public var fileName: String? { disposition.fileName }
    public var contentType: String? { self["content-type"] }

    /// The value of the first header of this name, which is given in lower case.
    public subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    init(fields: [Field]) throws(MultipartError) {
        for name in ["content-disposition", "content-type", "content-transfer-encoding"] {
            guard fields.count(where: { $0.name == name }) <= 1 else { throw .headerRepeated(name: name) }
        }
        guard let text = fields.first(where: { $0.name == "content-disposition" })?.value else {
            throw .dispositionMissing
        }
        do {
            disposition = try FormDataDisposition.parse(text)
        } catch {
            throw .disposition(error)
        }
        self.fields = fields
        guard self["content-type"]?.lowercased().hasPrefix("multipart/") != true else { throw .nestedMultipart }
        let encoding = self["content-transfer-encoding"]?.lowercased() ?? "binary"
        guard ["binary", "8bit", "7bit"].contains(encoding) else { throw .transferEncodingUnsupported }
    }
}
