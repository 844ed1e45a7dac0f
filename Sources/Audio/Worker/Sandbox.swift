import CSandbox
import Glibc

/// The walls around a process that handles foreign files. They are closed once and never opened.
enum Sandbox {
    /// What a worker may use. libav and the Swift runtime map about 400 MB without touching it; a hostile header that
    /// asks for gigabytes meets the limit and not the machine's memory.
    static let addressSpaceBytes: UInt64 = 3 << 29
    /// The largest export of an edit. Everything else that is written has a lower limit of its own.
    static let fileBytes = UInt64(RenderRequest.sizeLimit)
    /// Three standard ones, those of a request, and room for the runtime.
    static let openFiles = UInt64(WorkerChannel.maximumDescriptors + 12)

    struct Failure: Error, CustomStringConvertible {
        let step: String
        let errno: Int32

        var description: String { "the sandbox cannot be closed (\(step): \(String(cString: strerror(errno))))" }
    }

    /// Limits the process's resources and takes its privileges. `parent` must still be its parent.
    static func limit(niceIncrement: Int32 = 19, parent: pid_t = getppid()) throws(Failure) {
        var limits = vn_sandbox_limits(
            address_space_bytes: addressSpaceBytes, file_bytes: fileBytes, open_files: openFiles)
        let result = vn_sandbox_limit(&limits, niceIncrement, parent)
        guard result == 0 else { throw Failure(step: "limits", errno: -result) }
    }

    /// Leaves only the system calls that decoding needs. `channel` is the one socket that may be used.
    static func filterSystemCalls(channel: Int32) throws(Failure) {
        let result = vn_sandbox_filter(channel)
        guard result == 0 else { throw Failure(step: "seccomp", errno: -result) }
    }
}
