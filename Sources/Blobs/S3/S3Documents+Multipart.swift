public import Core
import Foundation

extension S3Documents {
    /// A part of an object that is uploaded in parts.
    public struct Part: Sendable, Hashable {
        /// 1 to 10 000.
        public let number: Int
        public let eTag: S3ETag
        /// Bytes; nil where nobody said.
        public let size: Int64?
        /// Where checksums were asked for. An upload that was begun with them is only completed with them.
        public let sha256: SHA256Hash?

        public init(number: Int, eTag: S3ETag, size: Int64? = nil, sha256: SHA256Hash? = nil) {
            self.number = number
            self.eTag = eTag
            self.size = size
            self.sha256 = sha256
        }

        init(_ element: S3Element) throws(S3DocumentError) {
            let number = try element.number("PartNumber")
            guard (1...Int64(S3ETag.maximumParts)).contains(number) else { throw .invalid("PartNumber") }
            var digest: SHA256Hash?
            if let text = element.value("ChecksumSHA256") {
                guard let bytes = Data(base64Encoded: text), let hash = SHA256Hash(bytes: bytes) else {
                    throw .invalid("ChecksumSHA256")
                }
                digest = hash
            }
            self.init(
                number: Int(number), eTag: try element.tag("ETag"), size: try element.number("Size"), sha256: digest)
        }
    }

    /// What CreateMultipartUpload answers.
    public struct MultipartUpload: Sendable, Hashable {
        public let key: String
        public let uploadID: String

        public init(_ bytes: [UInt8]) throws(S3DocumentError) {
            let root = try S3Documents.read(bytes, root: "InitiateMultipartUploadResult")
            key = try root.key("Key", encoded: false)
            uploadID = try root.required("UploadId")
        }
    }

    /// A page of ListParts.
    public struct PartList: Sendable, Hashable {
        public let uploadID: String
        public let parts: [Part]
        /// The `part-number-marker` of the next page; nil on the last.
        public let nextMarker: Int?

        public init(_ bytes: [UInt8]) throws(S3DocumentError) {
            let root = try S3Documents.read(bytes, root: "ListPartsResult")
            uploadID = try root.required("UploadId")
            var parts: [Part] = []
            for element in root.elements("Part") { parts.append(try Part(element)) }
            self.parts = parts
            nextMarker = try root.flag("IsTruncated") ? Int(try root.number("NextPartNumberMarker")) : nil
        }
    }

    /// A page of ListMultipartUploads: what was begun and neither completed nor aborted.
    public struct UploadList: Sendable, Hashable {
        /// An upload that is open.
        public struct Upload: Sendable, Hashable {
            public let key: String
            public let uploadID: String
            public let initiatedAt: Timestamp?
        }

        /// Where the next page begins: `key-marker` and `upload-id-marker`.
        public struct Marker: Sendable, Hashable {
            public let key: String
            public let uploadID: String?
        }

        public let uploads: [Upload]
        /// Nil on the last page.
        public let next: Marker?

        public init(_ bytes: [UInt8]) throws(S3DocumentError) {
            let root = try S3Documents.read(bytes, root: "ListMultipartUploadsResult")
            let isEncoded = root.value("EncodingType") == "url"
            var uploads: [Upload] = []
            for element in root.elements("Upload") {
                uploads.append(
                    Upload(
                        key: try element.key("Key", encoded: isEncoded), uploadID: try element.required("UploadId"),
                        initiatedAt: try element.time("Initiated")))
            }
            self.uploads = uploads
            next =
                try root.flag("IsTruncated")
                ? Marker(
                    key: try root.key("NextKeyMarker", encoded: isEncoded), uploadID: root.value("NextUploadIdMarker"))
                : nil
        }
    }
}
