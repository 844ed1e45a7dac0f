import Core
import HTTPTypes
import Hummingbird
import Services

/// What a refusal of an upload looks like, apart from what only one protocol says.
struct UploadProblem {
    var status: HTTPResponse.Status
    var code: VoiceNoteError.Code
    var detail: String
    var type = "about:blank"
    var members: [String: Int64] = [:]
    var headers: HTTPFields = [:]

    /// Problem types of draft-ietf-httpbis-resumable-upload, section "Problem Types".
    private static let types = "https://iana.org/assignments/http-problem-types#"

    init(_ refusal: UploadRefusal) {
        switch refusal {
        case .offset(let upload, let provided):
            (status, code) = (.conflict, .offsetMismatch)
            detail = "The upload is at offset \(upload.offset), not \(provided); go on from there."
            type = Self.types + "mismatching-upload-offset"
            members = ["expected-offset": upload.offset, "provided-offset": provided]
            headers[.uploadOffset] = String(upload.offset)
        case .complete(let upload):
            (status, code) = (.conflict, .uploadComplete)
            detail = "The upload is complete and takes no more bytes."
            type = Self.types + "completed-upload"
            headers[.uploadOffset] = String(upload.offset)
        case .isFinal:
            (status, code) = (.forbidden, .forbidden)
            detail = "An upload that is made of parts takes no bytes of its own."
        case .inconsistentLength(let upload):
            (status, code) = (.badRequest, .inconsistentLength)
            detail =
                upload == nil
                ? "The lengths contradict each other; begin again with one that is right."
                : "The lengths contradict each other; ask for the offset, and send what belongs there."
            type = Self.types + "inconsistent-upload-length"
            headers[.uploadOffset] = upload.map { String($0.offset) }
        case .digest(let upload):
            (status, code) = (.badRequest, .digestMismatch)
            detail = "What arrived is not what its digest announced; nothing of it was kept. Send it again."
            headers[.uploadOffset] = String(upload.offset)
        case .gone:
            (status, code) = (.gone, .gone)
            detail = "The upload was deleted or has expired; begin a new one."
        case .tooLarge(let most):
            (status, code) = (.contentTooLarge, .tooLarge)
            detail = "A recording may have at most \(most) bytes here; send a shorter one."
            members = ["limit": most]
        }
    }

    func response(_ scope: RequestScope) -> Response {
        var body = Problems.Body(
            title: status.reasonPhrase, status: status.code, detail: detail, code: code.rawValue,
            requestId: scope.requestID)
        body.type = type
        body.members = members
        return Problems().response(status, body, headers)
    }
}
