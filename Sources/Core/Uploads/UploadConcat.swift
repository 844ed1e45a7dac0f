/// `Upload-Concat` of tus 1.0: whether an upload is a part, or made of parts.
public enum UploadConcat: Sendable, Hashable {
    case partial
    /// The parts in their order; one may come more than once.
    case final([Upload.ID])

    /// How many parts one upload may have.
    public static let mostParts = 1000

    /// Reads `partial` or `final;URL URL…`. Of a URL, absolute or relative, the last part of the path is the id.
    public init(_ text: String) throws(InvalidValue) {
        if text == "partial" {
            self = .partial
            return
        }
        guard text.hasPrefix("final;") else {
            throw InvalidValue("Upload-Concat is either \"partial\" or \"final;\" with the URLs of the parts.")
        }
        let urls = text.dropFirst("final;".count).split(separator: " ")
        guard (1...Self.mostParts).contains(urls.count) else {
            throw InvalidValue("Upload-Concat needs from 1 to \(Self.mostParts) URLs of parts.")
        }
        var parts: [Upload.ID] = []
        for url in urls {
            guard !url.contains(","), let last = url.split(separator: "/").last, let id = Upload.ID(last) else {
                throw InvalidValue("Upload-Concat names something that is no upload.")
            }
            parts.append(id)
        }
        self = .final(parts)
    }
}
