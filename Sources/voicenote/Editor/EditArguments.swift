/// The arguments of `voicenote edit` before they are parsed.
enum EditArguments {
    /// The arguments with a bare `--remove-silence` written out, because an option of the parser either always has a
    /// value or never. What stands behind `--`, and the arguments of other commands, stay as they are.
    static func spelledOut(_ arguments: [String]) -> [String] {
        guard arguments.first == "edit" else { return arguments }
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments[..<end].map { $0 == "--remove-silence" ? "\($0)=\(EditStep.usualSilence)" : $0 }
            + arguments[end...]
    }
}
