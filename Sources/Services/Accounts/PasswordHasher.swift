import CSodium
import Core
import Foundation
import NIOPosix

/// argon2id by libsodium, on threads of its own: each hash takes 64 MiB and tens of milliseconds, so at most two are
/// computed at a time, whatever the number of people who sign in.
public final class PasswordHasher: Sendable {
    private let threads = NIOThreadPool(numberOfThreads: 2)

    public init() {
        threads.start()
    }

    /// Ends the threads; hashing fails afterwards.
    public func shutdown() async throws {
        try await threads.shutdownGracefully()
    }

    /// A hash with its salt and parameters, in libsodium's text form.
    public func hash(_ password: String) async throws -> String {
        try await threads.runIfActive {
            guard sodium_init() >= 0 else { throw VoiceNoteError(.internalError, "libsodium does not start.") }
            var text = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
            let result = crypto_pwhash_str(
                &text, password, UInt64(password.utf8.count), UInt64(crypto_pwhash_OPSLIMIT_INTERACTIVE),
                Int(crypto_pwhash_MEMLIMIT_INTERACTIVE))
            guard result == 0 else {
                throw VoiceNoteError(.unavailable, "There is not enough memory to hash the password; try again later.")
            }
            return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    /// Whether the password belongs to the hash, in time that does not depend on where they differ.
    public func verify(_ password: String, against hash: String) async throws -> Bool {
        try await threads.runIfActive {
            guard sodium_init() >= 0 else { throw VoiceNoteError(.internalError, "libsodium does not start.") }
            return crypto_pwhash_str_verify(hash, password, UInt64(password.utf8.count)) == 0
        }
    }
}
