import Core
import Testing

@Suite("Preconditions follow RFC 9110")
struct PreconditionsTests {
    static let date = HTTPDate(clampingSeconds: 784_111_777)
    static let same = "Sun, 06 Nov 1994 08:49:37 GMT"
    static let before = "Sun, 06 Nov 1994 08:49:36 GMT"
    static let after = "Sun, 06 Nov 1994 08:49:38 GMT"

    struct Case: Sendable, CustomTestStringConvertible {
        var method = "GET"
        var conditions: Preconditions
        var exists = true
        var expected: Preconditions.Outcome
        var testDescription: String { "\(method) \(conditions)" }
    }

    static let cases: [Case] = [
        Case(conditions: Preconditions(), expected: .proceed),
        Case(conditions: Preconditions(ifMatch: "\"a\""), expected: .proceed),
        Case(conditions: Preconditions(ifMatch: "\"x\", \"a\""), expected: .proceed),
        Case(conditions: Preconditions(ifMatch: "W/\"a\""), expected: .preconditionFailed),
        Case(conditions: Preconditions(ifMatch: "\"x\""), expected: .preconditionFailed),
        Case(conditions: Preconditions(ifMatch: "*"), expected: .proceed),
        Case(conditions: Preconditions(ifMatch: "*"), exists: false, expected: .preconditionFailed),
        Case(method: "PUT", conditions: Preconditions(ifMatch: "a"), expected: .preconditionFailed),
        Case(conditions: Preconditions(ifNoneMatch: "\"a\""), expected: .notModified),
        Case(conditions: Preconditions(ifNoneMatch: "W/\"a\""), expected: .notModified),
        Case(method: "HEAD", conditions: Preconditions(ifNoneMatch: "*"), expected: .notModified),
        Case(method: "PUT", conditions: Preconditions(ifNoneMatch: "*"), expected: .preconditionFailed),
        Case(method: "PUT", conditions: Preconditions(ifNoneMatch: "*"), exists: false, expected: .proceed),
        Case(conditions: Preconditions(ifNoneMatch: "\"x\""), expected: .proceed),
        Case(conditions: Preconditions(ifNoneMatch: "x"), expected: .proceed),
        Case(method: "PUT", conditions: Preconditions(ifNoneMatch: "x"), expected: .preconditionFailed),
        Case(conditions: Preconditions(ifModifiedSince: same), expected: .notModified),
        Case(conditions: Preconditions(ifModifiedSince: after), expected: .notModified),
        Case(conditions: Preconditions(ifModifiedSince: before), expected: .proceed),
        Case(conditions: Preconditions(ifModifiedSince: "yesterday"), expected: .proceed),
        Case(method: "POST", conditions: Preconditions(ifModifiedSince: same), expected: .proceed),
        Case(conditions: Preconditions(ifUnmodifiedSince: same), expected: .proceed),
        Case(conditions: Preconditions(ifUnmodifiedSince: before), expected: .preconditionFailed),
        Case(conditions: Preconditions(ifUnmodifiedSince: "yesterday"), expected: .proceed),
        // If-None-Match silences If-Modified-Since; If-Match silences If-Unmodified-Since.
        Case(conditions: Preconditions(ifNoneMatch: "\"x\"", ifModifiedSince: same), expected: .proceed),
        Case(conditions: Preconditions(ifMatch: "\"a\"", ifUnmodifiedSince: before), expected: .proceed),
        // If-Match comes first.
        Case(conditions: Preconditions(ifMatch: "\"x\"", ifNoneMatch: "\"a\""), expected: .preconditionFailed),
        Case(conditions: Preconditions(ifMatch: "\"a\"", ifNoneMatch: "\"a\""), expected: .notModified),
    ]

    @Test("Conditions are evaluated in the order of section 13.2.2", arguments: cases)
    func order(_ test: Case) {
        let outcome = test.conditions.evaluate(
            method: test.method, etag: test.exists ? ETag("a") : nil, lastModified: test.exists ? Self.date : nil,
            exists: test.exists)
        #expect(outcome == test.expected)
    }

    @Test("A weak tag of ours answers If-None-Match but not If-Match")
    func weak() {
        let tag = ETag("a", weak: true)
        let none = Preconditions(ifNoneMatch: "\"a\"").evaluate(method: "GET", etag: tag, lastModified: nil)
        let match = Preconditions(ifMatch: "W/\"a\"").evaluate(method: "GET", etag: tag, lastModified: nil)
        #expect(none == .notModified)
        #expect(match == .preconditionFailed)
    }

    @Test(
        "Tags are read exactly",
        arguments: ["a", "\"a", "a\"", "w/\"a\"", "W/ \"a\"", "\"a\"b", "\"a b\"", "", "\"\u{7F}\""])
    func malformedTag(text: String) {
        #expect(ETag.parse(text) == nil)
    }

    @Test("Tags survive a round trip", arguments: ["", "abc", "!#[]~", "é"])
    func tags(opaque: String) throws {
        for weak in [false, true] {
            let tag = try #require(ETag(opaque, weak: weak))
            #expect(ETag.parse(tag.text) == tag)
        }
    }

    @Test("Tags and lists are bounded")
    func bounds() {
        #expect(ETag(String(repeating: "a", count: 257)) == nil)
        #expect(ETag("a\"b") == nil)
        let tags = Array(repeating: "\"a\"", count: 64)
        #expect(ETagCondition.parse(tags.joined(separator: ",")) != nil)
        #expect(ETagCondition.parse((tags + ["\"a\""]).joined(separator: ",")) == nil)
        #expect(ETagCondition.parse("\"a\"" + String(repeating: ",", count: 8192)) == nil)
        #expect(ETagCondition.parse("*, \"a\"") == nil)
        #expect(
            ETagCondition.parse("\"a,b\" , W/\"c\",") == .tags([ETag("a,b"), ETag("c", weak: true)].compactMap { $0 }))
    }
}
