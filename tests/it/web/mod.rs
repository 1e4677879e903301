//! The pages, over real HTTP.

mod oidc;
mod tls;
