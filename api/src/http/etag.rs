//! Versions as entity tags: `ETag: "3"`, `If-Match`, `If-None-Match`.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};

use super::{catalogue::Code, problem::Problem};

/// The version that a change was decided on, from `If-Match`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IfMatch {
    /// `*`: whatever version it has, as long as it exists.
    Any,
    /// One of these versions.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// Checks it against the present version.
    ///
    /// # Errors
    /// [`Code::Stale`].
    pub fn check(&self, version: i64) -> Result<(), Problem> {
        match self {
            Self::Any => Ok(()),
            Self::Versions(versions) if versions.contains(&version) => Ok(()),
            Self::Versions(_) => Err(Problem::new(Code::Stale)),
        }
    }

    /// Checks it, unless what is asked for is already the present state: then there is
    /// nothing to change and nothing to refuse.
    ///
    /// # Errors
    /// [`Code::Stale`].
    pub fn check_unless(&self, already: bool, version: i64) -> Result<(), Problem> {
        if already { Ok(()) } else { self.check(version) }
    }

    /// The refusal of a change, or that the version is stale: what is refused of a state that the client has not seen may
    /// hold in the present one, so that comes first.
    pub fn before(&self, version: i64, refused: impl Into<Problem>) -> Problem {
        self.check(version).err().unwrap_or_else(|| refused.into())
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        std::future::ready(if_match(request))
    }
}

fn if_match(request: &HttpRequest) -> Result<IfMatch, Problem> {
    let header =
        request.headers().get(header::IF_MATCH).ok_or_else(|| Problem::new(Code::PreconditionRequired))?;
    let text = header.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(IfMatch::Any);
    }
    let versions: Option<Vec<i64>> = text.split(',').map(version).collect();
    versions.map(IfMatch::Versions).ok_or_else(|| {
        Problem::new(Code::MalformedHeader)
            .detail("If-Match must hold the ETag of the resource, such as \"3\"")
    })
}

fn version(tag: &str) -> Option<i64> {
    tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok().filter(|version| *version >= 0)
}

/// A version as an ETag.
#[must_use]
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// Whether `If-None-Match` names the version, so that 304 is the answer.
#[must_use]
pub fn is_known(request: &HttpRequest, version_now: i64) -> bool {
    known(request).any(|tag| tag == "*" || version(tag) == Some(version_now))
}

/// As [`is_known`], for what has no version but a tag of its content.
#[must_use]
pub fn is_known_content(request: &HttpRequest, tag_now: &str) -> bool {
    known(request).any(|tag| tag == "*" || tag == tag_now)
}

/// The tags of `If-None-Match`, which are compared weakly.
fn known(request: &HttpRequest) -> impl Iterator<Item = &str> {
    let header = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let tags = header.into_iter().flat_map(|tags| tags.split(','));
    tags.map(|tag| tag.trim().trim_start_matches("W/"))
}
