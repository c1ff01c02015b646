import Testing

@testable import AtelierJSON

@Suite("JSON Schema")
struct JSONSchemaTests {
    private func json(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8)) }

    @Test(
        "Each word refuses what it should, at its place",
        arguments: [
            (#"{"type": "integer"}"#, "1.5", "the value wants integer, not 1.5"),
            (#"{"type": ["string", "null"]}"#, "1", "the value wants string or null, not 1"),
            (#"{"enum": ["a", 1]}"#, #""b""#, #"the value wants one of "a", 1, not "b""#),
            (#"{"const": true}"#, "false", "the value wants true, not false"),
            (#"{"properties": {"a": {"minimum": 2}}}"#, #"{"a": 1}"#, "a: is less than 2"),
            (#"{"properties": {"a": {"exclusiveMaximum": 2}}}"#, #"{"a": 2}"#, "a: is not less than 2"),
            (#"{"required": ["a", "b"]}"#, #"{"a": 1}"#, "b: is missing"),
            (#"{"properties": {"a": {}}, "additionalProperties": false}"#, #"{"a": 1, "c": 2}"#, "c: is not known"),
            (#"{"additionalProperties": {"type": "string"}}"#, #"{"c": 2}"#, "c: wants string, not 2"),
            (#"{"items": {"items": {"type": "null"}}}"#, "[[], [null, 3]]", "[1][1]: wants null, not 3"),
            (#"{"minItems": 1, "maxItems": 2}"#, "[]", "the value has fewer than 1 elements"),
            (#"{"maxLength": 2}"#, #""äöü""#, "the value has more than 2 characters"),
            (#"{"anyOf": [{"type": "string"}, {"minimum": 3}]}"#, "2", "the value wants string, not 2"),
            (#"{"oneOf": [{"type": "number"}, {"minimum": 3}]}"#, "4", "the value fits 2 forms where one is wanted"),
            (#"{"allOf": [{"minimum": 1}, {"maximum": 3}]}"#, "4", "the value is more than 3"),
            ("false", "1", "the value is not allowed"),
        ])
    func refuses(schema: String, value: String, problem: String) throws {
        #expect(try JSONSchema(json(schema)).problem(with: json(value)) == problem)
    }

    @Test(
        "What fits has no problem",
        arguments: [
            (#"{"type": "integer"}"#, "2.0"), (#"{"type": "number", "minimum": 1}"#, "1"), (#"{"minimum": 1}"#, #""text""#),
            (#"{"properties": {"a": {"type": "string"}}, "required": ["a"]}"#, #"{"a": "x", "b": []}"#), ("true", "[]"),
            (#"{"description": "x", "oneOf": [{"const": 1}, {"const": 2}]}"#, "2"),
        ])
    func accepts(schema: String, value: String) throws {
        #expect(try JSONSchema(json(schema)).problem(with: json(value)) == nil)
    }

    @Test("A word that would not be checked is refused with its place")
    func unknownWords() throws {
        let error = #expect(throws: JSONSchema.Unusable.self) {
            try JSONSchema(json(#"{"properties": {"a": {"items": {"pattern": "x"}}}}"#))
        }
        #expect(error?.description == #"the schema at properties.a.items.pattern says "x", which is not understood"#)
        #expect(throws: JSONSchema.Unusable.self) { try JSONSchema(json(#"{"type": "text"}"#)) }
        #expect(throws: JSONSchema.Unusable.self) { try JSONSchema(json("[]")) }
    }

    @Test("A schema may refer to what it defines, and to itself as deep as a document goes")
    func references() throws {
        let tree = try JSONSchema(
            json(
                #"""
                {"$ref": "#/$defs/tree", "$defs": {"tree": {"oneOf": [
                    {"type": "integer"}, {"type": "array", "items": {"$ref": "#/$defs/tree"}}]}}}
                """#))
        #expect(tree.problem(with: try json("[1, [2, []], 3]")) == nil)
        #expect(tree.problem(with: try json(#"[1, [2, ["x"]]]"#)) != nil)
        let endless = try JSONSchema(json(##"{"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}"##))
        #expect(endless.problem(with: try json("1")) == "the value is nested too deeply for the schema")
        let error = #expect(throws: JSONSchema.Unusable.self) { try JSONSchema(json(##"{"items": {"$ref": "#/$defs/b"}}"##)) }
        #expect(error?.description == ##"the schema at items.$ref names #/$defs/b, which is not among "$defs""##)
    }
}
