//! What the operator of the machine asks of the register from the command line. One
//! process owns a SQLite file, so while the server runs it does the work: it takes the
//! same commands on a Unix socket beside the file, which only the user it runs as may
//! open. Otherwise, and always on PostgreSQL, the command line does the work itself.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use skolhus_persistence::{Address, OpenError};

use super::{
    ProgramError, account, audit, backup, certificate_authority, import, keys, organiser, runtime, say,
    settings::Settings,
};
use crate::http::{problem::Problem, state::State};

/// Something the operator asks for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Command {
    Organiser(organiser::Organiser),
    Account(account::Account),
    Audit(audit::Audit),
    Keys(keys::Keys),
    CertificateAuthority(certificate_authority::CertificateAuthority),
    Backup { path: PathBuf },
    Import(import::Import),
}

/// What to print: on standard output, or as the reason for a failure.
type Reply = Result<String, String>;

/// Does what is asked, in the server or in the command line's own process.
async fn execute(state: &State, command: Command) -> Reply {
    let done = match command {
        Command::Organiser(command) => organiser::organiser(state, command).await,
        Command::Account(command) => account::account(state, command).await,
        Command::Audit(command) => audit::audit(state, command).await,
        Command::Keys(command) => keys::keys(state, command).await,
        Command::CertificateAuthority(command) => {
            certificate_authority::certificate_authority(state, command).await
        }
        Command::Backup { path } => backup::backup(state, path).await,
        Command::Import(command) => {
            let meter = import::meter();
            import::import(state, command, meter).await.map_err(ProgramError::Refused)
        }
    };
    done.map_err(|error| error.to_string())
}

/// Has a command done by whoever owns the database, and prints the reply.
pub(super) async fn run(settings: &Settings, command: Command) -> Result<(), ProgramError> {
    let address = settings.address()?;
    // A server that is just starting or stopping owns the file but does not answer.
    let patience = 50;
    // A roster may be the first thing that comes into a fresh embedded database.
    let purpose = match command {
        Command::Import(_) => runtime::Purpose::Serve,
        _ => runtime::Purpose::Command,
    };
    for attempt in 0..=patience {
        match runtime::open(settings, purpose).await {
            Ok(state) => {
                let reply = execute(&state, command).await;
                runtime::close(&state).await;
                return reply.map(|text| say(&text)).map_err(ProgramError::Refused);
            }
            Err(ProgramError::Open(OpenError::InUse(path))) => {
                #[cfg(unix)]
                if let Some(reply) = socket::ask(&path, &command).await {
                    return reply.map(|text| say(&text)).map_err(ProgramError::Refused);
                }
                if attempt == patience {
                    return Err(OpenError::InUse(path).into());
                }
                actix_web::rt::time::sleep(Duration::from_millis(100)).await;
            }
            Err(error) => return Err(error),
        }
    }
    Err(ProgramError::Refused(format!("{address:?} cannot be opened")))
}

/// A problem in words for a terminal.
pub(super) fn refused(problem: &Problem) -> ProgramError {
    let mut text = problem.code().title_en().to_owned();
    if let Some(occurrence) = problem.occurrence() {
        text.push_str(&format!(": {occurrence}"));
    }
    for refusal in problem.refused() {
        text.push_str(&format!("\n  {refusal}"));
    }
    if let Some(cause) = problem.cause() {
        text.push_str(&format!(": {cause}"));
    }
    ProgramError::Refused(text)
}

#[cfg(unix)]
pub(super) mod socket {
    //! The server's side and the client's side of the socket.

    use std::os::unix::{
        fs::{DirBuilderExt, PermissionsExt},
        net::UnixListener,
    };

    use actix_web::{App, HttpServer, dev::ServerHandle, web};

    use super::{Address, Command, Path, PathBuf, ProgramError, Reply, State, execute};

    /// Requests are a command each; an import names its files and does not carry them. An authority's certificate and its key
    /// are carried, since whoever may read them is not the server.
    const LARGEST_COMMAND: usize = 256 * 1024;

    fn beside(database: &Path) -> PathBuf {
        let mut name = database.as_os_str().to_owned();
        name.push(".operator");
        name.into()
    }

    /// The listening socket; its file goes when this is dropped.
    pub(in crate::program) struct Operator {
        handle: ServerHandle,
        path: PathBuf,
    }

    impl Operator {
        /// Takes no more commands, and finishes those begun.
        pub(in crate::program) async fn stop(self) {
            let handle = self.handle.clone();
            drop(self);
            handle.stop(true).await;
        }
    }

    impl Drop for Operator {
        fn drop(&mut self) {
            // A file that stays behind is replaced at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }

    /// Listens for commands about an embedded database that this process owns.
    pub(in crate::program) fn listen(state: &web::Data<State>) -> Result<Option<Operator>, ProgramError> {
        let Address::Sqlite(database) = state.database.address() else { return Ok(None) };
        let path = beside(database);
        let failed = |source| ProgramError::File { path: path.clone(), source };
        let listener = bind(&path).map_err(failed)?;
        let state = state.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(state.clone())
                .app_data(web::JsonConfig::default().limit(LARGEST_COMMAND))
                .route("/", web::post().to(command))
        })
        .workers(1)
        .disable_signals()
        .shutdown_timeout(15)
        .listen_uds(listener)
        .map_err(failed)?
        .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Ok(Some(Operator { handle, path }))
    }

    /// Makes the socket where nobody else can reach it, and gives it its name when only our
    /// user may open it. That also replaces one that a killed server left behind.
    fn bind(path: &Path) -> std::io::Result<UnixListener> {
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        let folder = PathBuf::from(name);
        let inside = folder.join("s");
        let _ = std::fs::remove_file(&inside);
        let _ = std::fs::remove_dir(&folder);
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let listener = UnixListener::bind(&inside)?;
        std::fs::set_permissions(&inside, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&inside, path)?;
        std::fs::remove_dir(&folder)?;
        Ok(listener)
    }

    async fn command(state: web::Data<State>, command: web::Json<Command>) -> web::Json<Reply> {
        web::Json(execute(&state, command.into_inner()).await)
    }

    /// Asks the server; none when nobody listens.
    pub(super) async fn ask(database: &Path, command: &Command) -> Option<Reply> {
        let path = beside(database);
        let client = reqwest::Client::builder().unix_socket(path).build().ok()?;
        let answer = match client.post("http://operator/").json(command).send().await {
            Ok(answer) => answer,
            Err(error) if error.is_connect() => return None,
            Err(error) => return Some(Err(format!("the server was asked and did not answer: {error}"))),
        };
        let status = answer.status();
        Some(match answer.json::<Reply>().await {
            Ok(reply) => reply,
            Err(_) => {
                Err(format!("the server does not know the command ({status}); it may be another version"))
            }
        })
    }
}
