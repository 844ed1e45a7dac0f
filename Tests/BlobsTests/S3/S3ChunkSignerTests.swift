import Core
import Testing

@testable import Blobs

@Suite("Chunks of an S3 upload")
struct S3ChunkSignerTests {
    private static func signed(length: Int64) -> S3SignedRequest {
        let encoded = S3ChunkSigner.encodedLength(of: length, chunkLength: 65_536)
        return S3Fixture.signer.sign(
            "PUT", host: "s3.amazonaws.com", path: "/examplebucket/chunkObject.txt",
            headers: [
                S3Field("x-amz-storage-class", "REDUCED_REDUNDANCY"), S3Field("Content-Length", String(encoded)),
            ], payload: .chunked(length: length), at: S3Fixture.time)
    }

    /// Amazon's S3 API Reference, "Transferring Payload in Multiple Chunks": 66 560 bytes of `a`.
    @Test("The example of Amazon's reference has its signatures and its length")
    func reference() {
        let request = Self.signed(length: 66_560)
        #expect(request.signature == "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9")
        #expect(request.headers.contains(S3Field("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")))
        #expect(request.headers.contains(S3Field("content-encoding", "aws-chunked")))
        #expect(request.headers.contains(S3Field("x-amz-decoded-content-length", "66560")))
        var signer = request.chunks
        let content = [UInt8](repeating: UInt8(ascii: "a"), count: 66_560)
        var body: [UInt8] = []
        var lines: [String] = []
        for range in [0..<65_536, 65_536..<66_560] {
            let header = content[range].withUnsafeBytes { signer.header(of: $0) }
            lines.append(String(decoding: header, as: UTF8.self))
            body += header + content[range] + S3ChunkSigner.footer
        }
        let last = signer.last()
        body += last
        #expect(
            lines == [
                "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n",
                "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n",
            ])
        #expect(
            String(decoding: last, as: UTF8.self)
                == "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n")
        #expect(body.count == 66_824)
        #expect(S3ChunkSigner.encodedLength(of: 66_560, chunkLength: 65_536) == 66_824)
    }

    @Test("The length is that of the framed body", arguments: [0, 1, 15, 16, 17, 4095, 4096, 4097, 8192, 10_000])
    func length(count: Int) {
        var signer = Self.signed(length: Int64(count)).chunks
        let content = [UInt8](repeating: 7, count: count)
        var framed = 0
        for start in stride(from: 0, to: count, by: 4096) {
            let chunk = content[start..<min(start + 4096, count)]
            framed += chunk.withUnsafeBytes { signer.header(of: $0).count } + chunk.count + S3ChunkSigner.footer.count
        }
        framed += signer.last().count
        #expect(Int64(framed) == S3ChunkSigner.encodedLength(of: Int64(count), chunkLength: 4096))
    }
}
