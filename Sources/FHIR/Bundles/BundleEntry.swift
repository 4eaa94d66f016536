import Records

/// One entry of a Bundle.
package struct BundleEntry: Sendable {
    /// What is to be done with the resource.
    package struct Request: Sendable, Hashable {
        /// `POST`, `PUT`, `DELETE`, `GET`, `PATCH`
        package var method: String
        package var url: String
        package var ifMatch: String?
        package var ifNoneExist: String?
    }
    package var fullURL: String?
    package var resource: JSON?
    package var request: Request?
    /// `Bundle.entry[3]`; empty for a resource alone.
    package var place: String
    /// A resource that is there already and that `ifNoneExist` names: nothing is to be created.
    package var existing: RecordID?

    init(resource: JSON, place: String) {
        self.resource = resource
        self.place = place
    }

    init(_ entry: JSON, at index: Int, of kind: ResourceBundle.Kind) throws(FHIRIssue) {
        place = "Bundle.entry[\(index)]"
        guard case .object = entry else {
            throw FHIRIssue(.structure, "must be an object", at: place)
        }
        if let url = entry["fullUrl"] {
            guard Primitive.uri.allows(url) else {
                throw FHIRIssue(
                    .value, "must be \(Primitive.uri.expectation)", at: "\(place).fullUrl")
            }
            fullURL = url.text
        }
        resource = entry["resource"]
        if let resource, resource.members.isEmpty {
            throw FHIRIssue(
                .structure, "must be a resource: {\"resourceType\": …}", at: "\(place).resource")
        }
        guard let request = entry["request"] else {
            if kind.isRequest {
                throw FHIRIssue(
                    .required, "an entry of a \(kind.rawValue) says what to do, in ‘request’",
                    at: "\(place).request")
            }
            return
        }
        guard let method = request["method"]?.text, let url = request["url"]?.text else {
            throw FHIRIssue(
                .required, "a request has a method and a url", at: "\(place).request")
        }
        self.request = Request(
            method: method, url: url, ifMatch: request["ifMatch"]?.text,
            ifNoneExist: request["ifNoneExist"]?.text)
    }
}
