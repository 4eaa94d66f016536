import Causality
import Foundation
import Records

import FHIR

/// One resource of each type that has an entity, with what is likely to get lost: extensions of
/// primitives, second codings, contained resources, odd shapes.
enum Samples {
    static let clinic = NodeID(rawValue: 0xC1)

    static let texts = [
        patient, allergy, condition, prescription, encounter, observation, bloodPressure,
        appointment, practitioner, organization, location, claim, slot,
    ]

    static func json(_ text: String) throws -> JSON { try JSON(parsing: text) }

    static let patient = """
        {"resourceType": "Patient", "id": "p1", "meta": {"versionId": "3", "tag": [{"code": "x"}]},
         "text": {"status": "generated", "div": "<div>Amina</div>"},
         "identifier": [
           {"use": "official", "system": "urn:ids", "value": "42", "type": {"text": "MRN"},
            "period": {"start": "2001-05-06"}, "assigner": {"display": "Acme"}},
           {"value": "no system"}, {"system": "urn:x", "_value": {"extension": [{"url": "u"}]}}],
         "active": true,
         "name": [
           {"use": "official", "family": "Okello", "given": ["Amina", "Mary Ann"]},
           {"use": "nickname", "text": "Mina"}, {"use": "nickname", "text": "Mina"},
           {"given": ["A", null], "_given": [null, {"id": "g"}], "_family": {"id": "f"}}],
         "telecom": [{"system": "phone", "value": "+256 77", "use": "mobile", "rank": 1}, {"use": "old"}],
         "gender": "female", "_gender": {"extension": [{"url": "u", "valueCode": "c"}]},
         "birthDate": "1974-12",
         "_birthDate": {"extension": [{"url": "est", "valueBoolean": true}]},
         "deceasedDateTime": "2015-02-14T13:42:00+10:00",
         "address": [{"use": "home", "line": ["Plot 5", "Hill Road"], "city": "Gulu",
                      "period": {"start": "1974-12-25"}, "extension": [{"url": "geo"}]}],
         "maritalStatus": {"coding": [{"system": "s", "code": "M"}, {"code": "W"}], "text": "t"},
         "multipleBirthInteger": 2,
         "contact": [{"name": {"family": "B"}}],
         "managingOrganization": {"reference": "Organization/1", "display": "Gulu"}}
        """

    static let allergy = """
        {"resourceType": "AllergyIntolerance", "id": "a1",
         "clinicalStatus": {"coding": [{"system": "cs", "code": "active", "display": "Active"}]},
         "verificationStatus": {"coding": [{"system": "vs", "code": "confirmed"}]},
         "type": "allergy", "category": ["food"], "criticality": "high",
         "code": {"coding": [{"system": "http://snomed.info/sct", "code": "227493005"},
                             {"code": "second"}], "text": "Cashews"},
         "patient": {"reference": "Patient/p1"}, "onsetDateTime": "2004",
         "recordedDate": "2014-10-09T14:58:00+11:00", "recorder": {"reference": "Practitioner/e"},
         "reaction": [{"manifestation": [{"coding": [{"code": "39579001"}]}], "severity": "severe",
                       "onset": "2012-06-12"}, {"description": "second", "manifestation": [{"text": "m"}]}]}
        """

    static let condition = """
        {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"},
         "clinicalStatus": {"coding": [{"code": "active"}]},
         "code": {"coding": [{"display": "no code first"}, {"code": "386661006"}]},
         "onsetAge": {"value": 52, "unit": "years"}, "abatementString": "later",
         "severity": {"text": "mild"}, "note": [{"text": "n"}]}
        """

    static let prescription = """
        {"resourceType": "MedicationRequest", "id": "m1", "status": "stopped",
         "contained": [{"resourceType": "Medication", "id": "med", "code": {"text": "x"}}],
         "statusReason": {"text": "rash"}, "intent": "order",
         "medicationReference": {"reference": "#med", "display": "Amoxicillin"},
         "subject": {"reference": "Patient/p1", "display": "Amina"},
         "authoredOn": "2015-01-15",
         "dosageInstruction": [
           {"sequence": 1, "text": "one three times a day",
            "timing": {"repeat": {"frequency": 3, "period": 1.0, "periodUnit": "d",
                                  "boundsDuration": {"value": 7, "code": "d"}}},
            "route": {"coding": [{"code": "26643006"}]},
            "doseAndRate": [{"doseQuantity": {"value": 0.50, "unit": "mg", "code": "mg"}}]},
           {"sequence": 2}]}
        """

    static let encounter = """
        {"resourceType": "Encounter", "id": "e1", "status": "in-progress",
         "_status": {"id": "s"}, "class": {"system": "v3", "code": "AMB"},
         "subject": {"reference": "http://other.example/fhir/Patient/p1/_history/2"},
         "participant": [{"individual": {"reference": "Practitioner/d"}}, {"individual": {"display": "d"}}],
         "period": {"start": "2013-03-11", "end": "2013-03-20T10:00:00Z"},
         "identifier": [{"value": "v"}]}
        """

    static let observation = """
        {"resourceType": "Observation", "id": "o1", "status": "final",
         "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
         "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2016-03-28",
         "issued": "2016-03-28T10:00:00.123Z",
         "valueQuantity": {"value": 185.00, "comparator": "<", "unit": "lbs"},
         "interpretation": [{"coding": [{"code": "H"}]}],
         "referenceRange": [{"low": {"value": 1.0}, "high": {"value": 1e2}, "text": "r"}]}
        """

    static let bloodPressure = """
        {"resourceType": "Observation", "id": "o2", "status": "final",
         "code": {"text": "bp"}, "subject": {"reference": "Patient/p1"},
         "effectivePeriod": {"start": "2016"},
         "component": [
           {"code": {"coding": [{"code": "8480-6"}]}, "valueQuantity": {"value": 107, "unit": "mm"}},
           {"code": {"coding": [{"code": "8462-4"}]}, "valueQuantity": {"value": 60}}]}
        """

    static let appointment = """
        {"resourceType": "Appointment", "id": "ap1", "status": "booked", "priority": 5,
         "text": {"status": "generated", "div": "<div>MRI</div>"},
         "description": "results of the MRI", "comment": "come fasting",
         "reasonReference": [{"reference": "Condition/c1", "display": "burn"}],
         "start": "2013-12-10T09:00:00Z", "end": "2013-12-10T11:00:00Z", "created": "2013-10-10",
         "serviceType": [{"coding": [{"code": "52"}]}],
         "participant": [
           {"actor": {"reference": "Practitioner/d"}, "status": "accepted"},
           {"actor": {"reference": "Patient/p1"}, "required": "required", "status": "accepted"}]}
        """

    static let practitioner = """
        {"resourceType": "Practitioner", "id": "d", "active": true,
         "name": [{"family": "Careful", "given": ["Adam"], "prefix": ["Dr"]}],
         "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "99"}],
         "telecom": [{"system": "email", "value": "a@b.example",
                      "extension": [{"url": "u", "valueBoolean": true}]}],
         "qualification": [{"code": {"text": "MD"}, "period": {"start": "1995"}}]}
        """

    static let organization = """
        {"resourceType": "Organization", "id": "1", "name": "Gulu", "alias": ["G", "H"],
         "type": [{"coding": [{"code": "prov"}], "text": "t"}, {"text": "u"}],
         "telecom": [{"system": "phone", "value": "1"}],
         "address": [{"line": ["a\\nb"], "city": "c"}], "partOf": {"reference": "Organization/2"},
         "contact": [{"purpose": {"text": "p"}}]}
        """

    static let location = """
        {"resourceType": "Location", "id": "1", "status": "active", "name": "Ward",
         "alias": ["W", null], "_alias": [null, {"id": "x"}],
         "address": {"line": ["Galapagosweg 91"], "city": "Den Burg"},
         "position": {"longitude": -83.6945691, "latitude": 42.25475478, "altitude": 0},
         "managingOrganization": {"identifier": {"system": "s", "value": "v"}, "display": "d"}}
        """

    static let claim = """
        {"resourceType": "Claim", "id": "p1", "patient": {"reference": "Patient/p1"},
         "total": {"value": 12.50, "currency": "UGX"}}
        """

    static let slot = """
        {"resourceType": "Slot", "id": "s1", "status": "free",
         "schedule": {"reference": "Schedule/1"}}
        """
}
