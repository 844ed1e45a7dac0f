import Audio
import Core
import Foundation
import NIOPosix

/// Brings a recording that was left behind to its place.
enum LeftOverDelivery {
    /// Sends what a server lacks of it.
    /// - Parameter isChosen: whether somebody named the server just now; else only what was to go there goes there.
    static func send(_ recording: RecordingOnDisk, to client: APIClient, isChosen: Bool) async throws -> String {
        let wasMeant =
            switch recording.record.destination {
            case .server(let address): address == client.base.absoluteString
            case .file: false
            // A server that is at work on the data folder takes it there.
            case .dataFolder, nil: true
            }
        guard wasMeant || isChosen else {
            throw CommandFailure(
                "It was to go to \(recording.record.place): name it again, or choose \(client.base) with --server.")
        }
        let size = try recording.size()
        let upload = LiveUpload(client, recording)
        switch await upload.follow({ LiveUpload.Amount(durable: size, isFinal: true) }) {
        case .complete(let created): return try await ServerDelivery(client: client).settle(created, recording)
        case .kept(let reason): throw CommandFailure(reason)
        }
    }

    /// Hands it to the services on the data folder.
    /// - Parameter isChosen: whether somebody named the data folder just now; else only what was to go there goes there.
    static func store(
        _ recording: RecordingOnDisk, settings: Settings, account: String?, isChosen: Bool
    ) async throws -> String {
        if case .file(let path)? = recording.record.destination, !isChosen {
            throw CommandFailure("It was to become \(path): say --output, or choose the data folder with --account.")
        }
        let server: String? =
            if case .server(let address)? = recording.record.destination { address } else {
                recording.record.upload?.server
            }
        if let server, !isChosen {
            throw CommandFailure(
                "It was on its way to \(server): set VOICENOTE_CLIENT_TOKEN to send the rest, or choose the "
                    + "data folder with --account.")
        }
        try await mend(recording)
        return try await DataFolderDelivery(settings: settings, email: account).deliver(recording)
    }

    /// Makes a file of it.
    static func write(_ recording: RecordingOnDisk, to path: String) async throws -> String {
        let delivery = FileDelivery(path: path)
        let (ending, codec) = (URL(fileURLWithPath: path).pathExtension, recording.record.format.codec)
        guard ending.isEmpty || RecordingCodec(fileExtension: ending) == codec else {
            throw CommandFailure("It is \(codec.rawValue): give --output a name that ends in .\(codec.fileExtension).")
        }
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
