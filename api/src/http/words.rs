//! Closed lists of words in the document. The domain reads them, and refuses others with the
//! list of those there are; here they are only shown, from the same list.

/// Declares types that stand for such lists: `#[schema(value_type = CourseKindWord)]`.
macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident ($shown:literal) = $words:expr;)*) => {$(
        $(#[doc = $doc])+
        pub struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let words: Vec<&'static str> = $words;
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .description(Some(concat!($($doc),+).trim()))
                    .enum_values(Some(words))
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                $shown.into()
            }
        }
    )*};
}
pub(crate) use words;

/// The codes of a list of the domain.
macro_rules! codes {
    ($list:ty) => {
        <$list>::ALL.iter().map(|value| value.code()).collect()
    };
}
pub(crate) use codes;
