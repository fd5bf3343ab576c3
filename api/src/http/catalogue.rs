//! Every problem the interface can answer with: one table, from which the titles, the
//! pages at `/problems/{code}` and the document are made.

use actix_web::http::StatusCode;

macro_rules! catalogue {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:ident, $sv:literal, $en:literal, $help:literal;)*) => {
        /// The stable code of a problem.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as it stands in answers.
            #[must_use]
            pub fn name(self) -> &'static str { match self { $(Self::$variant => $code,)* } }

            /// The HTTP status it comes with.
            #[must_use]
            pub fn status(self) -> StatusCode { match self { $(Self::$variant => StatusCode::$status,)* } }

            /// The title in Swedish.
            #[must_use]
            pub fn title_sv(self) -> &'static str { match self { $(Self::$variant => $sv,)* } }

            /// The title in English.
            #[must_use]
            pub fn title_en(self) -> &'static str { match self { $(Self::$variant => $en,)* } }

            /// What to do about it.
            #[must_use]
            pub fn help(self) -> &'static str { match self { $(Self::$variant => $help,)* } }
        }
    };
}

catalogue! {
    /// The body is no JSON of the documented shape.
    MalformedBody = "malformed-body", BAD_REQUEST, "Anropets innehåll går inte att läsa", "The request body cannot be read",
        "Send JSON of the documented shape. `errors[].pointer` names the place; unknown fields are refused.";
    /// A path or query parameter is not of the documented shape.
    MalformedParameter = "malformed-parameter", BAD_REQUEST, "En parameter går inte att läsa", "A parameter cannot be read",
        "Compare the parameter named in `errors[].pointer` with the document; unknown query parameters are refused.";
    /// The page token was not given out for this list.
    PageToken = "page-token", BAD_REQUEST, "Sidmarkören gäller inte här", "The page token does not belong here",
        "Send the token to the operation and organiser that gave it, without other sorting or filters, or start again without it.";
    /// A header is not of the documented shape.
    MalformedHeader = "malformed-header", BAD_REQUEST, "Ett huvudfält går inte att läsa", "A header cannot be read",
        "Compare the header named in `detail` with the document.";
    /// No token, or one that is not accepted.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Inloggning krävs", "A login is needed",
        "Send a valid access token: `Authorization: Bearer …`. Access tokens live ten minutes; renew with the refresh token.";
    /// The e-mail address, password, refresh token, client secret or signed assertion is not accepted.
    WrongCredentials = "wrong-credentials", UNAUTHORIZED, "Uppgifterna stämmer inte", "The credentials are not accepted",
        "Check the credentials. The answer is the same whether the account is known or not.";
    /// The password is right, and the account's second factor is missing.
    SecondFactorRequired = "second-factor-required", UNAUTHORIZED, "Andra faktorn krävs", "The second factor is needed",
        "Log in again with the same password and `code`, the six digits that the authenticator app shows, or with `recoveryCode`.";
    /// It is not the code that was sent.
    WrongCode = "wrong-code", UNAUTHORIZED, "Koden stämmer inte", "The code is not the one that was sent",
        "Look at the latest message and try again. A code can be tried five times.";
    /// The code was used, is too old, or was tried too often.
    CodeOver = "code-over", UNAUTHORIZED, "Koden gäller inte längre", "The code is worth nothing any more",
        "It was used, its time is over, it was tried too often, or what it opens has been closed. Begin again and get another.";
    /// A login with an identity provider is over.
    OidcLoginOver = "oidc-login-over", UNAUTHORIZED, "Inloggningen är avslutad", "The login is over",
        "It was completed or given up, or its ten minutes are over. Begin again.";
    /// The identity provider does not know the code, or not any more.
    OidcRefused = "oidc-refused", UNAUTHORIZED, "Inloggningstjänsten godtog inte koden", "The identity provider does not accept the code",
        "A code is good once and for a short time. Begin again.";
    /// What the identity provider signed does not hold.
    OidcUntrusted = "oidc-untrusted", UNAUTHORIZED, "Svaret från inloggningstjänsten går inte att lita på", "The identity provider's answer cannot be trusted",
        "Begin again. If it happens again, tell whoever administers logins: the log says under the request id what was wrong.";
    /// The identity provider has not verified the address that would name the account.
    OidcEmailUnverified = "oidc-email-unverified", UNAUTHORIZED, "E-postadressen är inte bekräftad hos inloggningstjänsten", "The e-mail address is not verified at the identity provider",
        "Confirm your e-mail address where you log in, and begin again; or log in another way.";
    /// The identity provider vouches for somebody who is not let in.
    OidcNoAccount = "oidc-no-account", UNAUTHORIZED, "Inloggningen leder inte till något konto här", "The login leads to no account here",
        "Log in another way, or ask the school. The answer is the same whatever the reason is.";
    /// The login is too weak for the operation.
    LevelTooLow = "level-too-low", UNAUTHORIZED, "En starkare inloggning krävs", "A stronger login is needed",
        "Log in again at the level named in `WWW-Authenticate` (RFC 9470).";
    /// None of the caller's roles permits the operation.
    NotPermitted = "not-permitted", FORBIDDEN, "Behörighet saknas", "Not permitted",
        "None of your roles permits this operation, whatever it is used on.";
    /// A client calls from outside the networks that it may call from.
    ClientNetwork = "client-network", FORBIDDEN, "Anropet kommer inte från ett tillåtet nät", "The call does not come from an allowed network",
        "The client may call only from networks that the organiser has named. Ask whoever administers the client.";
    /// An app logs in to an account whose owner has not let it in.
    AppAccessOff = "app-access-off", FORBIDDEN, "Åtkomst till appen är inte påslagen", "Access to the app is not switched on",
        "Log in on the web, with a password or BankID, and switch access to the app on there (`POST /v1/me/app-access`); then log in with the app. It is off until its owner has done that.";
    /// There is no such thing, or it lies outside the caller's reach.
    NotFound = "not-found", NOT_FOUND, "Finns inte", "Not found",
        "There is nothing at this address that you may see.";
    /// The address exists, the method does not.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "Metoden finns inte här", "The method is not offered here",
        "Use one of the methods in `Allow`.";
    /// The answer cannot be given in a form the caller accepts.
    NotAcceptable = "not-acceptable", NOT_ACCEPTABLE, "Formatet kan inte lämnas", "The format cannot be given",
        "Accept `application/json`.";
    /// The state of the thing does not allow the step.
    Conflict = "conflict", CONFLICT, "Går inte i nuvarande läge", "Not possible in the present state",
        "Read the resource anew; `errors` says what stands in the way.";
    /// Lessons would clash.
    LessonClash = "lesson-clash", CONFLICT, "Lektionen krockar", "The lesson clashes with another",
        "Each entry of `errors` names what would be in two lessons at the same time: a teacher, a room or participants. Nothing was changed. Choose another time, room or teacher; whether clashes are refused is decided in the settings of the schedule.";
    /// The installation has no agreement with BankID.
    BankidOff = "bankid-off", CONFLICT, "Inloggning med BankID används inte här", "Logins with BankID are not used here",
        "Log in another way. Whoever runs the installation turns BankID on in the program's settings.";
    /// The installation sends no text messages.
    TextMessagesOff = "text-messages-off", CONFLICT, "Sms skickas inte härifrån", "Text messages are not sent from here",
        "Log in another way. Whoever runs the installation names a gateway for text messages in the program's settings.";
    /// BankID is busy with another order of the same person.
    BankidInProgress = "bankid-in-progress", CONFLICT, "En annan inloggning med BankID pågår redan", "Another login with BankID is under way already",
        "Finish or cancel it in the BankID app, and begin again.";
    /// The same Idempotency-Key is being worked on.
    StillRunning = "still-running", CONFLICT, "Samma anrop pågår redan", "The same request is still running",
        "Wait, and repeat the request with the same key.";
    /// The resource has changed meanwhile.
    Stale = "stale", PRECONDITION_FAILED, "Uppgiften har ändrats av någon annan", "Changed by somebody else meanwhile",
        "Read the resource anew, decide again, and send its present ETag in `If-Match`.";
    /// The body or the upload is too large.
    TooLarge = "too-large", PAYLOAD_TOO_LARGE, "Anropet är för stort", "The request is too large",
        "The document states the limits.";
    /// The body is not JSON.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "Formatet tas inte emot", "The media type is not accepted",
        "Send the media type that the document names.";
    /// Values that break a rule.
    InvalidFields = "invalid-fields", UNPROCESSABLE_ENTITY, "Uppgifter som inte godtas", "Values that are not accepted",
        "Each entry of `errors` names a value by JSON Pointer, the rule it breaks, and what would be right. Nothing was changed.";
    /// The Idempotency-Key was used with another body.
    KeyReused = "key-reused", UNPROCESSABLE_ENTITY, "Nyckeln är använd till ett annat anrop", "The key belongs to another request",
        "Use a fresh Idempotency-Key for a new request.";
    /// No If-Match.
    PreconditionRequired = "precondition-required", PRECONDITION_REQUIRED, "If-Match krävs", "If-Match is required",
        "Read the resource and send its ETag in `If-Match`, so that nobody's change is lost.";
    /// Too many attempts.
    TooManyAttempts = "too-many-attempts", TOO_MANY_REQUESTS, "För många försök", "Too many attempts",
        "Wait as long as `Retry-After` says.";
    /// A mistake in the program.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Ett fel hos oss", "A fault on our side",
        "The fault is logged under the request id. Nothing was saved.";
    /// The connection to the database was lost during commit.
    OutcomeUnknown = "outcome-unknown", INTERNAL_SERVER_ERROR, "Det är okänt om ändringen sparades", "It is unknown whether the change was saved",
        "Read the resource to see. Repeating with the same Idempotency-Key is safe.";
    /// The storage failed.
    StorageFailed = "storage-failed", INSUFFICIENT_STORAGE, "Lagringen tar inte emot", "The storage accepts no change",
        "Nothing of this request was saved. The operator has been told through the log.";
    /// Nothing was begun.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Tillfälligt otillgängligt", "Unavailable for the moment",
        "Nothing was begun. Repeat after the time in `Retry-After`.";
    /// An identity provider does not answer, or not as it should.
    OidcUnavailable = "oidc-unavailable", SERVICE_UNAVAILABLE, "Inloggningstjänsten går inte att nå just nu", "The identity provider cannot be reached at the moment",
        "Try again after the time in `Retry-After`, with the same login where one was begun. Or log in another way.";
    /// BankID does not answer, or not as it should.
    BankidUnavailable = "bankid-unavailable", SERVICE_UNAVAILABLE, "BankID går inte att nå just nu", "BankID cannot be reached at the moment",
        "A login that was begun goes on: ask again after the time in `Retry-After`. Or log in another way.";
}

impl Code {
    /// The code of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}
