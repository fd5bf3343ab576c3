//! What a gateway is sent: fields named by the settings, in which the parts of a message take the place of words in braces.

use serde_json::Value;

use super::TextMessage;

/// How the fields are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// As JSON.
    Json,
    /// As a form of a web page.
    Form,
}

impl Format {
    /// The format of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Self::Json),
            "form" => Some(Self::Form),
            _ => None,
        }
    }

    /// The media type of what is sent.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }
}

/// Why fields cannot be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is no object.
    #[error(
        "must be a JSON object, as in {{\"to\": \"{{to}}\", \"from\": \"{{sender}}\", \"message\": \"{{text}}\"}}"
    )]
    NoObject,
    /// A form holds text alone.
    #[error("may hold nothing but text where sms_format is form")]
    NoText,
    /// A message would say nothing, or reach nobody.
    #[error("must hold {{text}}, and {{to}} or {{digits}}")]
    Missing,
}

/// The fields. In text, `{to}` becomes the number as in `+46701740605`, `{digits}` the same without the sign, `{sender}` who
/// sends, and `{text}` what the message says.
#[derive(Clone, Debug)]
pub struct Template {
    format: Format,
    fields: Value,
    sender: String,
}

impl Template {
    /// Reads the fields, written as a JSON object.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub fn new(format: Format, fields: &str, sender: &str) -> Result<Self, TemplateError> {
        let fields: Value = serde_json::from_str(fields).map_err(|_| TemplateError::NoObject)?;
        let members = fields.as_object().ok_or(TemplateError::NoObject)?;
        if format == Format::Form && !members.values().all(Value::is_string) {
            return Err(TemplateError::NoText);
        }
        let mut places = Vec::new();
        texts(&fields, &mut places);
        let holds = |word: &str| places.iter().any(|text| text.contains(word));
        if !holds("{text}") || !(holds("{to}") || holds("{digits}")) {
            return Err(TemplateError::Missing);
        }
        Ok(Self { format, fields, sender: sender.to_owned() })
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The body that is sent for a message. What the message says stands in it as text and nothing else.
    #[must_use]
    pub fn body(&self, message: &TextMessage) -> String {
        let filled = self.filled(&self.fields, message);
        match self.format {
            Format::Json => filled.to_string(),
            Format::Form => {
                let pairs = filled.as_object().into_iter().flatten();
                let pairs: Vec<(&str, &str)> =
                    pairs.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect();
                // Pairs of text always can be written.
                serde_urlencoded::to_string(pairs).unwrap_or_default()
            }
        }
    }

    fn filled(&self, value: &Value, message: &TextMessage) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text, message)),
            Value::Array(items) => items.iter().map(|item| self.filled(item, message)).collect(),
            Value::Object(members) => {
                let filled = members.iter().map(|(name, value)| (name.clone(), self.filled(value, message)));
                Value::Object(filled.collect())
            }
            other => other.clone(),
        }
    }

    /// The words in one pass, so that what is put in is not read again.
    fn text(&self, template: &str, message: &TextMessage) -> String {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, from)) = rest.split_once('{') {
            filled.push_str(before);
            let word = from.split_once('}').and_then(|(word, after)| {
                let value = match word {
                    "to" => message.to.as_str(),
                    "digits" => message.to.trim_start_matches('+'),
                    "sender" => self.sender.as_str(),
                    "text" => message.text.as_str(),
                    _ => return None,
                };
                Some((value, after))
            });
            match word {
                Some((value, after)) => {
                    filled.push_str(value);
                    rest = after;
                }
                None => {
                    filled.push('{');
                    rest = from;
                }
            }
        }
        filled.push_str(rest);
        filled
    }
}

fn texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(text: &str) -> TextMessage {
        TextMessage { to: "+46701740605".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn fields_are_filled_as_gateways_want_them() {
        let nested =
            r#"{"from": "{sender}", "to": ["{digits}"], "body": "{text}", "flash": false, "note": "{x}{"}"#;
        let json = Template::new(Format::Json, nested, "Väggarp").unwrap().body(&message("1 \"kod\" {to}"));
        assert_eq!(
            json,
            r#"{"from":"Väggarp","to":["46701740605"],"body":"1 \"kod\" {to}","flash":false,"note":"{x}{"}"#
        );
        let flat = r#"{"To": "{to}", "Body": "{text}"}"#;
        let form = Template::new(Format::Form, flat, "").unwrap().body(&message("å & ö=1"));
        assert_eq!(form, "To=%2B46701740605&Body=%C3%A5+%26+%C3%B6%3D1");
    }

    #[test]
    fn fields_that_no_message_could_be_sent_with_are_refused() {
        for (format, fields, error) in [
            (Format::Json, "to={to}", TemplateError::NoObject),
            (Format::Json, "[\"{to}{text}\"]", TemplateError::NoObject),
            (Format::Json, r#"{"to": "{to}"}"#, TemplateError::Missing),
            (Format::Json, r#"{"text": "{text}"}"#, TemplateError::Missing),
            (Format::Form, r#"{"to": ["{to}"], "text": "{text}"}"#, TemplateError::NoText),
        ] {
            assert_eq!(Template::new(format, fields, "").unwrap_err(), error, "{fields}");
        }
    }

    proptest! {
        #[test]
        fn a_message_cannot_leave_its_field(text in "\\PC{0,60}") {
            let fields = r#"{"to": "{to}", "text": "{text}"}"#;
            let json = Template::new(Format::Json, fields, "").unwrap().body(&message(&text));
            let read: Value = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read, serde_json::json!({ "to": "+46701740605", "text": text }));
            let form = Template::new(Format::Form, fields, "").unwrap().body(&message(&text));
            let read: Vec<(String, String)> = serde_urlencoded::from_str(&form).unwrap();
            let to = ("to".to_owned(), "+46701740605".to_owned());
            prop_assert_eq!(read, vec![to, ("text".to_owned(), text)]);
        }
    }
}
