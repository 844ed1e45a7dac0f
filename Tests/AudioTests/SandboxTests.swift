import Glibc
import Testing

@testable import Audio

@Suite struct SandboxTests {
    /// Runs a check in a child process with one thread, as a worker has, and answers its exit code: 0 for success,
    /// otherwise the number of what was possible that should not have been.
    static func inChild(_ check: () throws -> Void) throws -> Int32 {
        // Swift hides fork() because most of what it offers must not run behind it; what runs here is C calls.
        let symbol = try #require(dlsym(nil, "fork"))
        let fork = unsafeBitCast(symbol, to: (@convention(c) () -> pid_t).self)
        let child = fork()
        if child == 0 {
            do { try check() } catch { _exit(100) }
            _exit(0)
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 1_000 + status & 0x7F
    }

    @Test("behind the walls nothing can be opened, connected to, started or signalled")
    func denies() throws {
        let code = try Self.inChild {
            let pair = UnsafeMutablePointer<Int32>.allocate(capacity: 2)
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, pair)
            try Sandbox.limit(niceIncrement: 0)
            try Sandbox.filterSystemCalls(channel: 0)
            func denied(_ result: Int32) -> Bool { result == -1 && errno == EPERM }
            guard denied(open("/etc/passwd", O_RDONLY)) else { _exit(1) }
            guard denied(open("/tmp/voicenote-escape", O_WRONLY | O_CREAT, 0o600)) else { _exit(2) }
            guard denied(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)) else { _exit(3) }
            guard denied(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)) else { _exit(4) }
            var address = sockaddr()
            guard denied(connect(pair[0], &address, socklen_t(MemoryLayout<sockaddr>.size))) else { _exit(5) }
            var arguments: [UnsafeMutablePointer<CChar>?] = [nil]
            guard denied(execve("/bin/true", &arguments, &arguments)) else { _exit(6) }
            var process: pid_t = 0
            guard posix_spawn(&process, "/bin/true", nil, nil, &arguments, &arguments) == EPERM else { _exit(7) }
            guard denied(kill(getppid(), 0)) else { _exit(8) }
            guard denied(unlink("/tmp/voicenote-escape")) else { _exit(9) }
            guard mmap(nil, 4_096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED else {
                _exit(10)
            }
            var message = msghdr()
            guard sendmsg(pair[0], &message, 0) == -1, errno == EPERM else { _exit(11) }
            guard denied(dup(0)) else { _exit(12) }
            guard setuid(0) == -1, errno == EPERM else { _exit(13) }
            // What decoding needs still works.
            guard write(pair[0], "x", 1) == 1 else { _exit(14) }
            guard let memory = malloc(8 << 20) else { _exit(15) }
            free(memory)
        }
        #expect(code == 0)
    }

    @Test("a process behind the walls gets no more memory, files or threads than it may")
    func limits() throws {
        let code = try Self.inChild {
            try Sandbox.limit(niceIncrement: 0)
            let size = Int(Sandbox.addressSpaceBytes)
            let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
            guard mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED else { _exit(1) }
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
            guard limit.rlim_cur == 0, limit.rlim_max == 0 else { _exit(2) }
            var opened = 0
            while open("/dev/null", O_RDONLY) >= 0 { opened += 1 }
            guard errno == EMFILE, opened <= Int(Sandbox.openFiles) else { _exit(3) }
        }
        #expect(code == 0)
    }
}
