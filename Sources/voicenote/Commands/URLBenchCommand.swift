import ArgumentParser
import Blobs
import Core
import Foundation

/// `voicenote url-bench`: how many URLs of stores are signed in a second of one core, for `make bench`.
struct URLBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "url-bench", abstract: "Time the signing of URLs for playback from a store.",
        shouldDisplay: false)

    @Option(help: "Seconds of a core for each kind of store.") var seconds = 2.0

    private struct Report: Encodable {
        let s3PerSecond: Double
        let cloudinaryPerSecond: Double
    }

    /// As many as differ before they come again.
    private static let recordings = 1000

    func run() async throws {
        let (s3, cloudinary) = (try Self.s3(), try Self.cloudinary())
        let rates = Result {
            Report(s3PerSecond: try perSecond(s3), cloudinaryPerSecond: try perSecond(cloudinary))
        }
        try await s3.shutdown()
        try await cloudinary.shutdown()
        print(String(decoding: try JSONEncoder().encode(try rates.get()), as: UTF8.self))
    }

    private static func s3() throws(InvalidValue) -> S3Store {
        var settings = Settings.Store(name: "s3")
        settings.bucket = "voicenote"
        settings.accessKey = "AKIAIOSFODNN7EXAMPLE"
        settings.secretKey = "an example's secret of forty characters."
        return try S3Store(settings, meter: StoreMeter())
    }

    private static func cloudinary() throws(InvalidValue) -> CloudinaryStore {
        var settings = Settings.Store(name: "cloudinary")
        settings.cloudName = "example"
        settings.apiKey = "123456789012345"
        settings.apiSecret = "an example's secret of 27 "
        return try CloudinaryStore(settings, meter: StoreMeter())
    }

    /// Signs as playback does when it has no URL of the recording in its memory yet.
    private func perSecond(_ store: any Store) throws -> Double {
        let blobs = try (0..<Self.recordings).map { _ in
            guard let sha256 = SHA256Hash(bytes: (0..<32).map { _ in UInt8.random(in: 0...255) }) else {
                throw CommandFailure("SHA-256 has 32 bytes.")
            }
            return Blob(sha256: sha256, size: 100_000, mimeType: "audio/ogg")
        }
        let receipt = StoreReceipt(etag: "d41d8cd98f00b204e9800998ecf8427e", resourceType: "video")
        let request = SignedURLRequest(
            begins: .now(), lifetime: .seconds(3600), mimeType: "audio/ogg",
            disposition: ContentDisposition.inline(fileName: "Recording of a morning.ogg"))
        var signed = 0
        let start = Self.processorSeconds()
        repeat {
            for blob in blobs {
                guard store.signedURL(blob, receipt, request) != nil else {
                    throw CommandFailure("\(store.name) signs no URL.")
                }
            }
            signed += blobs.count
        } while Self.processorSeconds() - start < seconds
        return Double(signed) / (Self.processorSeconds() - start)
    }

    /// Of this thread: whatever else the machine does meanwhile does not count.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
