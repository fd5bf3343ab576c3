//! What BankID says of an order, and what people are told then.

use crate::terminology::Language;

/// How far an order has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Progress {
    /// It goes on: ask again.
    Pending,
    /// It has ended, and nobody is let in.
    Failed,
    /// The person has shown who they are.
    Complete,
}

impl Progress {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Failed, Self::Complete];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Complete => "complete",
        }
    }
}

macro_rules! hints {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $word:expr, $progress:ident, $sv:literal, $en:literal;)*) => {
        /// How an order stands, more closely: the words of BankID's interface (RP API 6.0), and our own for what is
        /// decided here. A code is published and never renamed.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Hint { $($(#[$doc])* $variant,)* }

        impl Hint {
            /// Every hint.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable code, as in answers and rows.
            #[must_use]
            pub fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }

            /// The `hintCode` that BankID says it with; none for those of our own.
            #[must_use]
            pub fn word(self) -> Option<&'static str> { match self { $(Self::$variant => $word,)* } }

            /// How far an order of which this is said has come.
            #[must_use]
            pub fn progress(self) -> Progress { match self { $(Self::$variant => Progress::$progress,)* } }

            /// What the person who logs in is told.
            #[must_use]
            pub fn message(self, language: Language) -> &'static str {
                match (language, self) {
                    $((Language::Swedish, Self::$variant) => $sv,
                    (Language::English, Self::$variant) => $en,)*
                }
            }
        }
    };
}

hints! {
    /// The order waits for the app.
    OutstandingTransaction = "outstanding-transaction", Some("outstandingTransaction"), Pending,
        "Starta BankID-appen och läs av QR-koden, eller öppna appen på den här enheten.",
        "Start the BankID app and read the QR code, or open the app on this device.";
    /// The app was called and has not come.
    NoClient = "no-client", Some("noClient"), Pending,
        "BankID-appen har inte startat än. Öppna den, eller installera den om den saknas.",
        "The BankID app has not started yet. Open it, or install it if it is missing.";
    /// The app has the order, and looks for a BankID that will do.
    Started = "started", Some("started"), Pending,
        "Söker efter ditt BankID, det kan ta en liten stund. Finns det inget på den här enheten kan du använda en annan.",
        "Looking for your BankID, which may take a moment. If there is none on this device you can use another one.";
    /// The person reads their passport or identity card.
    UserMrtd = "user-mrtd", Some("userMrtd"), Pending,
        "Läs av ditt pass eller nationella id-kort i BankID-appen.",
        "Read your passport or national identity card with the BankID app.";
    /// The app asks whether somebody has called the person.
    UserCallConfirm = "user-call-confirm", Some("userCallConfirm"), Pending,
        "Svara på frågan om samtalet i BankID-appen.",
        "Answer the question about the call in the BankID app.";
    /// The app waits for the security code.
    UserSign = "user-sign", Some("userSign"), Pending,
        "Skriv din säkerhetskod i BankID-appen.",
        "Enter your security code in the BankID app.";
    /// Something goes on that we have no word for.
    PendingOther = "pending-other", None, Pending,
        "Inloggningen pågår. Fortsätt i BankID-appen.",
        "The login is under way. Go on in the BankID app.";

    /// Too much time has passed.
    ExpiredTransaction = "expired-transaction", Some("expiredTransaction"), Failed,
        "Tiden för inloggningen gick ut. Försök igen.",
        "The time for the login has run out. Try again.";
    /// The BankID cannot be used.
    CertificateErr = "certificate-err", Some("certificateErr"), Failed,
        "Ditt BankID är spärrat eller har gått ut. Se efter i BankID-appen, eller skaffa ett nytt hos din bank.",
        "Your BankID is blocked or has expired. Look in the BankID app, or get a new one from your bank.";
    /// The person chose not to.
    UserCancel = "user-cancel", Some("userCancel"), Failed,
        "Du avbröt inloggningen i BankID-appen.",
        "You cancelled the login in the BankID app.";
    /// It was cancelled from outside the app.
    Cancelled = "cancelled", Some("cancelled"), Failed,
        "Inloggningen avbröts. Försök igen.",
        "The login was cancelled. Try again.";
    /// The app did not take the order in time.
    StartFailed = "start-failed", Some("startFailed"), Failed,
        "BankID-appen kom inte igång i tid. Se efter att den är installerad och att enheten har internet, och försök igen.",
        "The BankID app did not start in time. See that it is installed and that the device is online, and try again.";
    /// The person said that the call was not theirs.
    UserDeclinedCall = "user-declined-call", Some("userDeclinedCall"), Failed,
        "Du bekräftade inte samtalet i BankID-appen, så inloggningen avbröts.",
        "You did not confirm the call in the BankID app, so the login was cancelled.";
    /// The app is too old.
    NotSupportedByUserApp = "not-supported-by-user-app", Some("notSupportedByUserApp"), Failed,
        "Din BankID-app är för gammal. Uppdatera den och försök igen.",
        "Your BankID app is too old. Update it and try again.";
    /// BankID itself found the risk too high.
    TransactionRiskBlocked = "transaction-risk-blocked", Some("transactionRiskBlocked"), Failed,
        "BankID stoppade inloggningen för din säkerhet. Försök igen senare.",
        "BankID stopped the login for your safety. Try again later.";
    /// It failed in a way that we have no word for.
    FailedOther = "failed-other", None, Failed,
        "Inloggningen misslyckades. Försök igen.",
        "The login failed. Try again.";
    /// Nobody in the register can log in with that BankID.
    NoAccount = "no-account", None, Failed,
        "Det finns inget konto att logga in på med ditt BankID. Hör av dig till skolan.",
        "There is no account to log in to with your BankID. Get in touch with the school.";
    /// BankID finds the risk high, and such logins are not taken here.
    RiskTooHigh = "risk-too-high", None, Failed,
        "Inloggningen togs inte emot, eftersom BankID bedömer risken som hög. Försök från ett nätverk och en enhet som du brukar använda.",
        "The login was not accepted, as BankID considers its risk to be high. Try from a network and a device that you often use.";

    /// The person has several accounts.
    ChooseAccount = "choose-account", None, Complete,
        "Du har flera konton. Välj det som du vill använda.",
        "You have several accounts. Choose the one that you want to use.";
    /// Here is the session.
    LoggedIn = "logged-in", None, Complete,
        "Du är inloggad.",
        "You are logged in.";
    /// The session was given out before.
    AlreadyUsed = "already-used", None, Complete,
        "Den här inloggningen är redan använd.",
        "This login has been used already.";
}

impl Hint {
    /// What BankID says of an order that goes on. Its list may grow: what we do not know says no more than that.
    #[must_use]
    pub fn of_pending(word: &str) -> Self {
        Self::of(word, Progress::Pending).unwrap_or(Self::PendingOther)
    }

    /// What BankID says of an order that has failed.
    #[must_use]
    pub fn of_failed(word: &str) -> Self {
        Self::of(word, Progress::Failed).unwrap_or(Self::FailedOther)
    }

    fn of(word: &str, progress: Progress) -> Option<Self> {
        Self::ALL.iter().copied().find(|hint| hint.progress() == progress && hint.word() == Some(word))
    }

    /// The hint with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|hint| hint.code() == code)
    }

    /// Whether the app can still be brought to the order with its QR code.
    #[must_use]
    pub fn awaits_app(self) -> bool {
        matches!(self, Self::OutstandingTransaction | Self::NoClient)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// The `hintCode`s of RP API 6.0, as its clients know them.
    const PENDING: [&str; 6] =
        ["outstandingTransaction", "noClient", "started", "userMrtd", "userCallConfirm", "userSign"];
    const FAILED: [&str; 8] = [
        "expiredTransaction",
        "certificateErr",
        "userCancel",
        "cancelled",
        "startFailed",
        "userDeclinedCall",
        "notSupportedByUserApp",
        "transactionRiskBlocked",
    ];

    #[test]
    fn every_word_of_bankid_is_known() {
        for word in PENDING {
            let hint = Hint::of_pending(word);
            assert_eq!((hint.word(), hint.progress()), (Some(word), Progress::Pending));
            // The same word with the other status is none that we know.
            assert_eq!(Hint::of_failed(word), Hint::FailedOther);
        }
        for word in FAILED {
            let hint = Hint::of_failed(word);
            assert_eq!((hint.word(), hint.progress()), (Some(word), Progress::Failed));
            assert_eq!(Hint::of_pending(word), Hint::PendingOther);
        }
        assert_eq!(
            Hint::ALL.iter().filter(|hint| hint.word().is_some()).count(),
            PENDING.len() + FAILED.len()
        );
    }

    #[test]
    fn each_has_a_text_of_its_own_in_each_language() {
        let codes: BTreeSet<&str> = Hint::ALL.iter().map(|hint| hint.code()).collect();
        assert_eq!(codes.len(), Hint::ALL.len());
        for language in Language::ALL {
            let texts: BTreeSet<&str> = Hint::ALL.iter().map(|hint| hint.message(language)).collect();
            assert_eq!(texts.len(), Hint::ALL.len());
            assert!(texts.iter().all(|text| text.len() > 10 && text.ends_with('.')));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_said_has_a_text(word in "\\PC{0,40}") {
            prop_assert_eq!(Hint::of_pending(&word).progress(), Progress::Pending);
            prop_assert_eq!(Hint::of_failed(&word).progress(), Progress::Failed);
        }

        #[test]
        fn a_hint_is_found_by_its_code(place in 0..Hint::ALL.len()) {
            let hint = Hint::ALL[place];
            prop_assert_eq!(Hint::from_code(hint.code()), Some(hint));
        }
    }
}
