/// FHIR R4's data types, as far as the resources of ``StructureDefinition/resourceTypes`` use them
/// (sections 2.24 to 2.28).
extension StructureDefinition {
    static let dataTypes = """
        Element { }
        Extension { url! uri  value[x] * }
        Narrative { status! code(generated|extensions|additional|empty)  div! xhtml }
        Meta {
            versionId id  lastUpdated instant  source uri  profile* canonical  security* Coding
            tag* Coding
        }
        Reference { reference string  type uri  identifier Identifier  display string }
        Identifier {
            use code(usual|official|temp|secondary|old)  type CodeableConcept  system uri
            value string  period Period  assigner Reference
        }
        HumanName {
            use code(usual|official|temp|nickname|anonymous|old|maiden)  text string
            family string  given* string  prefix* string  suffix* string  period Period
        }
        Address {
            use code(home|work|temp|old|billing)  type code(postal|physical|both)  text string
            line* string  city string  district string  state string  postalCode string
            country string  period Period
        }
        ContactPoint {
            system code(phone|fax|email|pager|url|sms|other)  value string
            use code(home|work|temp|old|mobile)  rank positiveInt  period Period
        }
        CodeableConcept { coding* Coding  text string }
        Coding {
            system uri  version string  code code  display string  userSelected boolean
        }
        Quantity {
            value decimal  comparator code(<|<=|>=|>)  unit string  system uri  code code
        }
        Age { value decimal  comparator code(<|<=|>=|>)  unit string  system uri  code code }
        Count { value decimal  comparator code(<|<=|>=|>)  unit string  system uri  code code }
        Distance {
            value decimal  comparator code(<|<=|>=|>)  unit string  system uri  code code
        }
        Duration {
            value decimal  comparator code(<|<=|>=|>)  unit string  system uri  code code
        }
        Money { value decimal  currency code }
        Range { low Quantity  high Quantity }
        Ratio { numerator Quantity  denominator Quantity }
        Period { start dateTime  end dateTime }
        Attachment {
            contentType code  language code  data base64Binary  url url  size unsignedInt
            hash base64Binary  title string  creation dateTime
        }
        Annotation { author[x] Reference|string  time dateTime  text! markdown }
        SampledData {
            origin! Quantity  period! decimal  factor decimal  lowerLimit decimal
            upperLimit decimal  dimensions! positiveInt  data string
        }
        Signature {
            type+ Coding  when! instant  who! Reference  onBehalfOf Reference  targetFormat code
            sigFormat code  data base64Binary
        }
        ContactDetail { name string  telecom* ContactPoint }
        Timing {
            event* dateTime
            repeat {
                bounds[x] Duration|Range|Period  count positiveInt  countMax positiveInt
                duration decimal  durationMax decimal  durationUnit code(s|min|h|d|wk|mo|a)
                frequency positiveInt  frequencyMax positiveInt  period decimal
                periodMax decimal  periodUnit code(s|min|h|d|wk|mo|a)
                dayOfWeek* code(mon|tue|wed|thu|fri|sat|sun)  timeOfDay* time  when* code
                offset unsignedInt
            }
            code CodeableConcept
        }
        Dosage {
            sequence integer  text string  additionalInstruction* CodeableConcept
            patientInstruction string  timing Timing  asNeeded[x] boolean|CodeableConcept
            site CodeableConcept  route CodeableConcept  method CodeableConcept
            doseAndRate* {
                type CodeableConcept  dose[x] Range|Quantity  rate[x] Ratio|Range|Quantity
            }
            maxDosePerPeriod Ratio  maxDosePerAdministration Quantity
            maxDosePerLifetime Quantity
        }
        """

    /// What `value[x]` of an Extension may be (section 2.24.0.2). Some are of no use in the
    /// resources here, and have no structure: they are kept as they are.
    static let openTypes = """
        base64Binary boolean canonical code date dateTime decimal id instant integer markdown oid \
        positiveInt string time unsignedInt uri url uuid Address Age Annotation Attachment \
        CodeableConcept Coding ContactPoint Count Distance Duration HumanName Identifier Money \
        Period Quantity Range Ratio Reference SampledData Signature Timing ContactDetail \
        Contributor DataRequirement Expression ParameterDefinition RelatedArtifact \
        TriggerDefinition UsageContext Dosage Meta
        """
}
