extension Settings {
    /// A place for replicas, as it was configured under its name.
    public struct Store: Sendable, Hashable {
        public enum Kind: String, Sendable, CaseIterable {
            case s3
            case cloudinary
            /// A folder on another disk.
            case folder
        }

        /// How an S3 request proves its body.
        public enum Payload: String, Sendable, CaseIterable {
            /// By its SHA-256, computed beforehand.
            case hashed
            /// By a signature of each chunk (`aws-chunked`).
            case chunked
            /// Not at all: for HTTPS only.
            case unsigned
        }

        public let name: String
        public var kind: Kind?
        /// Transfers at a time.
        public var transfers = 5
        /// To connect, and between two signs of life.
        public var timeout = Duration.seconds(30)
        /// Bytes a month that may be downloaded from it; 0 is no limit.
        public var egress: Int64 = 0
        /// Requests a month; 0 is no limit.
        public var requests = 0
        /// Whether a place that carries the marker of another installation is taken over.
        public var adopt = false
        /// Whether players may be sent to its signed URLs.
        public var redirect = true

        // S3
        public var endpoint = "https://s3.amazonaws.com"
        public var region = "us-east-1"
        public var bucket = ""
        /// In front of every key.
        public var prefix = ""
        public var accessKey = ""
        public var secretKey = ""
        public var sessionToken = ""
        /// Whether the bucket stands in the host's name rather than in the path.
        public var virtualHosts = false
        /// Bytes of a part of a large upload; nil takes what suits the kind.
        public var part: Int64?
        /// Whether `x-amz-checksum-sha256` is sent.
        public var checksums = false
        public var payload = Payload.hashed
        public var storageClass = ""

        // Cloudinary
        public var cloudName = ""
        public var apiKey = ""
        public var apiSecret = ""
        public var uploadPrefix = "https://api.cloudinary.com"
        public var delivery = "https://res.cloudinary.com"
        public var folder = "voicenote"
        /// Hexadecimal; empty without token authentication.
        public var authTokenKey = ""
        /// Whether signatures are SHA-256 rather than SHA-1.
        public var strongSignatures = false

        // A folder
        public var path = ""

        public init(name: String) {
            self.name = name
            kind = Kind(rawValue: name)
        }

        /// What is missing before it can be used, as a sentence; nil when nothing is.
        public var problem: String? {
            func missing(_ values: [(String, String)]) -> String? {
                values.first { $0.1.isEmpty }.map { "stores.\(name).\($0.0) is missing." }
            }
            switch kind {
            case nil: return "stores.\(name).kind is missing: s3, cloudinary or folder."
            case .s3: return missing([("bucket", bucket), ("accessKey", accessKey), ("secretKey", secretKey)])
            case .cloudinary:
                return missing([("cloudName", cloudName), ("apiKey", apiKey), ("apiSecret", apiSecret)])
            case .folder: return missing([("path", path)])
            }
        }
    }

    /// Which blobs go where.
    public struct Replication: Sendable, Hashable {
        /// Names of stores; nil is every one that is configured.
        public var stores: [String]?
        /// Where the listen copies go; nil is where the sources go.
        public var listenStores: [String]?
        /// Verified copies elsewhere, before the local one may go.
        public var copies: Int
        /// How often a transfer is tried before it is given up.
        public var attempts: Int
    }

    /// Playback of what is not here.
    public struct Playback: Sendable, Hashable {
        /// Whether players are sent to a store's signed URL, rather than the recording being fetched back.
        public var redirects: Bool
        /// Life of a store's signed URL.
        public var urlLifetime: Duration
    }

    /// What is removed by and by.
    public struct Reclaim: Sendable, Hashable {
        /// Whether local copies go at all.
        public var localCopies: Bool
        /// How long a local copy stays after it was made or last played.
        public var localAge: Duration
        /// Deletions in one run.
        public var mostDeletes: Int
        /// How long what was removed can be taken back.
        public var quarantine: Duration
        /// From one run to the next.
        public var interval: Duration
    }

    /// Re-reading of what is stored.
    public struct Scrub: Sendable, Hashable {
        /// Bytes a day that are re-read of each store.
        public var dailyBytes: Int64
        /// Each replica is re-read within this time, as far as the bytes allow.
        public var period: Duration
    }

    /// The stores that sources go to.
    public var sourceStores: [String] { replication.stores ?? stores.keys.sorted() }
    /// The stores that listen copies go to.
    public var listenStores: [String] { replication.listenStores ?? sourceStores }

    /// Scheme and host of every address that players may be sent to.
    public var playbackOrigins: [String] {
        let addresses = stores.values.filter(\.redirect).flatMap { store -> [String] in
            switch store.kind {
            case .s3:
                let parts = store.endpoint.split(separator: "/", omittingEmptySubsequences: true)
                guard store.virtualHosts, parts.count >= 2 else { return [store.endpoint] }
                return ["\(parts[0])//\(store.bucket).\(parts[1])"]
            case .cloudinary: return [store.uploadPrefix, store.delivery]
            case .folder, nil: return []
            }
        }
        let origins = addresses.map {
            $0.split(separator: "/", omittingEmptySubsequences: true).prefix(2).joined(separator: "//")
        }
        return Set(origins).sorted()
    }

    /// What the keys together do not allow, as a sentence; nil when all is well.
    public var problem: String? {
        for store in stores.values.sorted(by: { $0.name < $1.name }) {
            if let problem = store.problem { return problem }
        }
        for (key, names) in [("stores", replication.stores), ("listenStores", replication.listenStores)] {
            if let name = names?.first(where: { stores[$0] == nil }) {
                return "replication.\(key) names \(name), which is no configured store."
            }
        }
        return nil
    }
}
