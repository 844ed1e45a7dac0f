import Testing

@testable import Core

@Suite struct AccountRulesTests {
    @Test(
        "an e-mail address is trimmed, composed and in lower case",
        arguments: [
            ("ada@example.org", "ada@example.org"), (" Ada@Example.ORG\n", "ada@example.org"),
            ("a+b.c@x.y.z", "a+b.c@x.y.z"), ("jose\u{301}@example.org", "jos\u{E9}@example.org"),
            ("ada@münchen.example", "ada@münchen.example"),
        ])
    func email(text: String, clean: String) throws {
        #expect(Array(try AccountRules.email(text).utf8) == Array(clean.utf8))
    }

    @Test(
        "what cannot be an e-mail address is refused",
        arguments: [
            "", "ada", "ada@", "@example.org", "ada@example", "ada@@example.org", "a@b@c.org", "a@\u{301}b@c.org",
            "ada@.org", "ada@org.",
            "ada lovelace@example.org", "ada@exam ple.org", "ada\u{0}@example.org", "ada@example.org\u{0}x",
            "a\r\nBcc: b@example.org", String(repeating: "a", count: 65) + "@example.org",
            "a@" + String(repeating: "b", count: 250) + ".org",
        ])
    func badEmail(text: String) {
        #expect(throws: InvalidValue.self) { try AccountRules.email(text) }
    }

    @Test("the seven ISO weekdays can all be saved, Sunday is 7 (known mistake 4)")
    func everyDay() throws {
        for day in 1...7 { #expect(try AccountRules.workDays([day]) == [day]) }
        #expect(try AccountRules.workDays([7, 6, 5, 4, 3, 2, 1]) == Array(1...7))
        #expect(try AccountRules.workDays([]) == [])
        #expect(try AccountRules.workDays(Account.Profile().workDays) == [1, 2, 3, 4, 5])
    }

    @Test(
        "no other number is a work day",
        arguments: [[0], [8], [-1], [1, 1], [0, 1, 2, 3, 4, 5, 6], [.max], Array(1...7) + [7]])
    func noDay(days: [Int]) {
        #expect(throws: InvalidValue.self) { try AccountRules.workDays(days) }
    }

    @Test("work hours are two times in order", arguments: [("09:00", "17:30"), ("00:00", "23:59"), ("08:59", "09:00")])
    func hours(start: String, end: String) throws {
        let hours = Account.WorkHours(start: start, end: end)
        #expect(try AccountRules.workHours(hours) == hours)
    }

    @Test(
        "other hours are refused",
        arguments: [
            ("17:00", "09:00"), ("09:00", "09:00"), ("24:00", "25:00"), ("09:60", "10:00"), ("9:00", "17:00"),
            ("09:00", "24:00"), ("+9:00", "17:00"), ("09:+0", "17:00"), ("-9:00", "17:00"), ("", ""),
            ("09.00", "17.00"),
            ("09:00 ", "17:00"), ("٠٩:٠٠", "17:00"), ("09:00\u{0}", "17:00"),
        ])
    func badHours(start: String, end: String) {
        #expect(throws: InvalidValue.self) { try AccountRules.workHours(Account.WorkHours(start: start, end: end)) }
    }

    @Test(
        "jargons fold case and the first spelling stays",
        arguments: [
            (["LUFS", "lufs", "Lufs"], ["LUFS"]), ([" a ", "A", "b"], ["a", "b"]), ([], []),
            (["e\u{301}clair", "\u{C9}CLAIR"], ["\u{E9}clair"]),
        ])
    func jargons(words: [String], clean: [String]) throws {
        #expect(try AccountRules.jargons(words) == clean)
    }

    @Test("fifty jargons are possible, and duplicates do not count")
    func mostJargons() throws {
        let fifty = (0..<50).map { "word \($0)" }
        #expect(try AccountRules.jargons(fifty + fifty.map { $0.uppercased() }) == fifty)
        #expect(throws: InvalidValue.self) { try AccountRules.jargons(fifty + ["one more"]) }
        #expect(throws: InvalidValue.self) { try AccountRules.jargons(Array(repeating: "same", count: 201)) }
    }

    @Test(
        "a jargon is neither empty nor longer than a hundred characters",
        arguments: ["", " ", "a\nb", String(repeating: "a", count: 101)])
    func badJargon(word: String) {
        #expect(throws: InvalidValue.self) { try AccountRules.jargons([word]) }
    }

    @Test(
        "a name loses markup characters and keeps 2 to 255",
        arguments: [("Ada", "Ada"), ("<b>Ada</b>", "bAda/b"), ("A<\u{301}d>a", "A\u{301}da"), (" A B ", "A B")])
    func name(text: String, clean: String) throws {
        #expect(try AccountRules.name(text) == clean)
    }

    @Test(
        "a name that is too short, too long or has control characters is refused",
        arguments: ["", "a", "<a>", "a\u{0}b", String(repeating: "a", count: 256)])
    func badName(text: String) {
        #expect(throws: InvalidValue.self) { try AccountRules.name(text) }
    }

    @Test("a password is taken as it is, with 10 to 256 characters")
    func password() throws {
        #expect(try AccountRules.password(" spaces stay ") == " spaces stay ")
        #expect(try AccountRules.password(String(repeating: "a", count: 256)).count == 256)
        for bad in [
            "", "123456789", String(repeating: "a", count: 257), "a" + String(repeating: "\u{301}", count: 5000),
        ] {
            #expect(throws: InvalidValue.self) { try AccountRules.password(bad) }
        }
    }

    @Test("a scope that is missing is forbidden, one that is there is not", arguments: Scope.allCases)
    func scopes(scope: Scope) {
        let all = Principal(account: Account.ID(), role: .member, scopes: Set(Scope.allCases))
        let others = Principal(account: Account.ID(), role: .owner, scopes: Set(Scope.allCases).subtracting([scope]))
        #expect(throws: Never.self) { try all.require(scope) }
        #expect { try others.require(scope) } throws: { ($0 as? VoiceNoteError)?.code == .forbidden }
    }
}
