//! A submission server (RFC 6409), spoken to over verified TLS (RFC 8314) with lettre's command layer.

use std::fmt;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::fault::{Fault, Reply};
use super::linewise::LineWise;
use super::{Accepted, Probe, SendError};
use crate::config::{self, Auth, Tls};

/// Both send the password itself, which is why they are used inside verified TLS only.
const MECHANISMS: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login];

/// A client without a name of its own gives an address literal (RFC 5321 §4.1.1.1). This one is what mail programs on a
/// desk use; the host's real name would tell the recipient about the inside of the authority's network.
const HELLO: ClientId = ClientId::Ipv4(Ipv4Addr::LOCALHOST);

pub(super) struct Server {
    host: String,
    port: u16,
    tls: Tls,
    parameters: TlsParameters,
    credentials: Option<Credentials>,
    /// The envelope's sender; none is the null sender.
    sender: Option<Address>,
    /// For each wait.
    limit: Duration,
}

/// Where an exchange had come to, which decides what a fault there means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Connect,
    SignIn,
    Sender,
    Recipient,
    Data,
    /// From the first byte of the letter to the answer to its last.
    Content,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.place()).finish()
    }
}

impl Server {
    pub(super) fn new(config: &config::Submission) -> anyhow::Result<Self> {
        let config::Submission { server, username, auth, envelope_from } = config;
        let credentials = match (username, auth) {
            (Some(username), Some(Auth::Password { file })) => {
                Some(Credentials::new(username.clone(), file.read().context("smtp.auth.file")?))
            }
            _ => None,
        };
        let sender = envelope_from.as_ref().map(|from| from.parse().context("smtp.envelope_from")).transpose()?;
        Ok(Self {
            host: server.host.clone(),
            port: server.port,
            tls: server.tls,
            parameters: tls_parameters(server)?,
            credentials,
            sender,
            limit: Duration::from_secs(server.timeout_secs),
        })
    }

    fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    pub(super) async fn send<F, Fut>(
        &self,
        recipient: Address,
        letter: &[u8],
        before_data: F,
    ) -> Result<Accepted, SendError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = anyhow::Result<()>>,
    {
        let mut connection = self.sign_in().await?;
        let international = !recipient.user().is_ascii();
        if international && !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            self.part(connection);
            return Err(super::rejected(
                "the server does not take addresses with letters beyond ASCII before the @ (RFC 6531)",
            ));
        }
        // RFC 6531 §3.4: said with MAIL when any address of the envelope needs it.
        let parameters = if international { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };

        let outcome = async {
            self.take_sender(&mut connection, parameters).await?;
            let rcpt = self.positive(connection.command(Rcpt::new(recipient, Vec::new()))).await;
            rcpt.map_err(|fault| self.error(Step::Recipient, fault))?;

            before_data().await.map_err(SendError::NotRecorded)?;

            let go_ahead = self
                .within(connection.command(Data))
                .await
                .and_then(|response| if response.has_code(354) { Ok(()) } else { Err(Fault::Unclear) });
            go_ahead.map_err(|fault| self.error(Step::Data, fault))?;
            // lettre doubles leading dots (RFC 5321 §4.5.2) and always ends with CRLF . CRLF.
            let content = letter.strip_suffix(b"\r\n").unwrap_or(letter);
            let answer = self.positive(connection.message(content)).await;
            answer.map_err(|fault| self.error(Step::Content, fault))
        }
        .await;

        let clear = matches!(
            outcome,
            Ok(_)
                | Err(SendError::Deferred(_)
                    | SendError::Rejected(_)
                    | SendError::NullSenderRefused(_)
                    | SendError::SignIn(_)
                    | SendError::NotRecorded(_))
        );
        // After a fault it is open what the server would take the word QUIT for.
        if clear {
            self.part(connection);
        }
        outcome.map(|reply| Accepted { by: format!("{} ({reply})", self.place()) })
    }

    pub(super) async fn probe(&self) -> Result<Probe, SendError> {
        let mut connection = self.sign_in().await?;
        self.take_sender(&mut connection, Vec::new()).await?;
        let reset = self.positive(connection.command(Rset)).await;
        reset.map_err(|fault| self.error(Step::Sender, fault))?;
        let probe = Probe {
            place: self.place(),
            signed_in: self.credentials.is_some(),
            null_sender: self.sender.is_none(),
            smtputf8: connection.server_info().supports_feature(Extension::SmtpUtfEight),
        };
        // Here nothing waits to be recorded, and the process may end at once.
        let _ = timeout(self.limit, connection.quit()).await;
        Ok(probe)
    }

    /// A connection inside verified TLS, signed in.
    async fn sign_in(&self) -> Result<AsyncSmtpConnection, SendError> {
        let mut connection = self.connect().await.map_err(|fault| self.error(Step::Connect, fault))?;
        let Some(credentials) = &self.credentials else { return Ok(connection) };
        if connection.server_info().get_auth_mechanism(MECHANISMS).is_none() {
            self.part(connection);
            let place = self.place();
            return Err(SendError::SignIn(format!("{place}: the server offers neither AUTH PLAIN nor AUTH LOGIN")));
        }
        let signed_in = self.positive(connection.auth(MECHANISMS, credentials)).await;
        signed_in.map_err(|fault| self.error(Step::SignIn, fault))?;
        Ok(connection)
    }

    /// Tries the host's addresses in turn. Each has the time limit for all of TCP, TLS, greeting and EHLO.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Fault> {
        let resolved = timeout(self.limit, tokio::net::lookup_host((self.host.as_str(), self.port))).await;
        let addresses = resolved.map_err(|_| Fault::Silent)?.map_err(|error| Fault::from_io(&error))?;
        let mut last = Fault::NoConnection(std::io::ErrorKind::NotFound);
        for address in addresses {
            match timeout(self.limit, self.open(address)).await.unwrap_or(Err(Fault::Silent)) {
                Ok(connection) => return Ok(connection),
                // Told as it is, not hidden behind the next address not answering.
                Err(fault @ Fault::Untrusted(_)) => return Err(fault),
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }

    async fn open(&self, address: SocketAddr) -> Result<AsyncSmtpConnection, Fault> {
        match self.tls {
            Tls::Implicit => {
                let tls = Some(self.parameters.clone());
                Ok(AsyncSmtpConnection::connect_tokio1(address, None, &HELLO, tls, None).await?)
            }
            Tls::Starttls => {
                let stream = TcpStream::connect(address).await.map_err(|error| Fault::from_io(&error))?;
                let stream = Box::new(LineWise::new(stream));
                let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &HELLO).await?;
                if !connection.can_starttls() {
                    return Err(Fault::NoStarttls);
                }
                connection.starttls(self.parameters.clone(), &HELLO).await?;
                Ok(connection)
            }
        }
    }

    async fn take_sender(
        &self,
        connection: &mut AsyncSmtpConnection,
        parameters: Vec<MailParameter>,
    ) -> Result<(), SendError> {
        let taken = self.positive(connection.command(Mail::new(self.sender.clone(), parameters))).await;
        taken.map_err(|fault| self.error(Step::Sender, fault))?;
        Ok(())
    }

    /// QUIT (RFC 5321 §4.1.1.10) without waiting for it: the outcome is recorded the sooner.
    fn part(&self, mut connection: AsyncSmtpConnection) {
        let limit = self.limit;
        tokio::spawn(async move { timeout(limit, connection.quit()).await });
    }

    async fn within<T>(
        &self,
        wait: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
    ) -> Result<T, Fault> {
        timeout(self.limit, wait).await.map_err(|_| Fault::Silent)?.map_err(Fault::from)
    }

    /// A 2yz reply. lettre takes 3yz for success too.
    async fn positive(
        &self,
        wait: impl Future<Output = Result<Response, lettre::transport::smtp::Error>>,
    ) -> Result<Reply, Fault> {
        let reply = Reply::from_response(&self.within(wait).await?);
        if (200..300).contains(&reply.code) { Ok(reply) } else { Err(Fault::Unclear) }
    }

    fn error(&self, step: Step, fault: Fault) -> SendError {
        let place = self.place();
        let text = format!("{place}: the server {fault}{step}");
        let Fault::Refused(reply) = fault else {
            return match step {
                Step::Content => SendError::Ambiguous(text),
                // The dialogue of AUTH broke down, but the connection is there.
                Step::SignIn if fault == Fault::Unclear => SendError::SignIn(text),
                Step::Connect | Step::SignIn | Step::Sender | Step::Recipient | Step::Data => {
                    SendError::Unreachable(text)
                }
            };
        };
        match step {
            Step::Connect => SendError::Unreachable(text),
            Step::SignIn | Step::Sender | Step::Recipient | Step::Data | Step::Content if reply.is_transient() => {
                SendError::Deferred(text)
            }
            Step::SignIn => SendError::SignIn(text),
            Step::Sender | Step::Recipient | Step::Data | Step::Content if reply.asks_for_sign_in() => {
                SendError::SignIn(format!("{text}; it wants smtp.username and smtp.auth"))
            }
            Step::Sender => self.sender_refused(reply),
            Step::Recipient | Step::Data | Step::Content if reply.blames_sender() => self.sender_refused(reply),
            Step::Recipient | Step::Data | Step::Content => SendError::Rejected(text),
        }
    }

    fn sender_refused(&self, reply: Reply) -> SendError {
        let place = self.place();
        match self.sender {
            None => SendError::NullSenderRefused(format!(
                "{place}: the server refused the null sender, MAIL FROM:<> ({reply}); set smtp.envelope_from to an unattended address, never a polled one"
            )),
            Some(_) => SendError::SignIn(format!(
                "{place}: the server refused smtp.envelope_from as sender ({reply}); give an address that the account may send as"
            )),
        }
    }
}

/// Reads on from what the server did.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "",
            Self::SignIn => " when signing in",
            Self::Sender => " to the sender",
            Self::Recipient => " to the recipient",
            Self::Data => " to DATA",
            Self::Content => " to the letter",
        })
    }
}

/// The certificate is always verified, name included. `ca_file` replaces the system's roots.
fn tls_parameters(server: &config::Server) -> anyhow::Result<TlsParameters> {
    let mut builder = TlsParameters::builder(server.host.clone());
    if let Some(path) = &server.ca_file {
        let shown = path.display();
        let read = || CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>();
        let certificates = read().with_context(|| format!("read the certificates in {shown}, smtp.server.ca_file"))?;
        if certificates.is_empty() {
            bail!("{shown} holds no certificate; smtp.server.ca_file names PEM certificates to trust");
        }
        builder = builder.certificate_store(CertificateStore::None);
        for certificate in certificates {
            let certificate = Certificate::from_der(certificate.to_vec())
                .with_context(|| format!("{shown} holds a certificate that cannot be read"))?;
            builder = builder.add_root_certificate(certificate);
        }
    } else if rustls_native_certs::load_native_certs().certs.is_empty() {
        bail!("the system trusts no certificates; install ca-certificates, or set smtp.server.ca_file");
    }
    builder.build().context("prepare TLS for smtp.server")
}
