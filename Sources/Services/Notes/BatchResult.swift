public import Core

/// What became of each note of a batch, in the order of the request. Stored as the answer to a request with an idempotency
/// key.
public struct BatchResult: Sendable, Hashable, Codable {
    public struct Item: Sendable, Hashable, Codable {
        /// As the request wrote it.
        public let id: String
        /// Why it was not done; nil where it was.
        public let code: VoiceNoteError.Code?
        /// The same in words for a person.
        public let detail: String?

        init(id: String, code: VoiceNoteError.Code? = nil, detail: String? = nil) {
            self.id = id
            self.code = code
            self.detail = detail
        }
    }

    public let items: [Item]

    public var succeeded: Int { items.count { $0.code == nil } }
    public var failed: Int { items.count - succeeded }
}
