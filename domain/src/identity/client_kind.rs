//! What somebody logs in with, and whether that is open to them.

use crate::code::coded;

coded! {
    /// What somebody logs in with. It is the client's own word: an app that called itself a web page would get in, as a web
    /// page that is kept open would. What people open by it is the honest ones.
    ClientKind("kind of client") {
        /// A web page in a browser.
        Web = "web",
        /// An app (skolappen), which stays logged in on a device that is carried about.
        App = "app",
    }
}

impl ClientKind {
    /// Whether a login with it is let in: an app only where the account's owner has switched access to the app (åtkomst till
    /// appen) on.
    #[must_use]
    pub fn is_let_in(self, has_app_access: bool) -> bool {
        match self {
            Self::Web => true,
            Self::App => has_app_access,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_let_in_where_it_was_switched_on() {
        assert_eq!([false, true].map(|on| ClientKind::App.is_let_in(on)), [false, true]);
        assert_eq!([false, true].map(|on| ClientKind::Web.is_let_in(on)), [true, true]);
    }
}
