extension StructureDefinition {
    /// Checks members against the type: their data types, how many there are, and what must be
    /// there.
    ///
    /// - Parameter isWhole: false for some of the type's elements, of which none need be there.
    /// - Throws: an issue with its place from here.
    func check(_ members: [JSON.Member], isWhole: Bool = true) throws(FHIRIssue) {
        var seen = [String?](repeating: nil, count: elements.count)
        for member in members {
            let isExtension = member.key.hasPrefix("_")
            let key = isExtension ? String(member.key.dropFirst()) : member.key
            guard let known = self.member(key), !isExtension || known.type.isPrimitive else {
                try checkUnknown(member, key)
                continue
            }
            let element = elements[known.element]
            if let former = seen[known.element], former != key {
                throw FHIRIssue(
                    .structure, "there is ‘\(former)’ already; keep one of the two", at: key)
            }
            seen[known.element] = key
            if isExtension {
                try checkExtensions(member, of: element, values: members.value(key))
            } else {
                try check(member, element, known.type, beside: members)
            }
        }
        guard isWhole else { return }
        for (element, name) in zip(elements, seen) where name == nil && element.isRequired {
            throw FHIRIssue(
                .required, "is missing, and R4 requires it; give \(element.expectation)",
                at: element.name)
        }
    }

    private func checkUnknown(_ member: JSON.Member, _ key: String) throws(FHIRIssue) {
        if let choice = choice(of: key), self.member(key) == nil {
            let names = choice.names.map(\.0).joined(separator: ", ")
            throw FHIRIssue(
                .structure, "\(name).\(choice.name) has no such type; there are \(names)",
                at: member.key)
        }
        do throws(FHIRIssue) { try member.value.checkWellFormed() } catch {
            throw error.within(member.key)
        }
    }

    // MARK: One element

    private func check(
        _ member: JSON.Member, _ element: ElementDefinition, _ type: ElementDefinition.DataType,
        beside members: [JSON.Member]
    ) throws(FHIRIssue) {
        guard element.isList else {
            if case .array = member.value {
                throw FHIRIssue(
                    .structure, "must be one value, not a list; R4 has one at the most here",
                    at: member.key)
            }
            do throws(FHIRIssue) { try type.check(member.value) } catch {
                throw error.within(member.key)
            }
            return
        }
        guard case .array(let values) = member.value, !values.isEmpty else {
            throw FHIRIssue(
                .structure, "must be a list that isn't empty: [\(type.example), …]", at: member.key)
        }
        let extensions = type.isPrimitive ? members.value("_" + member.key)?.elements ?? [] : []
        for (i, value) in values.enumerated() {
            if case .null = value, extensions.isFilled(at: i) { continue }
            do throws(FHIRIssue) { try type.check(value) } catch {
                throw error.within("\(member.key)[\(i)]")
            }
        }
    }

    /// What stands beside a primitive: its id and its extensions (R4, section 2.6.2.1).
    private func checkExtensions(
        _ member: JSON.Member, of element: ElementDefinition, values: JSON?
    ) throws(FHIRIssue) {
        let type = ElementDefinition.DataType.complex("Element")
        guard element.isList else {
            do throws(FHIRIssue) { try type.check(member.value) } catch {
                throw error.within(member.key)
            }
            return
        }
        guard case .array(let extensions) = member.value, !extensions.isEmpty else {
            throw FHIRIssue(
                .structure, "must be a list with an object or null for each value", at: member.key)
        }
        let values = values?.elements ?? []
        for (i, one) in extensions.enumerated() {
            if case .null = one, values.isFilled(at: i) { continue }
            do throws(FHIRIssue) { try type.check(one) } catch {
                throw error.within("\(member.key)[\(i)]")
            }
        }
    }
}

extension ElementDefinition.DataType {
    fileprivate func check(_ json: JSON) throws(FHIRIssue) {
        switch self {
        case .primitive(let primitive):
            if primitive.allows(json) { return }
            throw FHIRIssue(.value, "must be \(primitive.expectation)")
        case .code(let codes):
            if case .string(let code) = json, codes.contains(code) { return }
            throw FHIRIssue(.value, "must be \(expectation)")
        case .complex(let name):
            try StructureDefinition.named(name)?.check(members(of: json))
        case .reference(let targets):
            let members = try members(of: json)
            try StructureDefinition.named("Reference")?.check(members)
            try checkTarget(members, targets)
        case .backbone(let structure): try structure.check(members(of: json))
        case .resource: try checkContained(json)
        }
    }

    private func members(of json: JSON) throws(FHIRIssue) -> [JSON.Member] {
        guard case .object(let members) = json, !members.isEmpty else {
            throw FHIRIssue(.structure, "must be \(expectation)")
        }
        return members
    }

    private func checkTarget(
        _ members: [JSON.Member], _ targets: [String]
    ) throws(FHIRIssue) {
        guard let text = members.value("reference")?.text else { return }
        guard ReferenceTarget.isReference(text) else {
            throw FHIRIssue(
                .value, "must be TYPE/ID, an absolute URL, or ‘#’ and the id of what is contained",
                at: "reference")
        }
        guard !targets.isEmpty, let target = ReferenceTarget(text),
            !targets.contains(target.type)
        else { return }
        throw FHIRIssue(
            .value, "must refer to \(targets.joined(separator: " or "))", at: "reference")
    }

    private func checkContained(_ json: JSON) throws(FHIRIssue) {
        let members = try members(of: json)
        guard let type = members.value("resourceType")?.text, ResourceName.isType(type) else {
            throw FHIRIssue(
                .required, "must say its type, as in \"resourceType\": \"Medication\"",
                at: "resourceType")
        }
        if let id = members.value("id"), !Primitive.id.allows(id) {
            throw FHIRIssue(.value, "must be \(Primitive.id.expectation)", at: "id")
        }
        if members.value("contained") != nil {
            throw FHIRIssue(
                .structure, "can't contain resources; put them into the outermost one",
                at: "contained")
        }
        if let structure = StructureDefinition.named(type) {
            try structure.check(members.filter { $0.key != "resourceType" })
        } else {
            try json.checkWellFormed()
        }
    }

    /// What is allowed, for whoever must correct it.
    fileprivate var expectation: String {
        switch self {
        case .primitive(let primitive): primitive.expectation
        case .code(let codes): "one of \(codes.joined(separator: ", "))"
        case .complex, .reference: "a \(name): an object in braces that isn't empty"
        case .backbone, .resource: "an object in braces that isn't empty"
        }
    }

    /// How a value begins in JSON.
    fileprivate var example: String {
        switch self {
        case .primitive(.boolean): "true"
        case .primitive(.integer), .primitive(.positiveInt), .primitive(.unsignedInt),
            .primitive(.decimal):
            "1"
        case .primitive, .code: "\"…\""
        case .complex, .reference, .backbone, .resource: "{…}"
        }
    }
}

extension ElementDefinition {
    fileprivate var expectation: String {
        if isChoice { return "one of " + names.map(\.0).joined(separator: ", ") }
        let expectation = types.first?.expectation ?? ""
        return isList ? "a list of at least one: \(expectation)" : expectation
    }
}

extension [JSON.Member] {
    fileprivate func value(_ key: String) -> JSON? { first { $0.key == key }?.value }
}
