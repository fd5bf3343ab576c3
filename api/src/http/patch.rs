//! JSON Merge Patch (RFC 7386): a field that is absent stays, null removes, a value replaces.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One field of a merge patch. Declare it with `#[serde(default)]`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Patch<T> {
    /// The field stays as it is.
    #[default]
    Absent,
    /// The field is removed.
    Null,
    /// The field becomes this.
    Value(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer).map(|value| value.map_or(Self::Null, Self::Value))
    }
}

impl<T> Patch<T> {
    /// Applies it to a field that may be empty.
    pub fn apply(self, present: Option<T>) -> Option<T> {
        match self {
            Self::Absent => present,
            Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }

    /// Applies it to a field that must hold something.
    ///
    /// # Errors
    /// [`skolhus_domain::refusal::Rule::Required`] for null.
    pub fn require(self, present: T) -> Result<T, skolhus_domain::refusal::Refusal> {
        match self {
            Self::Absent => Ok(present),
            Self::Value(value) => Ok(value),
            Self::Null => Err(skolhus_domain::refusal::Refusal::new(
                skolhus_domain::refusal::Rule::Required,
                "this field cannot be removed",
            )),
        }
    }
}

// Asked for by the checks of bounds, which note the value they refuse; what is absent is null.
impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Absent | Self::Null => serializer.serialize_none(),
        }
    }
}

// The bounds of a field hold for the value that replaces it.
impl<T: validator::ValidateLength<u64>> validator::ValidateLength<u64> for Patch<T> {
    fn length(&self) -> Option<u64> {
        match self {
            Self::Value(value) => value.length(),
            Self::Absent | Self::Null => None,
        }
    }
}
impl<T: PartialOrd> validator::ValidateRange<T> for Patch<T> {
    fn greater_than(&self, most: T) -> Option<bool> {
        match self {
            Self::Value(value) => Some(*value > most),
            Self::Absent | Self::Null => None,
        }
    }

    fn less_than(&self, least: T) -> Option<bool> {
        match self {
            Self::Value(value) => Some(*value < least),
            Self::Absent | Self::Null => None,
        }
    }
}

// The document shows the field's own type; that null removes it is said once for all.
impl<T: utoipa::PartialSchema> utoipa::PartialSchema for Patch<T> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
        OneOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(Type::Null).build())
            .item(T::schema())
            .into()
    }
}
impl<T: utoipa::ToSchema> utoipa::ToSchema for Patch<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        T::name()
    }
}
