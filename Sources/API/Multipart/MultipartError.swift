public import Core

/// Why a body is no `multipart/form-data` that is accepted here. After one the parser stays failed.
public enum MultipartError: Error, Sendable, Hashable, CustomStringConvertible {
    case notFormData
    case boundaryMissing
    case boundaryInvalid
    case preambleTooLong(limitBytes: Int)
    case epilogueTooLong(limitBytes: Int)
    case boundaryPaddingTooLong(limitBytes: Int)
    case headersTooLong(limitBytes: Int)
    case tooManyHeaders(limit: Int)
    case tooManyParts(limit: Int)
    case headerMalformed
    case headerRepeated(name: String)
    case dispositionMissing
    case disposition(FormDataDispositionError)
    case nestedMultipart
    case transferEncodingUnsupported
    /// The input ended before the closing boundary.
    case truncated

    /// What is wrong and what to send instead.
    public var description: String {
        switch self {
        case .notFormData: "The Content-Type is not multipart/form-data. Send the form as multipart/form-data."
        case .boundaryMissing: "The Content-Type has no boundary. Let the HTTP library set the header itself."
        case .boundaryInvalid:
            "The boundary is not made of 1 to 70 letters, digits and '()+_,-./:=? or is given twice. Choose another."
        case .preambleTooLong(let limit): "More than \(limit) bytes come before the first boundary. Leave them out."
        case .epilogueTooLong(let limit): "More than \(limit) bytes come after the last boundary. Leave them out."
        case .boundaryPaddingTooLong(let limit): "More than \(limit) blanks follow a boundary. Leave them out."
        case .headersTooLong(let limit): "The headers of a part are longer than \(limit) bytes. Shorten them."
        case .tooManyHeaders(let limit): "A part has more than \(limit) headers. Leave some out."
        case .tooManyParts(let limit): "The form has more than \(limit) parts. Send several requests."
        case .headerMalformed: "A header of a part cannot be read. Write each as name: value, ended by CR LF."
        case .headerRepeated(let name): "A part has the header \(name) twice. Send it once."
        case .dispositionMissing:
            "A part has no Content-Disposition. Send form-data; name=\"file\"; filename=\"memo.wav\"."
        case .disposition(let error): error.description
        case .nestedMultipart: "A part is a multipart itself. Send each file as a part of its own."
        case .transferEncodingUnsupported: "A part has a Content-Transfer-Encoding. Send its bytes as they are."
        case .truncated: "The form ends before its closing boundary. Send it again."
        }
    }
}
