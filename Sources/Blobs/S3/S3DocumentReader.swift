import Foundation
import FoundationXML

/// Reads XML into elements, within bounds.
///
/// Whatever could make a small document large or reach outside is refused: a document type by its first letters, and
/// once more when the parser sees a declaration.
final class S3DocumentReader: XMLParserDelegate {
    private static let maximumDepth = 16
    /// A page of 1000 objects has up to fourteen elements for each.
    private static let maximumElements = 20_000

    /// The elements that are open, the outermost first.
    private var open: [S3Element] = []
    private var root: S3Element?
    private var count = 0
    private var failure: S3DocumentError?

    private init() {}

    /// - Throws: ``S3DocumentError/tooLong(limitBytes:)``, ``S3DocumentError/tooComplex``,
    ///   ``S3DocumentError/declaration`` and ``S3DocumentError/malformed(line:)``.
    static func read(_ bytes: [UInt8]) throws(S3DocumentError) -> S3Element {
        guard bytes.count <= S3Documents.maximumBytes else { throw .tooLong(limitBytes: S3Documents.maximumBytes) }
        // A text without a zero byte is none of those encodings in which the next test would be blind.
        guard !bytes.contains(0) else { throw .malformed(line: 0) }
        guard Data(bytes).range(of: Data("<!DOCTYPE".utf8)) == nil else { throw .declaration }
        let reader = S3DocumentReader()
        let parser = XMLParser(data: Data(bytes))
        parser.shouldResolveExternalEntities = false
        parser.delegate = reader
        let isWhole = parser.parse()
        if let failure = reader.failure { throw failure }
        // The parser calls a document with something behind its end whole, and tells of it only here.
        guard isWhole, parser.parserError == nil, let root = reader.root else {
            throw .malformed(line: parser.lineNumber)
        }
        return root
    }

    private func stop(_ parser: XMLParser, _ error: S3DocumentError) {
        failure = failure ?? error
        parser.abortParsing()
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        count += 1
        guard open.count < Self.maximumDepth, count <= Self.maximumElements else {
            return stop(parser, .tooComplex)
        }
        open.append(S3Element(name: name.split(separator: ":").last.map(String.init) ?? name))
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        guard !open.isEmpty else { return }
        open[open.count - 1].text += text
    }

    func parser(_ parser: XMLParser, foundCDATA block: Data) {
        self.parser(parser, foundCharacters: String(decoding: block, as: UTF8.self))
    }

    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) {
        guard let element = open.popLast() else { return }
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }

    // MARK: Declarations

    func parser(_ parser: XMLParser, foundInternalEntityDeclarationWithName name: String, value: String?) {
        stop(parser, .declaration)
    }

    func parser(
        _ parser: XMLParser, foundExternalEntityDeclarationWithName name: String, publicID: String?, systemID: String?
    ) {
        stop(parser, .declaration)
    }

    func parser(_ parser: XMLParser, foundElementDeclarationWithName elementName: String, model: String) {
        stop(parser, .declaration)
    }
}
