//! Hashing and checking passwords (argon2id), off the async workers.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use skolhus_domain::{identity::Password, instant::Randomness};
use tokio::sync::Semaphore;

use crate::http::{catalogue::Code, problem::Problem};

/// What one hash costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Cost {
    /// 19 MiB, 2 passes, 1 lane: OWASP's recommendation.
    fn default() -> Self {
        Self { memory: 19 * 1024, passes: 2, lanes: 1 }
    }
}

/// Hashes and checks passwords; as many at a time as there are processors.
#[derive(Clone)]
pub struct Passwords {
    params: Params,
    /// What is checked where there is no password, so that it takes as long.
    decoy: String,
    room: Arc<Semaphore>,
    randomness: Arc<dyn Randomness>,
}

impl Passwords {
    /// Of that cost.
    ///
    /// # Errors
    /// argon2's, for a cost that is none.
    pub fn new(cost: Cost, randomness: Arc<dyn Randomness>) -> Result<Self, argon2::Error> {
        let Cost { memory, passes, lanes } = cost;
        let params = Params::new(memory, passes, lanes, None)?;
        let room = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let mut unknown = [0; 32];
        randomness.fill(&mut unknown);
        let decoy = hash(&params, &unknown, randomness.as_ref()).unwrap_or_default();
        Ok(Self { params, decoy, room: Arc::new(Semaphore::new(room)), randomness })
    }

    /// The hash of a password, as a PHC string.
    ///
    /// # Errors
    /// [`Code::Internal`], when there is no memory for it.
    pub async fn hash(&self, password: Password) -> Result<String, Problem> {
        let (params, randomness) = (self.params.clone(), Arc::clone(&self.randomness));
        self.work(move || hash(&params, password.as_bytes(), randomness.as_ref())).await?.ok_or_else(|| {
            tracing::error!("a password could not be hashed");
            Problem::new(Code::Internal)
        })
    }

    /// Whether it is the password of that hash. Takes as long where there is none.
    ///
    /// # Errors
    /// [`Code::Internal`].
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool, Problem> {
        let known = hash.is_some();
        let (params, hash) = (self.params.clone(), hash.unwrap_or_else(|| self.decoy.clone()));
        let fits = self
            .work(move || {
                PasswordHash::new(&hash)
                    .is_ok_and(|hash| argon(&params).verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await?;
        Ok(known && fits)
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let permit = Arc::clone(&self.room).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|_| {
            tracing::error!("work on a password panicked");
            Problem::new(Code::Internal)
        })
    }
}

fn argon(params: &Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
}

fn hash(params: &Params, password: &[u8], randomness: &dyn Randomness) -> Option<String> {
    let mut salt = [0; 16];
    randomness.fill(&mut salt);
    let hash: PasswordHash = argon(params).hash_password_with_salt(password, &salt).ok()?;
    Some(hash.to_string())
}
