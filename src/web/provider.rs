//! The identity provider of a region, and what is asked of it (`OpenID` Connect Core 1.0, authorization code with PKCE).
//!
//! Promises: who someone is rests on an ID token that the provider signed for inkom, for this very sign-in, with a level of
//! assurance from the configuration's list and a time that is not too long ago. Nothing that is missing counts as given.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AdditionalClaims, AuthType, AuthenticationContextClass, AuthorizationCode, ClaimsVerificationError,
    Client, ClientId, ClientSecret, CsrfToken, DiscoveryError, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, SignatureVerificationError, StandardErrorResponse, StandardTokenResponse,
    SubjectIdentifier, TokenResponse as _, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tracing::warn;

use super::https::{Https, NoAnswer};
use crate::config;
use crate::model::words;

/// Where the provider sends the browser back to, below the pages' origin.
pub const CALLBACK: &str = "/logga-in/klar";

/// The claim that names a person (Sambi's attribute of the same name).
const HSA_ID: &str = "employeeHsaId";

/// Keys and addresses are asked for anew after so long.
const REFRESH: Duration = Duration::from_hours(1);

/// How far the provider's clock may be from ours.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(60);

/// How ID tokens may be signed: by a key of the provider's alone, never by a secret that is shared.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 10] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EcdsaP521Sha512,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Why someone is not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Not begun in this browser, used already, or begun too long ago.
    Stray,
    /// The provider refused, or the person turned back there.
    ByProvider,
    /// The answer cannot be trusted.
    Untrusted,
    /// No level of assurance, or none that is enough.
    LowLevel,
    /// They proved who they are too long ago, or the provider does not say when.
    TooOld,
    /// The provider does not name them by an HSA-id.
    NoHsaId,
    /// They have no role here.
    Unknown,
}

words!(Denied {
    Stray = "stray",
    ByProvider = "by-provider",
    Untrusted = "untrusted",
    LowLevel = "low-level",
    TooOld = "too-old",
    NoHsaId = "no-hsa-id",
    Unknown = "unknown-person",
});

/// Why it did not work out.
#[derive(Debug)]
pub enum Failure {
    Denied(Denied),
    /// The provider cannot be asked.
    NoAnswer(anyhow::Error),
}

/// What a sign-in under way has to come back with.
#[derive(Debug)]
pub struct Expected {
    pub state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

#[derive(Debug, Deserialize, Serialize)]
struct Claims {
    // Any JSON here: a claim of another shape is a missing one, not an answer that cannot be read.
    #[serde(rename = "employeeHsaId", default)]
    hsa_id: serde_json::Value,
}

impl AdditionalClaims for Claims {}

impl Claims {
    fn hsa_id(&self) -> Option<String> {
        self.hsa_id.as_str().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned)
    }
}

type Fields = IdTokenFields<
    Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type Asked = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What the provider tells of itself (`OpenID` Connect Discovery 1.0 §3).
#[derive(Debug)]
struct Known {
    client: Asked,
    takes_claims: bool,
    at: Instant,
}

#[derive(Debug)]
pub struct Provider {
    of: config::Oidc,
    issuer: IssuerUrl,
    secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    https: Https,
    known: Mutex<Option<Arc<Known>>>,
}

impl Provider {
    /// Nothing is asked yet.
    ///
    /// # Errors
    /// Names the key, and what to do about it.
    pub fn new(of: &config::Oidc, origin: &str) -> Result<Self> {
        let issuer = IssuerUrl::new(of.issuer.clone()).context("web.sign_in.issuer: give the provider's address")?;
        let secret = of.client_secret.as_ref().map(config::SecretFile::read).transpose();
        Ok(Self {
            https: Https::new(of.ca_file.as_deref(), of.issuer.starts_with("http://localhost:"))
                .context("web.sign_in.ca_file")?,
            issuer,
            secret: secret.context("web.sign_in.client_secret_file")?.map(ClientSecret::new),
            redirect: RedirectUrl::new(format!("{origin}{CALLBACK}")).context("web.origin")?,
            of: of.clone(),
            known: Mutex::default(),
        })
    }

    pub fn issuer(&self) -> &str {
        &self.of.issuer
    }

    /// Asks the provider what it is, and says in a few words whether it can be used.
    pub async fn probe(&self) -> Result<String> {
        let metadata = self.discover().await?;
        let levels = metadata.acr_values_supported().map(Vec::as_slice).unwrap_or_default();
        let given = |acr: &String| levels.iter().any(|level| level.as_str() == acr);
        ensure!(
            levels.is_empty() || self.of.acr.iter().any(given),
            "it offers none of the levels in web.sign_in.acr; ask its owner which one is LoA 3"
        );
        Ok(format!("{} answers; it must let inkom come back to {}", self.of.issuer, self.redirect.as_str()))
    }

    /// Where to send the browser, and what it has to come back with.
    pub async fn begin(&self) -> Result<(String, Expected)> {
        let known = self.known(REFRESH).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = known.client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        );
        for acr in &self.of.acr {
            request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
        }
        if known.takes_claims {
            // OpenID Connect Core §5.5: no scope stands for this claim everywhere.
            let claims =
                format!(r#"{{"id_token":{{"{HSA_ID}":{{"essential":true}}}},"userinfo":{{"{HSA_ID}":null}}}}"#);
            request = request.add_extra_param("claims", claims);
        }
        let max_age = Duration::from_secs(self.of.max_age_minutes.saturating_mul(60));
        let (url, state, nonce) = request.set_max_age(max_age).set_pkce_challenge(challenge).url();
        Ok((url.into(), Expected { state, nonce, verifier }))
    }

    /// Exchanges the code for the HSA-id of the one who signed in.
    pub async fn finish(&self, code: String, expected: Expected, now: Timestamp) -> Result<String, Failure> {
        let Expected { nonce, verifier, .. } = expected;
        let mut known = self.known(REFRESH).await.map_err(Failure::NoAnswer)?;
        let request = known.client.exchange_code(AuthorizationCode::new(code)).map_err(broken)?;
        let tokens = request.set_pkce_verifier(verifier).request_async(&self.https).await.map_err(not_exchanged)?;
        let token = tokens.id_token().ok_or_else(|| untrusted("it gave no ID token"))?;
        let mut found = token.claims(&self.verifier(&known, now), &nonce);
        if let Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) = found {
            // Its keys have changed since. Only the provider's own answer to a fresh code leads here.
            known = self.known(Duration::ZERO).await.map_err(Failure::NoAnswer)?;
            found = token.claims(&self.verifier(&known, now), &nonce);
        }
        let claims = found.map_err(|error| match error {
            ClaimsVerificationError::InvalidAuthContext(_) => Failure::Denied(Denied::LowLevel),
            ClaimsVerificationError::InvalidAuthTime(_) => Failure::Denied(Denied::TooOld),
            error => untrusted(error),
        })?;
        // OpenID Connect Core §3.1.3.7, which the library leaves to its user.
        if claims.authorized_party().is_some_and(|party| party.as_str() != self.of.client_id) {
            return Err(untrusted("the ID token was made for another client"));
        }
        match claims.additional_claims().hsa_id() {
            Some(hsa_id) => Ok(hsa_id),
            None => self.hsa_id_of(&known, tokens.access_token(), claims.subject()).await,
        }
    }

    /// For a provider that puts no claims of its own into the ID token (`OpenID` Connect Core §5.3).
    async fn hsa_id_of(
        &self,
        known: &Known,
        token: &AccessToken,
        subject: &SubjectIdentifier,
    ) -> Result<String, Failure> {
        let Ok(request) = known.client.user_info(token.clone(), Some(subject.clone())) else {
            return Err(Failure::Denied(Denied::NoHsaId));
        };
        let told: Result<UserInfoClaims<Claims, CoreGenderClaim>, _> = request.request_async(&self.https).await;
        match told {
            Ok(claims) => claims.additional_claims().hsa_id().ok_or(Failure::Denied(Denied::NoHsaId)),
            Err(openidconnect::UserInfoError::Request(error)) => Err(Failure::NoAnswer(error.into())),
            // What it says may hold the person's own data.
            Err(_) => Err(untrusted("its userinfo cannot be read, or is of another person")),
        }
    }

    fn verifier<'a>(&'a self, known: &'a Known, now: Timestamp) -> openidconnect::IdTokenVerifier<'a, CoreJsonWebKey> {
        let longest = i64::try_from(self.of.max_age_minutes).unwrap_or(i64::MAX / 60);
        let longest = SignedDuration::from_mins(longest).saturating_add(CLOCKS_DIFFER);
        known
            .client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_auth_context_verifier_fn(|acr| match acr {
                Some(acr) if self.of.acr.iter().any(|enough| enough == acr.as_str()) => Ok(()),
                _ => Err("not among web.sign_in.acr".into()),
            })
            .set_auth_time_verifier_fn(move |at| {
                let at = at.and_then(|at| Timestamp::from_second(at.timestamp()).ok()).ok_or("no auth_time")?;
                let age = now.duration_since(at);
                if age <= longest && age >= -CLOCKS_DIFFER { Ok(()) } else { Err("too long ago".into()) }
            })
    }

    /// What is known of the provider, asked for anew when it is older than this.
    async fn known(&self, oldest: Duration) -> Result<Arc<Known>> {
        // Held while asking, so that many who sign in at once ask once.
        let mut known = self.known.lock().await;
        if let Some(known) = known.as_ref().filter(|known| known.at.elapsed() < oldest) {
            return Ok(Arc::clone(known));
        }
        let metadata = self.discover().await?;
        let methods = metadata.token_endpoint_auth_methods_supported().map(Vec::as_slice).unwrap_or_default();
        let only_in_the_body = methods.contains(&CoreClientAuthMethod::ClientSecretPost)
            && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic);
        let takes_claims = metadata.claims_parameter_supported().unwrap_or_default();
        let client =
            Asked::from_provider_metadata(metadata, ClientId::new(self.of.client_id.clone()), self.secret.clone())
                .set_redirect_uri(self.redirect.clone())
                .set_auth_type(if only_in_the_body { AuthType::RequestBody } else { AuthType::BasicAuth });
        let fresh = Arc::new(Known { client, takes_claims, at: Instant::now() });
        *known = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    async fn discover(&self) -> Result<CoreProviderMetadata> {
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.https).await;
        let metadata = metadata.map_err(|error| match error {
            DiscoveryError::Request(error) => anyhow::Error::from(error),
            DiscoveryError::Response(status, ..) => {
                anyhow::anyhow!("it has no /.well-known/openid-configuration there (HTTP {status})")
            }
            DiscoveryError::Validation(text) => {
                anyhow::anyhow!("write web.sign_in.issuer as the provider does: {text}")
            }
            error => anyhow::anyhow!("what it tells of itself cannot be read: {error}"),
        })?;
        let Some(token) = metadata.token_endpoint() else { bail!("it names no token endpoint") };
        ensure!(
            self.https.may_reach(metadata.authorization_endpoint().as_str()) && self.https.may_reach(token.as_str()),
            "it names an address that is not https://"
        );
        Ok(metadata)
    }
}

/// Told to the log once, without what the token holds.
fn untrusted(why: impl std::fmt::Display) -> Failure {
    warn!("The identity provider's answer is not trusted: {why}");
    Failure::Denied(Denied::Untrusted)
}

fn broken(error: impl Into<anyhow::Error>) -> Failure {
    Failure::NoAnswer(error.into())
}

fn not_exchanged(error: RequestTokenError<NoAnswer, StandardErrorResponse<CoreErrorResponseType>>) -> Failure {
    match error {
        RequestTokenError::Request(error) => Failure::NoAnswer(error.into()),
        // A code that was used or is too old. All else means that inkom is not known there as it should be.
        RequestTokenError::ServerResponse(said) if *said.error() == CoreErrorResponseType::InvalidGrant => {
            untrusted("the code is not valid")
        }
        RequestTokenError::ServerResponse(said) => Failure::NoAnswer(anyhow::anyhow!(
            "the provider does not exchange the code ({}): see web.sign_in.client_id and client_secret_file",
            said.error()
        )),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => untrusted("it cannot be read"),
    }
}
