import Core
import Foundation
import Services

/// What `voicenote import` prints, a line for each thing that happens.
enum ImportLines {
    static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    static func say(_ event: ImportEvent) {
        switch event {
        case .began(let record) where record.state == .backup: say("import \(record.id) of \(record.source)")
        case .began(let record): say("import \(record.id) of \(record.source) goes on")
        case .step(let state): say("step  \(state.rawValue)")
        case .item(let outcome, let name, let number, let total): say("[\(number)/\(total)] \(text(outcome, name))")
        case .progress(let state, let done, let total): say("\(state.rawValue)  \(done) of \(total)")
        }
    }

    private static func text(_ outcome: ImportOutcome, _ name: String) -> String {
        switch outcome {
        case .imported(let note): "imported  \(note)  \(name)"
        case .isThere(let reason): "skipped  \(name): \(reason)"
        case .leftOut(let reason): "left out  \(name): \(reason)"
        }
    }

    static func say(_ findings: [ImportFinding]) {
        for finding in findings { say("\(finding.weight == .problem ? "problem" : "remark")  \(finding)") }
    }

    static func say(_ summary: ImportSummary) {
        say(summary.remarks + summary.problems)
        say(
            "\(summary.imported) imported, \(summary.alreadyThere) already there, \(summary.leftOut) left out, "
                + "\(summary.problems.count) problems")
        say("The database from before is \(summary.backup)")
        say("To take the import back: voicenote import --rollback \(summary.id)")
    }
}
