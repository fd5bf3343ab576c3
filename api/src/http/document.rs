//! The published document: what the operations say of themselves, completed with what
//! holds for all of them, so that no operation can forget it.

// Indexing a JSON object by a name makes the place or gives null; what is indexed here is
// always an object that this file has made.
#![allow(clippy::indexing_slicing, reason = "places in a document of our own making")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use skolhus_domain::access::Permission;
use utoipa::openapi::OpenApi;

use super::{body::LARGEST_BODY, catalogue::Code, listing::MOST_VALUES, operations::Operations};

/// The OpenAPI document of every mounted operation.
///
/// # Panics
/// Never: a document that cannot be written as JSON is an empty object, which fails the
/// check at start.
#[must_use]
pub fn document() -> Value {
    let mut api = OpenApi::default();
    crate::mount(&mut Operations::Described(&mut api));
    let mut document = serde_json::to_value(api).unwrap_or_default();
    complete(&mut document);
    document
}

/// The document as it is committed and served.
#[must_use]
pub fn text(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

const ABOUT: &str = "\
Skolhus is an open school administration backend for Sweden.

**Who is calling.** Send an access token as `Authorization: Bearer …`; get one at `POST /v1/sessions`. \
Each operation names the permission it requires and the level of login; what you see lies within the reach \
of your roles. What lies outside is answered with 404, as if it did not exist.

**Lists** answer `{\"data\": […], \"pageToken\": …}`. Send `pageToken` for the next page; it carries filters and order.

**Changes.** `PATCH` is a JSON Merge Patch (RFC 7386). `PATCH`, `PUT` and `DELETE` need the resource's `ETag` in \
`If-Match`; asking for what is already so changes nothing and is answered with 200. `DELETE` withdraws a mistaken entry. \
`Idempotency-Key` makes a POST safe to repeat for 24 hours.

**Refusals** are problem documents (RFC 9457), with a title in Swedish or English as `Accept-Language` asks. \
Unknown fields and query parameters are refused. A refused request has changed nothing.

**Times.** Dates are dates in Europe/Stockholm; instants are RFC 3339 with offset.";

fn complete(document: &mut Value) {
    document["info"] = json!({
        "title": "Skolhus",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "School administration: organisation, persons, courses, participation.",
        "description": ABOUT,
        "contact": { "name": "Skolhus", "url": "https://example.org/skolhus" },
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    document["servers"] = json!([{ "url": "/", "description": "This server" }]);
    document["components"]["securitySchemes"] = json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "An access token from `POST /v1/sessions` or, for an integrator's client, from `POST /v1/tokens`. It lives ten minutes.",
        }
    });
    add_problem_schema(document);
    let mut tags: Vec<String> = Vec::new();
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths.iter_mut() {
            let Some(methods) = item.as_object_mut() else { continue };
            for (method, operation) in methods.iter_mut() {
                if let Some(operation) = operation.as_object_mut() {
                    complete_operation(path, method, operation);
                    for tag in operation.get("tags").and_then(Value::as_array).into_iter().flatten() {
                        if let Some(tag) = tag.as_str()
                            && !tags.iter().any(|known| known == tag)
                        {
                            tags.push(tag.to_owned());
                        }
                    }
                }
            }
        }
        paths.sort_keys();
    }
    tags.sort();
    document["tags"] = tags
        .iter()
        .map(|tag| json!({ "name": tag, "description": tag_description(tag) }))
        .collect::<Vec<_>>()
        .into();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.sort_keys();
        schemas.values_mut().for_each(describe_choices);
    }
    state_days(document);
    let shown: Vec<String> = request_schemas(document).into_iter().collect();
    for name in shown {
        if let Some(schema) = document["components"]["schemas"].get_mut(&name) {
            state_text(schema);
        }
    }
}

/// The days that the register can hold: 1900-01-01 to 2199-12-31.
const DAY: &str = "^(19|20|21)[0-9]{2}-";

/// Every date says which days it can be.
fn state_days(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("format").is_some_and(|format| format == "date") {
                members.entry("pattern").or_insert_with(|| DAY.into());
            }
            members.values_mut().for_each(state_days);
        }
        Value::Array(items) => items.iter_mut().for_each(state_days),
        _ => {}
    }
}

/// The names of the schemas that JSON bodies of requests are made of.
fn request_schemas(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&Value> = Vec::new();
    for operation in document["paths"].as_object().into_iter().flat_map(Map::values) {
        for operation in operation.as_object().into_iter().flat_map(Map::values) {
            let bodies = operation["requestBody"]["content"].as_object();
            waiting.extend(bodies.into_iter().flat_map(Map::values).map(|body| &body["schema"]));
        }
    }
    while let Some(node) = waiting.pop() {
        match node {
            Value::Object(members) => {
                let name = members
                    .get("$ref")
                    .and_then(Value::as_str)
                    .and_then(|reference| reference.strip_prefix("#/components/schemas/"));
                if let Some(name) = name
                    && found.insert(name.to_owned())
                {
                    waiting.push(&document["components"]["schemas"][name]);
                }
                waiting.extend(members.iter().filter(|(key, _)| *key != "example").map(|(_, member)| member));
            }
            Value::Array(items) => waiting.extend(items),
            _ => {}
        }
    }
    found
}

/// Fields that hold several lines; all other text is one line.
const IN_LINES: [&str; 7] = ["reason", "note", "address", "home", "notes", "decision", "motivation"];

/// What text may hold, as [`skolhus_domain::text::Text`] reads it: no control characters and none
/// that are hidden or turn the direction of writing, and something that is not blank.
fn text_pattern(in_lines: bool) -> String {
    let control = if in_lines { r"\u0000-\u0008\u000B-\u001F" } else { r"\u0000-\u001F" };
    let hidden = r"\u007F-\u009F\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB\uFFFE\uFFFF";
    format!("^ *[^\\s{control}{hidden}][^{control}{hidden}]*$")
}

/// Text of requests that no field says more about says at least what all text must be.
fn state_text(schema: &mut Value) {
    for (name, property) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten()
    {
        let text = if property["type"] == "array" { &mut property["items"] } else { property };
        let is_text = match &text["type"] {
            Value::Array(types) => types.iter().any(|name| name == "string"),
            other => other == "string",
        };
        let says_more = ["format", "pattern", "enum"].iter().any(|key| text.get(key).is_some());
        if is_text && !says_more {
            text["pattern"] = text_pattern(IN_LINES.contains(&name.as_str())).into();
        }
    }
}

/// What is said of a field that may be null stands inside the choice; it is lifted to the
/// field, where readers look for it.
fn describe_choices(schema: &mut Value) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for property in properties.into_iter().flat_map(Map::values_mut) {
        let Some(field) = property.as_object_mut().filter(|field| !field.contains_key("description")) else {
            continue;
        };
        let choices = field.get_mut("oneOf").and_then(Value::as_array_mut);
        let said =
            choices.into_iter().flatten().find_map(|choice| choice.as_object_mut()?.remove("description"));
        if let Some(said) = said {
            field.insert("description".to_owned(), said);
        }
    }
}

/// The Swedish word for each capability, as everywhere else in the documentation.
fn tag_description(tag: &str) -> &'static str {
    match tag {
        "attendance" => {
            "Närvaro, frånvaro: registers of lessons, absence reports, leave, and who is told at home."
        }
        "access" => "Behörighet: accounts' roles and what they permit.",
        "change" => "Ändringslogg: who changed what, and webhooks.",
        "course" => "Kurs, ämne, kurstillfälle: the catalogue and its offerings.",
        "duty" => "Tjänst: a person working at a school unit in a role.",
        "education-background" => {
            "Utbildningsbakgrund: what participants stated of their education, and what the school has certified."
        }
        "enrolment" => "Inskrivning: a person at a school unit.",
        "group" => "Klass, undervisningsgrupp, mentorsgrupp, avdelning: groups, their members and staff.",
        "identity" => "Inloggning: sessions, tokens, accounts, integrators' clients.",
        "integration" => "Import och export i andras format.",
        "organisation" => "Huvudman, personuppgiftsansvarig, skolenhet, filial, termin, läsårstider.",
        "participation" => "Deltagande: a person in an offering.",
        "schedule" => "Schema: rooms, lessons, weekly patterns, and calendars that others subscribe to.",
        "export" => "Utdrag och intyg: lists that leave, and what certificates say.",
        "terminology" => "Terminologi: what things are called, and were called before.",
        "person" => "Person: names, identity numbers, contact details, protection.",
        _ => "The server itself: health, figures, this document.",
    }
}

fn add_problem_schema(document: &mut Value) {
    use utoipa::{PartialSchema, openapi::RefOr};
    let schemas = &mut document["components"]["schemas"];
    for (name, schema) in [
        ("Problem", super::problem::ProblemDocument::schema()),
        ("RefusedValue", super::problem::RefusedValue::schema()),
    ] {
        let schema: RefOr<utoipa::openapi::Schema> = schema;
        schemas[name] = serde_json::to_value(schema).unwrap_or_default();
    }
    let codes: Vec<Value> = Code::ALL.iter().map(|code| code.name().into()).collect();
    schemas["Problem"]["properties"]["code"]["enum"] = codes.into();
}

fn complete_operation(path: &str, method: &str, operation: &mut Map<String, Value>) {
    let permission = operation.get("x-permission").and_then(Value::as_str).and_then(Permission::from_code);
    let public = permission == Some(Permission::Public);
    let has_body = operation.contains_key("requestBody");
    let writes = method != "get";
    let has_path_parameters = path.contains('{');
    let flag = |name: &str| operation.get(name).and_then(Value::as_bool).unwrap_or(false);
    // A session has no version that its owner could know.
    // A state change stands as a noun under POST, and is decided on a version all the same.
    let edits =
        flag("x-if-match") || (matches!(method, "patch" | "put" | "delete") && !flag("x-unconditional"));
    let throttled = flag("x-throttled");
    let idempotent = flag("x-idempotent");

    // Extensions come in the order of a hash map: put them in order, so that the document is
    // the same every time.
    let mut extensions: Vec<String> = operation.keys().filter(|key| key.starts_with("x-")).cloned().collect();
    extensions.sort();
    for name in extensions {
        if let Some(value) = operation.shift_remove(&name) {
            operation.insert(name, value);
        }
    }

    operation.insert("security".to_owned(), if public { json!([]) } else { json!([{ "bearer": [] }]) });
    if let Some(permission) = permission
        && !public
    {
        let roles: Vec<&str> = permission.roles().iter().map(|role| role.code()).collect();
        let said = operation.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        let needs = format!(
            "{said}\n\nPermission: `{}` (roles: {}), login level {} or higher.",
            permission.code(),
            roles.join(", "),
            permission.level().number()
        );
        operation.insert("description".to_owned(), needs.trim().into());
        operation.insert("x-roles".to_owned(), json!(roles));
        operation.insert("x-login-level".to_owned(), json!(permission.level().number()));
    }

    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        parameters.iter_mut().for_each(state_several);
        if edits {
            parameters.push(json!({
                "name": "If-Match", "in": "header", "required": true,
                "description": "The ETag of the state that the change was decided on, or `*`.",
                "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": IF_MATCH },
                "example": "\"1\"",
            }));
        }
        if idempotent {
            parameters.push(json!({
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "Makes the request safe to repeat for 24 hours.",
                "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$" },
                "example": "9c3f6f0a-2a0c-4b8e-9b43-1f6f6d0f2a11",
            }));
        }
    }
    if operation.get("parameters").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        operation.remove("parameters");
    }
    let has_parameters = operation.contains_key("parameters");

    let mut problems =
        vec![(500, "A fault on our side."), (503, "Unavailable for the moment; nothing was begun.")];
    if !public {
        problems.push((401, "No valid token, or a stronger login is needed."));
        problems.push((403, "None of the caller's roles permits the operation."));
    }
    if has_parameters || has_body {
        problems.push((400, "The request cannot be read."));
    }
    if has_path_parameters {
        problems.push((404, "Nothing there that the caller may see."));
    }
    if writes {
        problems.push((409, "Not possible in the present state."));
        problems.push((422, "Values that are not accepted; nothing was changed."));
        problems.push((507, "The storage accepts no change; nothing was saved."));
    }
    if has_body {
        problems.push((413, "The body is too large."));
        problems.push((415, "The media type is not accepted."));
    }
    if edits {
        problems.push((412, "The resource has changed meanwhile."));
        problems.push((428, "`If-Match` is missing."));
    }
    if public && writes {
        problems.push((401, "The credentials are not accepted."));
    }
    if throttled || (public && writes) {
        problems.push((429, "Too many attempts."));
    }
    problems.sort_unstable();
    if let Some(responses) = operation.entry("responses").or_insert_with(|| json!({})).as_object_mut() {
        for (status, description) in problems {
            responses.entry(status.to_string()).or_insert_with(|| {
                json!({
                    "description": description,
                    "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
                })
            });
        }
        responses.sort_keys();
    }
    if has_body {
        operation["requestBody"]["description"] = operation["requestBody"]
            .get("description")
            .and_then(Value::as_str)
            .map_or_else(|| format!("At most {LARGEST_BODY} bytes."), str::to_owned)
            .into();
    }
}

/// One or more entity tags of ours, or `*`.
const IF_MATCH: &str = r#"^(\*|"[0-9]{1,18}"(, ?"[0-9]{1,18}")*)$"#;

/// Several values of one parameter stand in one place, separated by commas.
fn state_several(parameter: &mut Value) {
    if parameter["in"] != "query" || parameter["schema"]["type"] != "array" {
        return;
    }
    parameter["style"] = "form".into();
    parameter["explode"] = false.into();
    parameter["schema"]["minItems"] = 1.into();
    parameter["schema"]["maxItems"] = MOST_VALUES.into();
    if let Some(example) = parameter["example"].as_str() {
        parameter["example"] = example.split(',').collect::<Vec<_>>().into();
    }
    // What is said of the values is said of each.
    if let Some(pattern) =
        parameter["schema"].as_object_mut().and_then(|schema| schema.shift_remove("pattern"))
    {
        parameter["schema"]["items"]["pattern"] = pattern;
    }
    let items = &mut parameter["schema"]["items"];
    let free = ["$ref", "format", "pattern", "enum"].iter().all(|key| items.get(key).is_none());
    if free && items["type"] == "string" {
        items["pattern"] = "^[^,\\u0000-\\u001F\\u007F-\\u009F]+$".into();
    }
}

/// Which operation, with which permission, stands at which address.
pub struct Routes {
    /// By path, and there by method.
    operations: HashMap<String, Vec<(String, Route)>>,
}

struct Route {
    operation: String,
    permission: Permission,
}

/// What of the document says where which operation stands; the rest of it, nearly all, is passed over.
#[derive(Deserialize)]
struct Declarations {
    paths: BTreeMap<String, BTreeMap<String, Declaration>>,
}

#[derive(Deserialize)]
struct Declaration {
    #[serde(rename = "operationId")]
    operation: Option<String>,
    #[serde(rename = "x-permission")]
    permission: Option<String>,
}

impl Routes {
    /// Reads the routes off the document.
    ///
    /// # Errors
    /// The address of an operation without a declared permission or operation id: the
    /// server refuses to start with one.
    pub fn of<'d>(document: impl serde::Deserializer<'d, Error = serde_json::Error>) -> Result<Self, String> {
        let Declarations { paths } =
            Declarations::deserialize(document).map_err(|error| format!("the document: {error}"))?;
        let mut operations = HashMap::new();
        for (path, item) in paths {
            let mut there = Vec::with_capacity(item.len());
            for (method, Declaration { operation, permission }) in item {
                let address = format!("{} {path}", method.to_uppercase());
                let permission = permission
                    .and_then(|code| Permission::from_code(&code))
                    .ok_or_else(|| format!("{address} declares no permission"))?;
                let operation = operation.ok_or_else(|| format!("{address} has no operation id"))?;
                there.push((method.to_uppercase(), Route { operation, permission }));
            }
            operations.insert(path, there);
        }
        if operations.is_empty() {
            Err("no operation is mounted".to_owned())
        } else {
            Ok(Self { operations })
        }
    }

    /// The permission that the operation at this address declares.
    #[must_use]
    pub fn permission(&self, method: &str, pattern: Option<&str>) -> Option<Permission> {
        self.route(method, pattern).map(|route| route.permission)
    }

    /// The operation id at this address.
    #[must_use]
    pub fn operation(&self, method: &str, pattern: Option<&str>) -> Option<&str> {
        self.route(method, pattern).map(|route| route.operation.as_str())
    }

    fn route(&self, method: &str, pattern: Option<&str>) -> Option<&Route> {
        let there = self.operations.get(pattern?)?;
        there.iter().find_map(|(offered, route)| (offered == method).then_some(route))
    }

    /// The methods offered at a path, for `Allow`; empty when nothing stands there.
    #[must_use]
    pub fn methods(&self, path: &str) -> Vec<&str> {
        let fitting: Vec<_> = self.operations.iter().filter(|(pattern, _)| fits(pattern, path)).collect();
        // A word at a place goes before a parameter there.
        let parameters = |pattern: &str| pattern.matches('{').count();
        let fewest = fitting.iter().map(|(pattern, _)| parameters(pattern)).min().unwrap_or(0);
        let mut methods: Vec<&str> = fitting
            .into_iter()
            .filter(|(pattern, _)| parameters(pattern) == fewest)
            .flat_map(|(_, there)| there.iter().map(|(method, _)| method.as_str()))
            .collect();
        methods.sort_unstable();
        methods
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    let all = pattern.split('/').all(|wanted| {
        parts
            .next()
            .is_some_and(|part| if wanted.starts_with('{') { !part.is_empty() } else { wanted == part })
    });
    all && parts.next().is_none()
}
