import Core
import Foundation
import NIOPosix

/// Brings a recording that was left behind to its place.
enum LeftOverDelivery {
    /// Sends what a server lacks of it.
    static func send(_ recording: RecordingOnDisk, to client: APIClient) async throws -> String {
        let size = try recording.size()
        let upload = LiveUpload(client, recording)
        switch await upload.follow({ LiveUpload.Amount(durable: size, isFinal: true) }) {
        case .complete(let created): return try await ServerDelivery(client: client).settle(created, recording)
        case .kept(let reason): throw CommandFailure(reason)
        }
    }

    /// Hands it to the services on the data folder.
    /// - Parameter isWanted: whether somebody chose the data folder; else one that was on its way to a server stays.
    static func store(
        _ recording: RecordingOnDisk, settings: Settings, account: String?, isWanted: Bool
    ) async throws -> String {
        if let upload = recording.record.upload, !isWanted {
            throw CommandFailure(
                "It was on its way to \(upload.server): set VOICENOTE_CLIENT_TOKEN to send the rest, or choose the "
                    + "data folder with --account.")
        }
        try await mend(recording)
        return try await DataFolderDelivery(settings: settings, email: account).deliver(recording)
    }

    /// Makes a file of it.
    static func write(_ recording: RecordingOnDisk, to path: String) async throws -> String {
        let delivery = FileDelivery(path: path)
        try await NIOThreadPool.singleton.runIfActive { try delivery.check() }
        try await mend(recording)
        return try await NIOThreadPool.singleton.runIfActive { try delivery.deliver(recording) }
    }

    /// Its bytes change with that: a server that has some of them cannot go on with them.
    private static func mend(_ recording: RecordingOnDisk) async throws {
        try await NIOThreadPool.singleton.runIfActive {
            if recording.record.upload != nil { try recording.update { $0.upload = nil } }
            try recording.mendHead()
        }
    }
}
