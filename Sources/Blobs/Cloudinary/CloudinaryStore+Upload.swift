import AsyncHTTPClient
public import Core
import NIOCore
import NIOHTTP1

extension CloudinaryStore {
    /// One that is there already is verified instead; other bytes under its name are left alone and told of as damage.
    /// What was sent is hashed here: a blob in parts is read again for that when all of them have arrived.
    public func put(
        _ blob: Blob, from source: any BlobSource, resuming transfer: StoreTransfer?,
        progress: @escaping @Sendable (StoreProgress) async throws -> Void
    ) async throws -> StoreReceipt {
        guard blob.size > 0 else { throw StoreError(.refused, "\(name) takes no empty files.") }
        let known = transfer.flatMap { CloudinaryParts.kind(of: $0, size: blob.size) }
        let upload = Upload(blob: blob, source: source, kind: known ?? .video, progress: progress)
        do {
            return try await put(upload, resuming: known == nil ? nil : transfer)
        } catch is NotMedia {
            return try await put(upload.asRaw, resuming: nil)
        }
    }

    /// What is to be brought there, and as what.
    private struct Upload: Sendable {
        let blob: Blob
        let source: any BlobSource
        var kind: CloudinaryAsset.ResourceType
        let progress: @Sendable (StoreProgress) async throws -> Void

        var asRaw: Upload {
            var upload = self
            upload.kind = .raw
            return upload
        }
    }

    /// Cloudinary does not know the blob as media.
    private struct NotMedia: Error {}

    /// Nothing more can come of this upload in parts; a new one may succeed.
    private struct UploadIsOver: Error {}

    private func put(_ upload: Upload, resuming transfer: StoreTransfer?) async throws -> StoreReceipt {
        if upload.blob.size <= partSize { return try await putWhole(upload) }
        // One cheap question before many bytes: it may be there, or the last answer of an earlier attempt was lost.
        if let found = try await lookUp(upload.blob.sha256, upload.kind) {
            return try await proven(found, upload, md5: try await md5(upload))
        }
        if let transfer {
            do {
                return try await putInParts(upload, transfer)
            } catch is UploadIsOver {
                // Cloudinary has forgotten its parts, or made something of them; it begins anew.
            }
        }
        do {
            return try await putInParts(upload, CloudinaryParts.begin(upload.kind, partSize: partSize))
        } catch is UploadIsOver {
            throw StoreError(.failing, "\(name) has every part of the upload and did not put them together.")
        }
    }

    private func putWhole(_ upload: Upload) async throws -> StoreReceipt {
        let size = upload.blob.size
        let (answer, digest) = try await Patience.trying {
            let digest = PieceDigest()
            return (try await send(0..<size, of: upload, hashedBy: digest), digest)
        }
        // An answer that comes early leaves bytes unread.
        let md5 = digest.count == size ? digest.md5 : try await md5(upload)
        return try await proven(answer, upload, md5: md5)
    }

    /// Sends the parts that are not there yet. A part whose answer was lost goes again: same range, same id.
    private func putInParts(_ upload: Upload, _ transfer: StoreTransfer) async throws -> StoreReceipt {
        let parts = CloudinaryParts(size: upload.blob.size, partSize: transfer.partSize)
        let isResumed = !transfer.parts.isEmpty
        var transfer = transfer
        while transfer.parts.count < parts.count - 1 {
            let range = parts[transfer.parts.count]
            let id = transfer.id
            do {
                _ = try await Patience.trying { try await send(range, of: upload, in: parts, id) }
            } catch let error as StoreError where error.kind == .refused && isResumed {
                throw UploadIsOver()
            }
            transfer.parts.append(String(range.upperBound - range.lowerBound))
            try await upload.progress(StoreProgress(bytesDone: range.upperBound, transfer: transfer))
        }
        let answer = try await sendLast(upload, parts, transfer.id, isResumed: isResumed)
        return try await proven(answer, upload, md5: try await md5(upload))
    }

    /// Sends the last part, of which the whole becomes. When its answer is lost, the parts may be gone and the whole be
    /// there: that is asked before it goes again.
    private func sendLast(
        _ upload: Upload, _ parts: CloudinaryParts, _ id: String, isResumed: Bool
    ) async throws -> CloudinaryAnswer {
        var attempts = 0
        do {
            let answer = try await Patience.trying {
                if attempts > 0, let found = try await lookUp(upload.blob.sha256, upload.kind) { return found }
                attempts += 1
                return try await send(parts[parts.count - 1], of: upload, in: parts, id)
            }
            if answer.done == false { throw UploadIsOver() }
            return answer
        } catch let error as StoreError where error.kind == .refused && (isResumed || attempts > 1) {
            if let found = try await lookUp(upload.blob.sha256, upload.kind) { return found }
            throw UploadIsOver()
        }
    }

    /// One signed form with a range of the blob, read from disk while it is sent.
    private func send(
        _ range: Range<Int64>, of upload: Upload, in parts: CloudinaryParts? = nil, _ id: String = "",
        hashedBy digest: PieceDigest? = nil
    ) async throws -> CloudinaryAnswer {
        let name = upload.blob.sha256.description
        let parameters: CloudinaryParameters = [
            "public_id": addresses.publicID(of: upload.blob.sha256), "type": "authenticated", "overwrite": "false",
        ]
        let form = CloudinaryForm(addresses.signer.signed(parameters, at: .now()), fileName: name)
        let pieces = upload.source.bytes(range)
        let length = form.length(around: range.upperBound - range.lowerBound)
        var request = post(
            "upload", upload.kind, contentType: form.contentType,
            .stream(form.body(around: digest.map { pieces.hashed(by: $0) } ?? pieces), length: .known(length)))
        if let parts {
            request.headers.add(name: "x-unique-upload-id", value: id)
            request.headers.add(name: "content-range", value: parts.contentRange(range))
        }
        let answer = try await client.ask(request, sending: length)
        if upload.kind == .video, answer.status == 400, failure(answer).isNotMedia { throw NotMedia() }
        return try understood(answer)
    }

    /// The receipt, if what the answer says is what should be there. An answer that says otherwise is asked about once
    /// more, before it is believed.
    private func proven(_ answer: CloudinaryAnswer, _ upload: Upload, md5: [UInt8]) async throws -> StoreReceipt {
        let (publicID, size) = (addresses.publicID(of: upload.blob.sha256), upload.blob.size)
        if answer.difference(publicID: publicID, size: size, md5: md5) == nil { return answer.receipt(upload.kind) }
        guard let found = try await lookUp(upload.blob.sha256, upload.kind) else {
            throw StoreError(.damaged, "\(name) does not have what was sent.")
        }
        if let difference = found.difference(publicID: publicID, size: size, md5: md5) {
            throw StoreError(
                .damaged, "\(name) has the recording \(difference). Remove it there, and it is sent again.")
        }
        return found.receipt(upload.kind)
    }

    /// The MD5 of the whole blob, read from where it comes.
    private func md5(_ upload: Upload) async throws -> [UInt8] {
        let digest = PieceDigest()
        for try await _ in upload.source.bytes(0..<upload.blob.size).hashed(by: digest) {
            try Task.checkCancellation()
        }
        return digest.md5
    }
}
