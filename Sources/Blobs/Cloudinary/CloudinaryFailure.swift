import Core
import Foundation
import NIOHTTP1

/// An answer by which Cloudinary, or something on the way to it, says no.
struct CloudinaryFailure: Sendable, Hashable {
    let status: Int
    /// What it says itself, in one line and without digests and signatures; empty when it says nothing.
    let message: String
    let retryAfter: Duration?
    /// Whether it is a page for people: then it comes from something in between.
    private let isPage: Bool

    private static let longestMessage = 300
    /// A stage of processing takes seconds.
    private static let processingTime = Duration.seconds(5)
    /// Nobody is left alone for longer on his own word.
    private static let longestWait = Duration.seconds(3600)

    init(status: Int, headers: HTTPHeaders, body: [UInt8], at now: Timestamp = .now()) {
        self.status = status
        let own = headers.first(name: "x-cld-error")
        let text = Self.message(in: body) ?? own ?? ""
        // What was signed helps nobody but who signs.
        message = Self.shown(text.components(separatedBy: " String to sign").first ?? text)
        retryAfter =
            StoreAnswers.retryAfter(headers, at: now) ?? Self.wait(in: text, at: now)
            ?? (status == 423 ? Self.processingTime : nil)
        isPage = own == nil && body.first { !Self.blanks.contains($0) } == UInt8(ascii: "<")
    }

    /// Whether the file is nothing that Cloudinary can play, so that it can be kept as raw bytes only.
    var isNotMedia: Bool {
        guard status == 400 else { return false }
        let text = message.lowercased()
        return text.contains("video") && (text.contains("unsupported") || text.contains("invalid"))
    }

    var kind: StoreError.Kind {
        switch status {
        case 400: isAboutSignature ? .denied : .refused
        case 401, 403: .denied
        // A page that is not found tells nothing about the blob.
        case 404: isPage ? .failing : .missing
        case 408, 423, 425: .failing
        // The bytes that were asked for are not there.
        case 416: .damaged
        case 420, 429: .busy
        case 402..<500: .refused
        default: .failing
        }
    }

    private var isAboutSignature: Bool {
        let text = message.lowercased()
        return text.contains("invalid signature") || text.contains("stale request")
    }

    func error(of store: String) -> StoreError {
        let hint = kind == .denied ? " Look at stores.\(store).apiKey and apiSecret." : ""
        return StoreError(
            kind, "\(store) answered \(status)\(message.isEmpty ? "." : ": \(message)")\(hint)", retryAfter: retryAfter)
    }

    // Texts

    private static let blanks = Set(" \t\r\n".utf8)

    private struct Body: Decodable {
        struct Failure: Decodable {
            let message: String
        }
        let error: Failure
    }

    private static func message(in body: [UInt8]) -> String? {
        guard body.count <= CloudinaryAnswer.longest else { return nil }
        return (try? JSONDecoder().decode(Body.self, from: Data(body)))?.error.message
    }

    /// The text in one line. Forty hexadecimal digits in a row are a signature or a digest, which nobody needs to read.
    private static func shown(_ text: String) -> String {
        var shown = ""
        var digits = ""
        func end(_ digits: String) -> String { digits.utf8.count < 40 ? digits : "…" }
        for character in text.prefix(4 * longestMessage) {
            if character.isASCII, character.isHexDigit {
                digits.append(character)
                continue
            }
            shown += end(digits)
            digits = ""
            let isControl = character.unicodeScalars.contains { $0.properties.generalCategory == .control }
            shown.append(character.isNewline || isControl ? " " : character)
        }
        return String((shown + end(digits)).prefix(longestMessage))
    }

    /// How long the text asks to be left alone: `Try again on 2026-11-21 18:00:00 UTC`.
    static func wait(in text: String, at now: Timestamp) -> Duration? {
        guard let found = text.lowercased().firstRange(of: "try again on") else { return nil }
        let numbers = text.lowercased()[found.upperBound...].prefix(64)
            .split { !($0.isASCII && $0.isNumber) }.prefix(6)
            .map { $0.count == 1 ? "0\($0)" : String($0) }
        guard numbers.count >= 5 else { return nil }
        let seconds = numbers.count == 6 ? numbers[5] : "00"
        let date = numbers[0...2].joined(separator: "-")
        guard let time = Timestamp("\(date)T\(numbers[3]):\(numbers[4]):\(seconds)Z") else { return nil }
        return min(max(time - now, .zero), longestWait)
    }
}
