//! What a client's row grants, read from its columns: for the client as a resource, and for its scope in every request.

use skolhus_domain::{
    access::{ClientField, Permission},
    code::Code,
    identity::Network,
};

use super::types::Json;

/// The columns.
pub(crate) struct Granted {
    pub(crate) scopes: Json,
    pub(crate) fields: Json,
    pub(crate) school_types: Json,
    pub(crate) allowed_networks: Json,
}

/// What they say.
pub(crate) struct GrantedValues {
    pub(crate) scopes: Vec<Permission>,
    pub(crate) fields: Vec<ClientField>,
    pub(crate) school_types: Vec<Code>,
    pub(crate) allowed_networks: Vec<Network>,
}

impl Granted {
    /// Reads them.
    ///
    /// # Errors
    /// Which of them cannot be read: what limits a client is never passed over.
    pub(crate) fn read(self) -> Result<GrantedValues, &'static str> {
        let Self { scopes, fields, school_types, allowed_networks } = self;
        let scopes = texts(scopes).ok_or("scopes are not a list")?;
        let fields = texts(fields).ok_or("fields are not a list")?;
        Ok(GrantedValues {
            // A scope that is no permission any more grants nothing, nor does a field that there is no longer.
            scopes: scopes.iter().filter_map(|code| Permission::from_code(code)).collect(),
            fields: fields.iter().filter_map(|code| ClientField::from_code(code)).collect(),
            school_types: codes(school_types)?,
            allowed_networks: networks(allowed_networks)?,
        })
    }
}

/// The codes of a list, such as a school unit's types.
///
/// # Errors
/// That it is none.
pub(crate) fn codes(list: Json) -> Result<Vec<Code>, &'static str> {
    let texts = texts(list).ok_or("school types are not a list")?;
    let codes = texts.iter().map(|code| Code::new(code)).collect::<Result<_, _>>();
    codes.map_err(|_| "a school type is no code")
}

/// The networks of a list.
///
/// # Errors
/// That it is none, or that one cannot be read: what limits a client is never passed over.
pub(crate) fn networks(list: Json) -> Result<Vec<Network>, &'static str> {
    let texts = texts(list).ok_or("allowed networks are not a list")?;
    let networks = texts.iter().map(|network| Network::parse(network)).collect::<Result<_, _>>();
    networks.map_err(|_| "an allowed network cannot be read")
}

fn texts(list: Json) -> Option<Vec<String>> {
    serde_json::from_value(list.0).ok()
}
