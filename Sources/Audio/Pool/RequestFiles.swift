import CSandbox
import Glibc

/// The open files of one request, in the order in which they travel to the worker. Closed when nobody uses it any more.
final class RequestFiles {
    /// The most bytes of an output in memory that are read back.
    private static let maximumMemoryBytes = Int(PreviewRequest.maximumBytes)

    private(set) var inputBytes: Int64 = 0
    private var descriptors: [Int32] = []
    private var created: [String] = []
    private var memory: Int32?

    /// Opens the inputs and creates the outputs. On failure nothing is left behind.
    init(_ request: PendingRequest) throws(MediaError) {
        for path in request.inputs { try openInput(path) }
        for output in request.outputs {
            do throws(MediaError) {
                try create(output)
            } catch {
                removeOutputs()
                throw error
            }
        }
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    var all: [Int32] { descriptors }

    /// Removes the outputs.
    func removeOutputs() {
        for path in created { unlink(path) }
    }

    /// What the worker wrote into the output in memory; nothing where there is none.
    func bytesInMemory() throws(MediaError) -> [UInt8] {
        guard let memory else { return [] }
        let size = lseek(memory, 0, SEEK_END)
        guard size >= 0 else { throw .outputFailed(errno: errno) }
        guard size <= Self.maximumMemoryBytes else { throw .outputFailed(errno: EFBIG) }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let got = bytes.withUnsafeMutableBytes { pread(memory, $0.baseAddress, $0.count, 0) }
        guard got == bytes.count else { throw .outputFailed(errno: got < 0 ? errno : EIO) }
        return bytes
    }

    private func openInput(_ path: String) throws(MediaError) {
        // A named pipe must not hold the thread up until someone writes to it.
        let input = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard input >= 0 else { throw .inputUnreadable(errno: errno) }
        descriptors.append(input)
        var attributes = stat()
        guard fstat(input, &attributes) == 0, attributes.st_mode & S_IFMT == S_IFREG else {
            throw .inputUnreadable(errno: EINVAL)
        }
        inputBytes += Int64(attributes.st_size)
    }

    private func create(_ output: PendingRequest.Output) throws(MediaError) {
        switch output {
        case .file(let path):
            let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw .outputFailed(errno: errno) }
            descriptors.append(descriptor)
            created.append(path)
        case .memory:
            let descriptor = vn_memory_file()
            guard descriptor >= 0 else { throw .outputFailed(errno: -descriptor) }
            descriptors.append(descriptor)
            memory = descriptor
        }
    }
}
