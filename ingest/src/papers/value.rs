//! The value of one field, as loosely typed as the layouts are; borrowed where that is possible.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool,
    Whole(i64),
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Value<'a>>),
    /// Of an object only the entry `name` is kept: Semantic Scholar's form of an author.
    Object(Option<Cow<'a, str>>),
}

impl<'a> Value<'a> {
    /// Whether there is anything in it.
    pub(super) fn says(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Text(text) => !text.trim_ascii().is_empty(),
            Self::List(values) => !values.is_empty(),
            _ => true,
        }
    }

    /// What a message calls it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Whole(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The text, or a message that names the field.
    pub(super) fn into_text(self, name: &str) -> Result<Cow<'a, str>, String> {
        match self {
            Self::Null => Ok(Cow::Borrowed("")),
            Self::Text(text) => Ok(text),
            other => Err(format!("`{name}` is {}, not text", other.kind())),
        }
    }

    /// Like [`Value::into_text`], but numbers are names too.
    pub(super) fn into_name(self, name: &str) -> Result<Cow<'a, str>, String> {
        match self {
            Self::Whole(number) => Ok(Cow::Owned(number.to_string())),
            Self::Float(number) => Ok(Cow::Owned(number.to_string())),
            other => other.into_text(name),
        }
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Visit)
    }
}

struct Visit;

impl<'de> Visitor<'de> for Visit {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Whole(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Whole))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Float(value))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value<'de>, A::Error> {
        let mut name = None;
        while let Some((key, value)) = entries.next_entry::<Cow<str>, Value>()? {
            if let (true, Value::Text(text)) = (key == "name", value) {
                name = Some(text);
            }
        }
        Ok(Value::Object(name))
    }
}
