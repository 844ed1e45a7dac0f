import Core

/// What the server says about edits, as far as the command needs it.
enum EditBodies {
    struct NoteDetails: Decodable, Sendable {
        struct Source: Decodable, Sendable {
            let id: Recording.ID
        }
        let title: String
        let recording: Source
    }

    /// What is heard.
    struct State: Decodable, Sendable {
        let head: EditReport.Version?
        let list: EditList
        let count: Int
    }

    struct Page: Decodable, Sendable {
        let edit: State
        let versions: [EditReport.Version]
        let next: Int?
    }

    /// A change with the version that it was made from.
    struct Change: Encodable, Sendable {
        var base: String?
        var operations: [EditOperation]?
        var action: String?
        var name: String?

        private enum CodingKeys: String, CodingKey {
            case base, operations, action, name
        }

        /// `base` is always there: null before the first change.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(base, forKey: .base)
            try container.encodeIfPresent(operations, forKey: .operations)
            try container.encodeIfPresent(action, forKey: .action)
            try container.encodeIfPresent(name, forKey: .name)
        }
    }

    struct Name: Encodable, Sendable {
        let name: String
    }

    /// A problem (RFC 9457) with what only edits have.
    struct Problem: Decodable, Sendable {
        struct Field: Decodable, Sendable {
            let field: String
            let message: String
        }
        let detail: String
        let code: String
        let errors: [Field]?
        /// What is heard by now, where somebody else was faster.
        let head: EditReport.Version?
    }

    struct ExportWish: Encodable, Sendable {
        let format: String
        let bits: Int?
        let bitRate: Int?
        let quality: Int?
    }

    struct Export: Decodable, Sendable {
        enum State: String, Decodable, Sendable {
            case waiting, running, done, failed
        }
        let id: String
        let state: State
        let progress: Double
        let reason: String?
        let size: Int64?
        let sha256: String?
        let durationMs: Int64?
        let normalization: EditReport.Normalizing?
    }
}
