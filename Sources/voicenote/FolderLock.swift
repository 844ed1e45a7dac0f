import Blobs
import Glibc

/// Keeps two servers out of one data folder: the second would clear what the first is receiving.
///
/// The lock belongs to the open file and ends with the process, however that ends.
final class FolderLock: Sendable {
    private let descriptor: Int32

    init(_ folder: DataFolder) throws {
        let path = folder.path(.db) + "/server.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CommandFailure("\(path): \(String(cString: strerror(errno)))") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CommandFailure("Another voicenote serves \(folder.root); stop it or choose another data.folder.")
        }
    }

    deinit { close(descriptor) }
}
