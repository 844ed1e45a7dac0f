import Foundation

/// Finds the recordings that somebody means by names of files and folders.
enum AudioFiles {
    /// Endings of the files that are taken out of a folder. A file that is named itself is always taken.
    static let extensions: Set<String> = [
        "3gp", "aac", "aif", "aiff", "amr", "au", "caf", "flac", "m4a", "m4b", "mka", "mov", "mp3", "mp4", "oga", "ogg",
        "opus", "wav", "weba", "webm",
    ]

    /// The files, those of each folder in the order of their names, and how many others the folders hold.
    /// Links and hidden files are not followed.
    static func find(_ names: [String]) throws -> (files: [String], others: Int) {
        var files: [String] = []
        var others = 0
        for name in names {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder), isFolder.boolValue else {
                files.append(name)
                continue
            }
            let keys: Set<URLResourceKey> = [.isRegularFileKey, .isSymbolicLinkKey]
            guard
                let walk = FileManager.default.enumerator(
                    at: URL(fileURLWithPath: name), includingPropertiesForKeys: Array(keys),
                    options: [.skipsHiddenFiles])
            else { throw CommandFailure("The folder \(name) cannot be read.") }
            var found: [String] = []
            for case let url as URL in walk {
                let values = try url.resourceValues(forKeys: keys)
                guard values.isRegularFile == true, values.isSymbolicLink != true else { continue }
                if extensions.contains(url.pathExtension.lowercased()) {
                    found.append(url.path)
                } else {
                    others += 1
                }
            }
            files += found.sorted()
        }
        return (files, others)
    }
}
