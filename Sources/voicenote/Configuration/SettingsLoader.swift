import Configuration
import Core
import Foundation
import SystemPackage
import Yams

/// Puts the settings together: defaults of the profile < `voicenote.yaml` < `.env` < environment < flags.
///
/// A key that nobody knows, and a value that does not fit, stop the start with one line that says where and what.
struct SettingsLoader: Sendable {
    /// Variables that other parts of the tool read; they are no settings of a server.
    #if FAILURE_POINTS
        static let otherVariables: Set<String> = [
            "VOICENOTE_CLIENT_SERVER", "VOICENOTE_CLIENT_TOKEN", "VOICENOTE_FAILURE_POINT",
        ]
    #else
        static let otherVariables: Set<String> = ["VOICENOTE_CLIENT_SERVER", "VOICENOTE_CLIENT_TOKEN"]
    #endif

    /// `voicenote.yaml`, or the file that was named.
    var file: String?
    /// The file of environment variables, which may be missing.
    var dotenv = ".env"
    /// `KEY=VALUE` texts, the strongest source.
    var flags: [String] = []
    var variables: [String: String] = ProcessInfo.processInfo.environment

    func load() async throws -> Settings {
        let keys = try keys()
        let reader = ConfigReader(providers: try await providers(keys))
        var settings = Settings(profile: .development)
        for key in keys {
            guard let text = try text(of: key, in: reader) else { continue }
            do {
                try key.set(text.trimmingCharacters(in: .whitespaces), in: &settings)
            } catch {
                let value = key.isSecret ? "something else" : "\"\(text)\""
                throw CommandFailure("\(key.name) \(error.message), but is \(value) (\(key.about)).")
            }
        }
        if let problem = settings.problem { throw CommandFailure(problem) }
        return settings
    }

    /// Every key that may be set: also those of each store that is named anywhere.
    private func keys() throws -> [SettingKey] {
        var names: Set<String> = []
        let dotted = try yamlKeys(file ?? "voicenote.yaml", known: []) + flags.map { String($0.prefix { $0 != "=" }) }
        for parts in dotted.map({ $0.split(separator: ".") }) where parts.count == 3 && parts[0] == "stores" {
            names.insert(String(parts[1]))
        }
        for variable in variables.keys + dotenvNames() where variable.hasPrefix("VOICENOTE_STORES_") {
            names.insert(String(variable.dropFirst(17).prefix { $0 != "_" }).lowercased())
        }
        for name in names.sorted() where !SettingKey.isStoreName(name) {
            throw CommandFailure(
                "\(name) is no name for a store: up to 32 small letters and digits, a letter first, and not local.")
        }
        return [SettingKey.environment] + SettingKey.all + names.sorted().flatMap { SettingKey.store($0) }
    }

    private func text(of key: SettingKey, in reader: ConfigReader) throws -> String? {
        do {
            return try reader.requiredString(forKey: ConfigKey(key.name))
        } catch {
            // Missing everywhere; the check of the names found the files well-formed before.
            return nil
        }
    }

    private func providers(_ known: [SettingKey]) async throws -> [any ConfigProvider] {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for flag in flags {
            let parts = flag.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw CommandFailure("--set takes KEY=VALUE, such as server.port=8081.") }
            try check([String(parts[0])], in: "--set", known)
            values[AbsoluteConfigKey(parts[0].split(separator: ".").map(String.init))] =
                ConfigValue(.string(String(parts[1])), isSecret: false)
        }
        let name = file ?? "voicenote.yaml"
        guard file == nil || FileManager.default.fileExists(atPath: name) else {
            throw CommandFailure("\(name) is not there; leave --config out or name an existing file.")
        }
        let keys = try yamlKeys(name, known: known)
        try check(keys, in: name, known)
        try checkVariables(Array(variables.keys), in: "the environment", known)
        let fromDotenv = try await readDotenv(known)
        // A file in which everything is a comment is no mapping, which its provider would not take.
        let fromFile: [any ConfigProvider] =
            keys.isEmpty ? [] : [try await FileProvider<YAMLSnapshot>(filePath: FilePath(name), allowMissing: true)]
        return [
            InMemoryProvider(name: "flags", values: values),
            EnvironmentVariablesProvider(environmentVariables: variables).prefixKeys(with: "voicenote"),
            fromDotenv.prefixKeys(with: "voicenote"),
        ] + fromFile
    }

    private func dotenvNames() -> [String] {
        guard let text = try? String(contentsOfFile: dotenv, encoding: .utf8) else { return [] }
        return text.split(whereSeparator: \.isNewline).compactMap { line in
            guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { return nil }
            return line[..<equals].trimmingCharacters(in: .whitespaces)
        }
    }

    /// Lines are NAME=value. What a shell takes and this file does not would be passed over without a word.
    private func checkDotenv() throws {
        if let name = dotenvNames().first(where: { $0.hasPrefix("export ") }) {
            throw CommandFailure(
                "\(dotenv): leave out \"export\" before \(name.dropFirst(7)): its lines are NAME=value.")
        }
    }

    private func readDotenv(_ known: [SettingKey]) async throws -> EnvironmentVariablesProvider {
        try checkDotenv()
        try checkVariables(dotenvNames(), in: dotenv, known)
        do {
            return try await EnvironmentVariablesProvider(environmentFilePath: FilePath(dotenv), allowMissing: true)
        } catch {
            throw CommandFailure("\(dotenv) cannot be read: \(error)")
        }
    }

    /// The dotted names of everything in the file.
    private func yamlKeys(_ name: String, known: [SettingKey]) throws -> [String] {
        guard FileManager.default.fileExists(atPath: name) else { return [] }
        do {
            let text = try String(contentsOfFile: name, encoding: .utf8)
            guard text.utf8.count <= 1 << 20 else { throw CommandFailure("\(name) is larger than a megabyte.") }
            guard let node = try Yams.compose(yaml: text) else { return [] }
            guard let mapping = node.mapping else {
                throw CommandFailure("\(name) must hold keys and values, such as \"server:\" and \"  port: 8080\".")
            }
            let values = Self.values(mapping, prefix: "", depth: 0)
            let known = known.map(\.name)
            for (key, value) in values where value.scalar == nil && known.contains(key) {
                throw CommandFailure("\(key) in \(name) takes one value, not a list or a group.")
            }
            return values.map(\.name)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure("\(name) is not well-formed: \(String(describing: error).firstLine)")
        }
    }

    /// The dotted names with what stands there, which is no group of further names.
    private static func values(
        _ mapping: Node.Mapping, prefix: String, depth: Int
    ) -> [(name: String, value: Node)] {
        mapping.flatMap { key, value -> [(name: String, value: Node)] in
            let name = prefix + (key.string ?? "?")
            guard let inner = value.mapping, !inner.isEmpty, depth < 8 else { return [(name, value)] }
            return values(inner, prefix: name + ".", depth: depth + 1)
        }
    }

    private func check(_ names: [String], in source: String, _ known: [SettingKey]) throws {
        let known = known.map(\.name)
        for name in names where !known.contains(name) {
            throw CommandFailure("Unknown setting \(name) in \(source)\(Self.suggestion(for: name, among: known))")
        }
    }

    private func checkVariables(_ variables: [String], in source: String, _ known: [SettingKey]) throws {
        let known = known.map(\.variable)
        for name in variables.sorted() where name.hasPrefix("VOICENOTE_") {
            guard known.contains(name) || Self.otherVariables.contains(name) else {
                throw CommandFailure("Unknown setting \(name) in \(source)\(Self.suggestion(for: name, among: known))")
            }
        }
    }

    /// The nearest known name, if it is near.
    private static func suggestion(for name: String, among known: [String]) -> String {
        let nearest = known.map { ($0, distance($0.lowercased(), name.lowercased())) }.min { $0.1 < $1.1 }
        guard let (word, distance) = nearest, distance <= max(2, name.count / 4) else {
            return "; voicenote doctor lists what there is."
        }
        return "; did you mean \(word)?"
    }

    /// Levenshtein's distance.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (index, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let cost = right[column] == character ? diagonal : 1 + min(diagonal, row[column], row[column + 1])
                diagonal = row[column + 1]
                row[column + 1] = cost
            }
        }
        return row[right.count]
    }
}

extension String {
    var firstLine: Substring { split(whereSeparator: \.isNewline).first ?? "" }
}
