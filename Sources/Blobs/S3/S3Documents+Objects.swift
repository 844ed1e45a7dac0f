public import Core

extension S3Documents {
    /// An error's document: what a person needs for a question to the operator of the store. Other elements, such as
    /// the access key and what was signed, are not kept.
    public struct Failure: Error, Sendable, Hashable {
        /// The most characters that are kept of each text.
        public static let maximumCharacters = 1000

        /// Such as `NoSuchKey`, `SlowDown`, `RequestTimeTooSkewed`.
        public let code: String
        public let message: String
        public let requestID: String?

        public init(_ bytes: [UInt8]) throws(S3DocumentError) {
            try self.init(S3Documents.read(bytes, root: "Error"))
        }

        init(_ element: S3Element) throws(S3DocumentError) {
            code = String(try element.required("Code").prefix(Self.maximumCharacters))
            message = element.value("Message").map { String($0.prefix(Self.maximumCharacters)) } ?? ""
            requestID = element.value("RequestId").map { String($0.prefix(Self.maximumCharacters)) }
        }
    }

    /// A page of ListObjectsV2.
    public struct ObjectList: Sendable, Hashable {
        /// An object of the bucket.
        public struct Object: Sendable, Hashable {
            public let key: String
            /// Bytes.
            public let size: Int64
            public let eTag: S3ETag?
            public let modifiedAt: Timestamp?
        }

        public let objects: [Object]
        /// What keys have in common up to the delimiter, where one was asked for.
        public let commonPrefixes: [String]
        /// The `continuation-token` of the next page; nil on the last.
        public let nextToken: String?

        public init(_ bytes: [UInt8]) throws(S3DocumentError) {
            let root = try S3Documents.read(bytes, root: "ListBucketResult")
            let isEncoded = root.value("EncodingType") == "url"
            var objects: [Object] = []
            for element in root.elements("Contents") {
                objects.append(
                    Object(
                        key: try element.key("Key", encoded: isEncoded), size: try element.number("Size"),
                        eTag: element.value("ETag").flatMap(S3ETag.init), modifiedAt: try element.time("LastModified")))
            }
            self.objects = objects
            var prefixes: [String] = []
            for element in root.elements("CommonPrefixes") {
                prefixes.append(try element.key("Prefix", encoded: isEncoded))
            }
            commonPrefixes = prefixes
            nextToken = try root.flag("IsTruncated") ? try root.required("NextContinuationToken") : nil
        }
    }
}
