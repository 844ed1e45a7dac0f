import Core
import Foundation

/// The object by which a store is known again: whose it is stands in it.
struct StoreMarker: Codable {
    /// Its name, beside the blobs.
    static let name = "voicenote-store.json"

    let id: String

    /// The id in what was read; nil when that is no marker.
    static func id(in bytes: [UInt8]) -> String? {
        (try? JSONDecoder().decode(StoreMarker.self, from: Data(bytes)))?.id
    }

    static func bytes(of id: String) throws -> [UInt8] {
        Array(try JSONEncoder().encode(StoreMarker(id: id)))
    }
}
