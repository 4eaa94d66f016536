/// The resources that have entities of their own, as R4 defines them. What a reference may point at
/// is only said where it decides who holds a record: real data, HL7's examples too, is not exact
/// about the rest.
extension StructureDefinition {
    static let resourceTypes = """
        \(people)
        \(places)
        \(problems)
        \(visits)
        \(orders)
        \(appointments)
        """

    private static let people = """
        Patient {
            identifier* Identifier  active boolean  name* HumanName  telecom* ContactPoint
            gender code(male|female|other|unknown)  birthDate date  deceased[x] boolean|dateTime
            address* Address  maritalStatus CodeableConcept  multipleBirth[x] boolean|integer
            photo* Attachment
            contact* {
                relationship* CodeableConcept  name HumanName  telecom* ContactPoint
                address Address  gender code(male|female|other|unknown)
                organization Reference  period Period
            }
            communication* { language! CodeableConcept  preferred boolean }
            generalPractitioner* Reference
            managingOrganization Reference(Organization)
            link* {
                other! Reference
                type! code(replaced-by|replaces|refer|seealso)
            }
        }
        Practitioner {
            identifier* Identifier  active boolean  name* HumanName  telecom* ContactPoint
            address* Address  gender code(male|female|other|unknown)  birthDate date
            photo* Attachment
            qualification* {
                identifier* Identifier  code! CodeableConcept  period Period
                issuer Reference
            }
            communication* CodeableConcept
        }
        """

    private static let places = """
        Organization {
            identifier* Identifier  active boolean  type* CodeableConcept  name string
            alias* string  telecom* ContactPoint  address* Address
            partOf Reference
            contact* {
                purpose CodeableConcept  name HumanName  telecom* ContactPoint  address Address
            }
            endpoint* Reference
        }
        Location {
            identifier* Identifier  status code(active|suspended|inactive)
            operationalStatus Coding  name string  alias* string  description string
            mode code(instance|kind)  type* CodeableConcept  telecom* ContactPoint
            address Address  physicalType CodeableConcept
            position { longitude! decimal  latitude! decimal  altitude decimal }
            managingOrganization Reference(Organization)  partOf Reference
            hoursOfOperation* {
                daysOfWeek* code(mon|tue|wed|thu|fri|sat|sun)  allDay boolean  openingTime time
                closingTime time
            }
            availabilityExceptions string  endpoint* Reference
        }
        """

    private static let problems = """
        AllergyIntolerance {
            identifier* Identifier  clinicalStatus CodeableConcept
            verificationStatus CodeableConcept  type code(allergy|intolerance)
            category* code(food|medication|environment|biologic)
            criticality code(low|high|unable-to-assess)  code CodeableConcept
            patient! Reference(Patient)  encounter Reference
            onset[x] dateTime|Age|Period|Range|string  recordedDate dateTime
            recorder Reference
            asserter Reference
            lastOccurrence dateTime  note* Annotation
            reaction* {
                substance CodeableConcept  manifestation+ CodeableConcept  description string
                onset dateTime  severity code(mild|moderate|severe)
                exposureRoute CodeableConcept  note* Annotation
            }
        }
        Condition {
            identifier* Identifier  clinicalStatus CodeableConcept
            verificationStatus CodeableConcept  category* CodeableConcept
            severity CodeableConcept  code CodeableConcept  bodySite* CodeableConcept
            subject! Reference(Patient|Group)  encounter Reference
            onset[x] dateTime|Age|Period|Range|string
            abatement[x] dateTime|Age|Period|Range|string  recordedDate dateTime
            recorder Reference
            asserter Reference
            stage* { summary CodeableConcept  assessment* Reference  type CodeableConcept }
            evidence* { code* CodeableConcept  detail* Reference }
            note* Annotation
        }
        """

    private static let visits = """
        Encounter {
            identifier* Identifier  status! \(encounterStatus)
            statusHistory* { status! \(encounterStatus)  period! Period }
            class! Coding  classHistory* { class! Coding  period! Period }
            type* CodeableConcept  serviceType CodeableConcept  priority CodeableConcept
            subject Reference(Patient|Group)  episodeOfCare* Reference
            basedOn* Reference
            participant* {
                type* CodeableConcept  period Period
                individual Reference
            }
            appointment* Reference  period Period  length Duration
            reasonCode* CodeableConcept  reasonReference* Reference
            diagnosis* { condition! Reference  use CodeableConcept  rank positiveInt }
            account* Reference
            hospitalization {
                preAdmissionIdentifier Identifier  origin Reference
                admitSource CodeableConcept  reAdmission CodeableConcept
                dietPreference* CodeableConcept  specialCourtesy* CodeableConcept
                specialArrangement* CodeableConcept
                destination Reference
                dischargeDisposition CodeableConcept
            }
            location* {
                location! Reference  status code(planned|active|reserved|completed)
                physicalType CodeableConcept  period Period
            }
            serviceProvider Reference  partOf Reference
        }
        Observation {
            identifier* Identifier  basedOn* Reference  partOf* Reference
            status! code(\(observationStatuses))
            category* CodeableConcept  code! CodeableConcept
            subject Reference(Patient|Group|Device|Location)  focus* Reference
            encounter Reference  effective[x] dateTime|Period|Timing|instant
            issued instant  performer* Reference  value[x] \(observationValue)
            dataAbsentReason CodeableConcept  interpretation* CodeableConcept  note* Annotation
            bodySite CodeableConcept  method CodeableConcept  specimen Reference
            device Reference  referenceRange* { \(referenceRange) }
            hasMember* Reference  derivedFrom* Reference
            component* {
                code! CodeableConcept  value[x] \(observationValue)
                dataAbsentReason CodeableConcept  interpretation* CodeableConcept
                referenceRange* { \(referenceRange) }
            }
        }
        """

    private static let encounterStatus = """
        code(planned|arrived|triaged|in-progress|onleave|finished|cancelled|entered-in-error\
        |unknown)
        """

    private static let observationStatuses =
        "registered|preliminary|final|amended|corrected|cancelled|entered-in-error|unknown"

    private static let observationValue = """
        Quantity|CodeableConcept|string|boolean|integer|Range|Ratio|SampledData|time|dateTime|Period
        """

    private static let referenceRange = """
        low Quantity  high Quantity  type CodeableConcept  appliesTo* CodeableConcept  age Range
        text string
        """

    private static let orders = """
        MedicationRequest {
            identifier* Identifier
            status! code(active|on-hold|cancelled|completed|entered-in-error|stopped|draft|unknown)
            statusReason CodeableConcept  intent! code(\(intents))
            category* CodeableConcept  priority code(routine|urgent|asap|stat)
            doNotPerform boolean  reported[x] boolean|Reference
            medication[x]! CodeableConcept|Reference
            subject! Reference(Patient|Group)  encounter Reference
            supportingInformation* Reference  authoredOn dateTime  requester Reference
            performer Reference  performerType CodeableConcept
            recorder Reference  reasonCode* CodeableConcept
            reasonReference* Reference  instantiatesCanonical* canonical  instantiatesUri* uri
            basedOn* Reference  groupIdentifier Identifier  courseOfTherapyType CodeableConcept
            insurance* Reference  note* Annotation  dosageInstruction* Dosage
            dispenseRequest {
                initialFill { quantity Quantity  duration Duration }
                dispenseInterval Duration  validityPeriod Period
                numberOfRepeatsAllowed unsignedInt  quantity Quantity
                expectedSupplyDuration Duration  performer Reference
            }
            substitution { allowed[x]! boolean|CodeableConcept  reason CodeableConcept }
            priorPrescription Reference
            detectedIssue* Reference  eventHistory* Reference
        }
        """

    private static let intents = """
        proposal|plan|order|original-order|reflex-order|filler-order|instance-order|option
        """

    private static let appointments = """
        Appointment {
            identifier* Identifier  status! code(\(appointmentStatuses))
            cancelationReason CodeableConcept  serviceCategory* CodeableConcept
            serviceType* CodeableConcept  specialty* CodeableConcept
            appointmentType CodeableConcept  reasonCode* CodeableConcept
            reasonReference* Reference  priority unsignedInt  description string
            supportingInformation* Reference  start instant  end instant
            minutesDuration positiveInt  slot* Reference  created dateTime  comment string
            patientInstruction string  basedOn* Reference
            participant+ {
                type* CodeableConcept  actor Reference
                required code(required|optional|information-only)
                status! code(accepted|declined|tentative|needs-action)  period Period
            }
            requestedPeriod* Period
        }
        """

    private static let appointmentStatuses = """
        proposed|pending|booked|arrived|fulfilled|cancelled|noshow|entered-in-error|checked-in\
        |waitlist
        """
}
