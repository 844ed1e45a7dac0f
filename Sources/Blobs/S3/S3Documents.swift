import Core
import Foundation

/// The XML that S3 answers with and the little that it wants (Amazon S3 API Reference, "Actions").
///
/// What comes from a store is bounded and may not declare anything of its own: no document type, no entities.
public enum S3Documents {
    /// The longest document that is read, in bytes: a page of 1000 objects with the longest keys fits.
    public static let maximumBytes = 8 << 20

    /// The body of CompleteMultipartUpload: the parts in the order of their numbers.
    public static func completeMultipartUpload(_ parts: [Part]) -> [UInt8] {
        var text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        for part in parts.sorted(by: { $0.number < $1.number }) {
            text += "<Part><PartNumber>\(part.number)</PartNumber><ETag>\(escaped(part.eTag.quoted))</ETag>"
            if let digest = part.sha256 {
                text += "<ChecksumSHA256>\(Data(digest.bytes).base64EncodedString())</ChecksumSHA256>"
            }
            text += "</Part>"
        }
        return Array((text + "</CompleteMultipartUpload>").utf8)
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    /// Reads a document whose outermost element must have the given name.
    static func read(_ bytes: [UInt8], root name: String) throws(S3DocumentError) -> S3Element {
        let root = try S3DocumentReader.read(bytes)
        guard root.name == name else { throw .unexpectedRoot(root.name, expected: name) }
        return root
    }
}
