/// HTTP: routes, authentication, request and response bodies, ranges, events, and the files of the page.
///
/// A handler turns a request into a call of a service and the outcome into a response; rules live in the services.
/// ``Routes/router(_:)`` is the table of contents.
enum API {}
