import ArgumentParser
import Audio
import Core
import Foundation
import NIOPosix

/// What may be said to `voicenote record`, and what it says of microphones.
enum RecordChoice {
    @Sendable static func backend(_ text: String) throws -> CaptureBackend { try one(text) }
    @Sendable static func preset(_ text: String) throws -> RecordingPreset { try one(text) }
    @Sendable static func codec(_ text: String) throws -> RecordingCodec { try one(text) }
    @Sendable static func bitRate(_ text: String) throws -> Int {
        try checked { () throws(InvalidValue) in try LimitText.bitRate(text) }
    }
    @Sendable static func time(_ text: String) throws -> Duration {
        try checked { () throws(InvalidValue) in try LimitText.duration(text) }
    }
    @Sendable static func size(_ text: String) throws -> Int64 {
        try checked { () throws(InvalidValue) in try LimitText.bytes(text) }
    }

    /// The title of a recording that got none, by the clock on the wall.
    static func title(at time: Date) -> String {
        var seconds = time_t(time.timeIntervalSince1970)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return String(
            format: "Recording %04d-%02d-%02d %02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
            parts.tm_hour, parts.tm_min)
    }

    /// Prints what can be recorded from; a star stands before what is recorded from when nobody chooses.
    static func showDevices(_ backend: CaptureBackend?) async throws {
        let backends = backend.map { [$0] } ?? CaptureBackend.allCases
        var trouble: CaptureError?
        var count = 0
        for backend in backends {
            do {
                let devices = try await NIOThreadPool.singleton.runIfActive { try CaptureDevices.list(backend) }
                for device in devices {
                    print("\(device.isDefault ? "*" : " ") \(backend.rawValue)  \(device.name)  \(device.description)")
                }
                count += devices.count
            } catch let error as CaptureError {
                trouble = error
            }
        }
        // One sound system that is not there is no trouble, as long as another is.
        if count == 0, let trouble { throw CommandFailure(trouble.description) }
        if count == 0 { throw CommandFailure("There is nothing to record from.") }
    }

    private static func one<Choice: RawRepresentable & CaseIterable>(_ text: String) throws -> Choice
    where Choice.RawValue == String {
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("Choose one of \(known).")
        }
        return choice
    }

    private static func checked<Value>(_ body: () throws(InvalidValue) -> Value) throws -> Value {
        do throws(InvalidValue) {
            return try body()
        } catch {
            throw ValidationError(error.message)
        }
    }
}
