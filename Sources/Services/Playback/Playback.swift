public import Blobs
public import Core
public import NIOCore
public import Persistence

/// Which blob a player gets, and what it must know about it.
public final class Playback: Sendable {
    private let database: any SQLDatabase
    private let store: LocalStore
    private let signer: URLSigner
    private let remote: Remote?
    private let use: LocalUse
    /// Notes of accounts that are being played, so that a player's many ranges cost one look.
    private let ready = FreshCache<Request, Audio>(mostEntries: 512)

    private struct Request: Hashable, Sendable {
        let note: Note.ID
        let choice: Choice?
        let account: Account.ID
    }

    /// What is needed for recordings that are not here.
    public struct Remote: Sendable {
        let urls: StoreURLs
        let copies: LocalCopies
        let redirects: Bool

        /// - Parameter redirects: whether players are sent to stores, rather than the recording being brought back.
        public init(urls: StoreURLs, copies: LocalCopies, redirects: Bool) {
            self.urls = urls
            self.copies = copies
            self.redirects = redirects
        }
    }

    /// - Parameter remote: nil where there is no other store.
    public init(database: any SQLDatabase, store: LocalStore, signer: URLSigner, remote: Remote? = nil) {
        self.database = database
        self.store = store
        self.signer = signer
        self.remote = remote
        use = LocalUse(database: database)
    }

    /// What somebody may ask for.
    public enum Choice: String, Sendable, CaseIterable, Codable {
        case listen
        /// The source's own packets in a finished container, where the source cannot be sought in.
        case repaired
        case source
    }

    /// Where the bytes come from.
    public enum Source: Sendable {
        case file(OpenFile)
        /// Another store, from which they are on their way.
        case coming(Fetch)
        /// An edit, rendered while it is read.
        case rendered(EditPreview)
        /// Another store, where the player is to get them itself.
        case elsewhere(StoreURLs.SignedURL)
    }

    /// A blob that is ready to be sent.
    public struct Audio: Sendable {
        public let source: Source
        /// Bytes.
        public let size: Int64
        /// Tells these bytes from all others under the same address.
        public let entityTag: String
        public let mimeType: String
        /// A blob never changes, so the time of the recording is the time of its last modification.
        public let modified: Timestamp
        /// Whether it grows: then nobody may keep it.
        public let isGrowing: Bool
        /// The name under which a browser stores it.
        public let fileName: String
    }

    /// The audio of the account's note.
    /// - Parameter choice: nil takes the listen copy where there is one, else the repaired one, else the source.
    /// - Parameters:
    ///   - mayRedirect: whether the caller can send the player elsewhere.
    ///   - isDownload: whether a browser is to save it.
    public func audio(
        _ id: Note.ID, _ choice: Choice?, of account: Account.ID, mayRedirect: Bool = false, isDownload: Bool = false
    ) async throws -> Audio {
        let request = Request(note: id, choice: choice, account: account)
        if let known = ready.value(for: request, generation: database.generation) { return known }
        let generation = database.generation
        guard let note = try await database.read({ try $0.notes.find(id, of: account) }) else {
            throw VoiceNoteError.notFound("note")
        }
        let audio = try await open(note, choice, mayRedirect: mayRedirect, isDownload: isDownload)
        // What comes from elsewhere is another answer each time.
        if case .file = audio.source { ready.remember(audio, for: request, generation: generation) }
        return audio
    }

    /// The file of an export.
    public func audio(
        of export: Export, _ note: Note, mayRedirect: Bool = false, isDownload: Bool = false
    ) async throws -> Audio {
        guard let blob = export.blob else {
            throw VoiceNoteError(
                .notReady, export.state == .failed ? "The export failed." : "The export is not done yet.")
        }
        let name = note.fileName(extension: export.format.fileExtension)
        return try await open(
            blob, named: name, modified: export.createdAt, mayRedirect: mayRedirect, isDownload: isDownload)
    }

    /// What is on disk of a recording that is still being uploaded.
    public func audio(of upload: Upload.ID, in uploads: Uploads, account: Account.ID) async throws -> Audio {
        let (upload, file) = try await uploads.audio(upload, of: account)
        return Audio(
            source: .file(file), size: upload.offset, entityTag: "\(upload.id)-\(upload.offset)",
            mimeType: upload.draft.mimeType,
            modified: upload.updatedAt, isGrowing: true, fileName: upload.draft.fileName ?? "recording")
    }

    /// The audio for the bearer of a signed URL; nobody needs to be signed in.
    public func audio(_ id: Note.ID, grant: URLGrant, mayRedirect: Bool = false) async throws -> Audio {
        guard let note = try await database.read({ try $0.notes.find(id) }) else {
            throw VoiceNoteError(.urlRevoked, "The recording behind this link is gone.")
        }
        try signer.verify(grant, for: note, at: .now())
        return try await open(note, grant.choice, mayRedirect: mayRedirect, isDownload: grant.download)
    }

    /// A path with query that plays without a token until `expiresAt`.
    public func signedPath(
        _ id: Note.ID, _ choice: Choice?, lifetime: Duration, download: Bool, of account: Account.ID
    ) async throws -> (path: String, expiresAt: Timestamp) {
        guard let note = try await database.read({ try $0.notes.find(id, of: account) }) else {
            throw VoiceNoteError.notFound("note")
        }
        guard note.trashedAt == nil else {
            throw VoiceNoteError(.conflict, "The note is in the trash; restore it before you share it.")
        }
        // URLs carry whole seconds: the next one, so that the URL lives at least as long as was asked for.
        let seconds = ((Timestamp.now() + lifetime).milliseconds + 999) / 1000
        let expiresAt = Timestamp(milliseconds: seconds * 1000)
        let grant = signer.grant(for: note, choice, expiresAt: expiresAt, download: download)
        return ("/api/v1/notes/\(id)/audio?\(grant.query)", expiresAt)
    }

    /// The note's waveform, and the digest of the stored one.
    public func waveform(
        _ id: Note.ID, of account: Account.ID
    ) async throws -> (reading: WaveformReading, sha256: SHA256Hash) {
        guard let note = try await database.read({ try $0.notes.find(id, of: account) }) else {
            throw VoiceNoteError.notFound("note")
        }
        guard let rendition = note.recording.rendition(.waveform) else { throw Self.notReady(note) }
        let file: OpenFile
        do {
            file = try await store.open(rendition.blob.sha256)
        } catch let error as FileError where error.isMissing {
            // It is made again from the source.
            try await database.write { connection in
                try connection.jobs.enqueue(
                    kind: Processing.jobKind, subject: note.recording.id.description,
                    mostAttempts: Processing.retryPolicy.mostAttempts, at: .now())
            }
            throw VoiceNoteError(.notReady, "The waveform is being made again; try again in a moment.")
        }
        return (WaveformReading(file: file, store: store), rendition.blob.sha256)
    }

    /// Reads of the audio; fewer bytes than `count` come only at its end.
    public func read(_ audio: Audio, at offset: Int64, count: Int) async throws -> ByteBuffer {
        switch audio.source {
        case .file(let file): return try await read(file, at: offset, count: count)
        case .coming(let fetch):
            do {
                return try await fetch.read(at: offset, count: count)
            } catch {
                throw Self.unavailable(error)
            }
        case .rendered(let preview): return try await preview.read(at: offset, count: count)
        case .elsewhere: preconditionFailure("a player that was sent elsewhere reads nothing here")
        }
    }

    /// Reads of the file: at once what is in memory, else on a thread that may wait for the disk. Fewer bytes than
    /// `count` come only at the file's end.
    private func read(_ file: OpenFile, at offset: Int64, count: Int) async throws -> ByteBuffer {
        var buffer = ByteBuffer()
        let isCached = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            file.readCached(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]), at: offset) ?? 0
        }
        if isCached == count { return buffer }
        return try await store.blocking {
            var buffer = ByteBuffer()
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]), at: offset)
            }
            return buffer
        }
    }

    /// Where the recording is silent.
    public func silence(_ id: Note.ID, of account: Account.ID) async throws -> SilenceMap {
        let (note, silence) = try await database.read { connection in
            guard let note = try connection.notes.find(id, of: account) else { throw VoiceNoteError.notFound("note") }
            return (note, try connection.recordings.silence(of: note.recording.id))
        }
        guard let silence else { throw Self.notReady(note) }
        return silence
    }

    private func open(
        _ note: Note, _ choice: Choice?, mayRedirect: Bool, isDownload: Bool
    ) async throws -> Audio {
        let listen = note.recording.rendition(.listen)
        let blob: Blob
        switch choice {
        case .source: blob = note.recording.blob
        case .listen:
            guard let listen else { throw Self.notReady(note) }
            blob = listen.blob
        case .repaired:
            guard let repaired = note.recording.rendition(.repaired) else { throw Self.notReady(note) }
            blob = repaired.blob
        case nil: blob = (listen ?? note.recording.rendition(.repaired))?.blob ?? note.recording.blob
        }
        return try await open(
            blob, named: note.fileName(isSource: blob != listen?.blob), modified: note.createdAt,
            mayRedirect: mayRedirect, isDownload: isDownload)
    }

    private func open(
        _ blob: Blob, named fileName: String, modified: Timestamp, mayRedirect: Bool, isDownload: Bool
    ) async throws -> Audio {
        let disposition =
            isDownload
            ? ContentDisposition.attachment(fileName: fileName) : ContentDisposition.inline(fileName: fileName)
        return Audio(
            source: try await source(of: blob, mayRedirect: mayRedirect, disposition: disposition), size: blob.size,
            entityTag: blob.sha256.description, mimeType: blob.mimeType, modified: modified, isGrowing: false,
            fileName: fileName)
    }

    /// From here, else by a store's URL, else on its way back from a store: what policy prefers of the two.
    private func source(of blob: Blob, mayRedirect: Bool, disposition: String) async throws -> Source {
        do {
            let file = try await store.open(blob.sha256)
            if remote != nil { use.note(blob.sha256) }
            return .file(file)
        } catch let error as FileError where error.isMissing {
            guard let remote else {
                throw Self.unavailable(
                    LocalCopies.Unavailable(
                        reason: "The recording is not on this server, and the store that had it is not configured."))
            }
            do {
                if mayRedirect, remote.redirects,
                    let url = try await remote.urls.url(for: blob, disposition: disposition)
                {
                    return .elsewhere(url)
                }
                return .coming(try await remote.copies.fetch(blob))
            } catch {
                throw Self.unavailable(error)
            }
        }
    }

    static func unavailable(_ error: any Error) -> any Error {
        switch error {
        case let error as LocalCopies.Unavailable:
            VoiceNoteError(.unavailable, "\(error.reason) Nothing is lost; try again later.", retryAfter: .seconds(30))
        case let error as StoreError:
            VoiceNoteError(.unavailable, "\(error.message) Nothing is lost; try again later.", retryAfter: .seconds(30))
        default: error
        }
    }

    private static func notReady(_ note: Note) -> VoiceNoteError {
        note.state == .processing
            ? VoiceNoteError(.notReady, "The recording is still being processed; try again in a moment.")
            : VoiceNoteError(.notFound, "The recording has no such rendition; the source is there.")
    }
}
