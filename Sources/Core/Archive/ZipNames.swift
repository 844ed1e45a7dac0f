import Foundation

/// Names for the files of one archive: safe on every system, and each there once.
///
/// No name holds a path, leaves the folder or is a device of Windows; no two are equal, also not for a file system
/// that ignores case or the way in which accents are composed.
public struct ZipNames: Sendable {
    /// Names of devices, which Windows keeps whatever the extension.
    private static let devices: Set<String> = Set(
        ["con", "prn", "aux", "nul"] + (1...9).flatMap { ["com\($0)", "lpt\($0)"] })

    private var taken: Set<String> = []
    /// The number that the next file of the same name is tried with.
    private var numbers: [String: Int] = [:]

    public init() {}

    /// The name itself where it is safe and free; otherwise made safe, and with ` (2)`, ` (3)` and so on in front of
    /// its extension.
    ///
    /// - Returns: at most 230 bytes of UTF-8 in NFC, never empty.
    public mutating func unique(_ wanted: String) -> String {
        let name = Self.portable(wanted)
        let key = name.lowercased()
        if taken.insert(key).inserted { return name }
        let (stem, suffix) = Self.split(name)
        var number = numbers[key] ?? 2
        while true {
            let numbered = "\(stem) (\(number))\(suffix)"
            number += 1
            guard taken.insert(numbered.lowercased()).inserted else { continue }
            numbers[key] = number
            return numbered
        }
    }

    private static func portable(_ wanted: String) -> String {
        let name = ContentDisposition.safe(wanted.precomposedStringWithCanonicalMapping)
        let stem = name.prefix { $0 != "." }.lowercased().trimmingCharacters(in: .whitespaces)
        return devices.contains(stem) ? "_" + name : name
    }

    /// What stands before the extension, and the extension with its dot, if it is a short one.
    private static func split(_ name: String) -> (stem: Substring, suffix: Substring) {
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex, name[dot...].utf8.count <= 16 else {
            return (name[...], "")
        }
        return (name[..<dot], name[dot...])
    }
}
