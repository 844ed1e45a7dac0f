import Glibc

/// The open files of one request, in the order in which they travel to the worker. Closed when nobody uses it any more.
final class RequestFiles {
    private(set) var inputBytes: Int64 = 0
    private var descriptors: [Int32]
    private var created: [String] = []

    /// Opens the input and creates the outputs. On failure nothing is left behind.
    init(_ request: PendingRequest) throws(MediaError) {
        // A named pipe must not hold the thread up until someone writes to it.
        let input = open(request.input, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard input >= 0 else { throw .inputUnreadable(errno: errno) }
        descriptors = [input]
        var attributes = stat()
        guard fstat(input, &attributes) == 0, attributes.st_mode & S_IFMT == S_IFREG else {
            throw .inputUnreadable(errno: EINVAL)
        }
        inputBytes = Int64(attributes.st_size)
        for path in [request.listenOutput, request.waveformOutput, request.repairedOutput] {
            guard let path else { continue }
            let output = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard output >= 0 else {
                let reason = errno
                removeOutputs()
                throw .outputFailed(errno: reason)
            }
            descriptors.append(output)
            created.append(path)
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
}
