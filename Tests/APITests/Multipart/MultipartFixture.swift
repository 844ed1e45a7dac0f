import API
import NIOCore

/// Feeds a parser and collects what comes out, with the bodies joined, so that differently split inputs compare equal.
struct MultipartFixture {
    struct Part: Equatable {
        var name: String
        var fileName: String?
        var contentType: String?
        var body: [UInt8]
        var isEnded = false
    }

    struct Outcome: Equatable {
        var parts: [Part] = []
        var isFinished = false
        var error: MultipartError?
    }

    /// Parses the pieces one after the other.
    static func parse(
        _ pieces: some Sequence<ArraySlice<UInt8>>, boundary: String, limits: MultipartLimits = MultipartLimits()
    ) -> Outcome {
        var outcome = Outcome()
        do throws(MultipartError) {
            var parser = MultipartParser(boundary: try MultipartBoundary(boundary), limits: limits)
            for piece in pieces {
                parser.append(ByteBuffer(bytes: piece))
                while let event = try parser.next() { outcome.take(event) }
            }
            try parser.finish()
        } catch {
            outcome.error = error
        }
        return outcome
    }

    static func parse(
        _ text: String, boundary: String = "b", limits: MultipartLimits = MultipartLimits()
    ) -> Outcome {
        parse([ArraySlice(text.utf8)], boundary: boundary, limits: limits)
    }

    static func form(_ bodies: [[UInt8]], boundary: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for (place, body) in bodies.enumerated() {
            bytes += Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"p\(place)\"\r\n\r\n".utf8)
            bytes += body + [0x0D, 0x0A]
        }
        return bytes + Array("--\(boundary)--\r\n".utf8)
    }
}

extension MultipartFixture.Outcome {
    mutating func take(_ event: MultipartEvent) {
        switch event {
        case .partBegan(let headers):
            parts.append(
                MultipartFixture.Part(
                    name: headers.name, fileName: headers.fileName, contentType: headers.contentType, body: []))
        case .body(let bytes): parts[parts.count - 1].body += bytes.readableBytesView
        case .partEnded: parts[parts.count - 1].isEnded = true
        case .finished: isFinished = true
        }
    }
}
