//! Who is calling: a handler that takes a [`Caller`] cannot be reached without one.

use std::cell::Cell;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use subtle::ConstantTimeEq;

use super::observe::{self, RequestId};
use super::problem::Problem;
use super::session;
use crate::config::key::Key;
use crate::config::secret::{HubSecrets, Secret};
use crate::desk::Desk;
use crate::desk::presets::Acting;
use crate::groups::Username;
use crate::hub::{Freshness, Hub, Identity, Kind, Rights, Trouble, Unidentified};
use crate::store::audit::Actor;

/// What callers are recognised by.
pub struct Gate {
    /// The plugin's.
    pub secrets: HubSecrets,
    /// For what we hand out and must recognise: cursors, states, sessions.
    pub key: Key,
    /// None where the service was not told of a hub: then only the plugin is served.
    pub hub: Option<Arc<Hub>>,
}

impl Gate {
    pub fn new(secrets: HubSecrets, hub: Option<Hub>) -> Self {
        Self { key: Key::from(&secrets), secrets, hub: hub.map(Arc::new) }
    }
}

/// What a handler asks of its caller.
pub trait Right: 'static {
    /// As the description names it; none where being admitted is enough.
    const SCOPE: Option<&'static str>;

    fn held(rights: Rights) -> bool;
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident: $scope:expr, $held:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Right for $name {
            const SCOPE: Option<&'static str> = $scope;

            fn held(rights: Rights) -> bool {
                let held: fn(Rights) -> bool = $held;
                held(rights)
            }
        }
    )* };
}

rights! {
    /// May do what is their own: anybody whose token opens this service.
    Known: None, |_| true;
    /// Sees what is everybody's.
    Reads: Some("custom:presets:read"), |rights| rights.read;
    /// Organises courses, workshops and hackathons.
    Organises: Some("custom:presets:events"), |rights| rights.events;
    /// Changes what is the site's.
    Administers: Some("custom:presets:admin"), |rights| rights.admin;
    /// Asks for anybody's form and start: the hub's plugin with its own secret, or a program of the site.
    Resolves: Some("custom:presets:resolve"), |rights| rights.resolve;
}

/// Somebody who may do what `R` says.
#[derive(Debug)]
pub struct Caller<R: Right = Known> {
    pub identity: Arc<Identity>,
    /// As in the log and in `X-Request-Id`.
    pub request_id: String,
    right: PhantomData<R>,
}

impl<R: Right> Caller<R> {
    pub fn name(&self) -> &Username {
        &self.identity.name
    }

    pub fn is_admin(&self) -> bool {
        self.identity.rights.admin
    }

    /// Whether everybody's things may be seen, not only one's own.
    pub fn reads_all(&self) -> bool {
        self.identity.rights.read
    }

    /// As the audit names who did something.
    pub fn actor(&self) -> Actor {
        actor(&self.identity)
    }

    /// Who calls, as the desk knows people.
    pub fn acting(&self) -> Acting {
        Acting {
            is_service: self.identity.kind == Kind::Service,
            name: self.name().clone(),
            hub_groups: self.identity.groups.clone(),
            reads_all: self.reads_all(),
            organises: self.identity.rights.events,
            administers: self.is_admin(),
            actor: self.actor(),
            token: self.identity.token_id.clone(),
            request_id: Some(self.request_id.clone()),
        }
    }
}

/// As the audit names somebody whom the hub told us of.
pub fn actor(identity: &Identity) -> Actor {
    match identity.kind {
        Kind::User => Actor::User(identity.name.clone()),
        Kind::Service => Actor::Service(identity.name.to_string()),
    }
}

impl<R: Right> FromRequest for Caller<R> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        let admission = Admission::default();
        request.extensions_mut().insert(admission.clone());
        Box::pin(async move {
            let identity = identify::<R>(&request).await?;
            observe::found(&request, &identity, R::SCOPE == Resolves::SCOPE)?;
            if let (Kind::User, Some(desk)) = (identity.kind, request.app_data::<web::Data<Desk>>()) {
                desk.must_be_of_the_account(&identity.name, identity.made_at).await?;
            }
            admission.admit();
            let request_id = request.extensions().get::<RequestId>().map(ToString::to_string);
            Ok(Self { identity, request_id: request_id.unwrap_or_default(), right: PhantomData })
        })
    }
}

/// Whether the caller was let in, and who waits for it.
#[derive(Clone, Default)]
struct Admission(Rc<(Cell<bool>, Cell<Option<Waker>>)>);

impl Admission {
    fn admit(&self) {
        self.0.0.set(true);
        if let Some(waiting) = self.0.1.take() {
            waiting.wake();
        }
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        if self.0.0.get() {
            return Poll::Ready(());
        }
        self.0.1.set(Some(cx.waker().clone()));
        Poll::Pending
    }
}

/// Waits until the caller is let in, where the handler takes a [`Caller`] first; for good if it is not.
///
/// actix polls a handler's extractors side by side. One that waits for this looks at nothing a
/// stranger sent, and answers no 400 in place of the 401.
pub fn after_the_caller(request: &HttpRequest) -> impl Future<Output = ()> + 'static {
    let admission = request.extensions().get::<Admission>().cloned();
    async move {
        if let Some(admission) = admission {
            poll_fn(|cx| admission.poll(cx)).await;
        }
    }
}

/// The token of a caller who was let in, among the request's extensions: for what the hub does in their name.
#[derive(Debug, Clone)]
pub struct OnBehalf(pub Secret);

/// What log lines of one token have in common, among the request's extensions: see [`Key::mark`].
#[derive(Debug, Clone)]
pub struct Mark(pub String);

/// How somebody said who they are.
pub struct Presented {
    /// A token of the hub.
    pub token: String,
    /// Where a session of ours holds the token: the hub's session in the same browser, by its cookie.
    /// None for a token that was sent itself.
    pub session: Option<Option<String>>,
}

async fn identify<R: Right>(request: &HttpRequest) -> Result<Arc<Identity>, Problem> {
    let gate = request
        .app_data::<web::Data<Gate>>()
        .ok_or_else(|| Problem::internal("nobody can be recognised here"))?;
    // A header wins, and cookies are then ignored: identities never merge.
    let presented = match in_header(request)? {
        Some(token) => Some(Presented { token, session: None }),
        None => session::presented(request, gate).await?,
    };
    if let Some(presented) = &presented {
        request.extensions_mut().insert(Mark(gate.key.mark(&presented.token)));
    }
    let for_plugin = R::SCOPE == Resolves::SCOPE;
    if let Some(Presented { token, session: None }) = &presented
        && gate.secrets.contain(token)
    {
        return if for_plugin {
            let told = request.headers().get(REGISTRATION).and_then(|told| told.to_str().ok());
            gate.hub.iter().zip(told).for_each(|(hub, told)| hub.learn(told));
            Ok(Arc::new(plugin()))
        } else {
            Err(Problem::forbidden("the plugin's secret opens hub/form and hub/resolve, and nothing else"))
        };
    }
    let Some(hub) = &gate.hub else {
        return Err(if for_plugin {
            Problem::unauthenticated("send `Authorization: Bearer` with the secret of the hub's plugin")
        } else {
            Problem::sign_in_not_configured("set hub.api_url and hub.api_token_file in the service's file")
        });
    };
    let presented = presented.ok_or_else(|| {
        Problem::unauthenticated("send `Authorization: Bearer` with a token of the hub, or sign in")
    })?;
    let known = known(hub, request, &presented).await;
    if known.as_ref().is_err_and(|problem| problem.status == 401) {
        session::forget(request).await;
    }
    let identity = known?;
    if R::held(identity.rights) {
        request.extensions_mut().insert(OnBehalf(Secret::new(presented.token)));
        Ok(identity)
    } else {
        Err(Problem::forbidden(format!("this needs the scope {}", R::SCOPE.unwrap_or_default())))
    }
}

/// Who it is by the hub, and that the token opens this service.
async fn known(
    hub: &Arc<Hub>,
    request: &HttpRequest,
    presented: &Presented,
) -> Result<Arc<Identity>, Problem> {
    let token = presented.token.as_str();
    let own = hub.settings.api_token.reveal().as_bytes();
    if token.as_bytes().ct_eq(own).into() {
        return Err(Problem::unauthenticated("the service's own token is nobody's to call with"));
    }
    let freshness = if request.method().is_safe() { Freshness::Recent } else { Freshness::Now };
    let session = presented.session.as_ref().and_then(Option::as_deref);
    let identity = hub.identify(token, session, freshness).await?;
    // Whoever is refused from here on is known: the audit says who it was.
    request.extensions_mut().insert(identity.clone());
    if presented.session.is_some() && (session.is_none() || identity.session_id.as_deref() != session) {
        return Err(Problem::unauthenticated("the session at the hub has ended: sign in again"));
    }
    if !identity.admitted {
        let scope = format!("access:services!service={}", hub.settings.service);
        return Err(Problem::forbidden(format!("this token does not open this service: it needs {scope}")));
    }
    Ok(identity)
}

/// The token of the one `Authorization` header; none without a header.
fn in_header(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = match (headers.next(), headers.next()) {
        (None, _) => return Ok(None),
        (Some(header), None) => header,
        (Some(_), Some(_)) => return Err(Problem::malformed("send one Authorization header")),
    };
    let token = header.to_str().ok().and_then(|header| header.split_once(' ')).and_then(|(scheme, token)| {
        let known = ["bearer", "token"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        let token = token.trim();
        (known && !token.is_empty() && token.len() <= LONGEST && !token.contains(' ')).then_some(token)
    });
    token.map(|token| Some(token.to_owned())).ok_or_else(|| {
        Problem::unauthenticated("send `Authorization: Bearer` and a token, with one space between")
    })
}

/// Where the plugin tells how the hub is set up, see [`crate::hub::report::Registration`].
const REGISTRATION: &str = "x-presets-registration";

/// Tokens of the hub have 32 characters; nobody's has more than this.
const LONGEST: usize = 1_024;

fn plugin() -> Identity {
    Identity {
        kind: Kind::Service,
        name: Username::try_from("hub").expect("a name"),
        admitted: true,
        rights: Rights { resolve: true, ..Rights::NONE },
        groups: vec![],
        made_at: None,
        token_id: None,
        session_id: None,
    }
}

impl From<Unidentified> for Problem {
    fn from(why: Unidentified) -> Self {
        match why {
            Unidentified::Unknown => {
                Self::unauthenticated("the hub does not know this token: it may have expired or been revoked")
            }
            Unidentified::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        tracing::warn!("{trouble}");
        Self::hub_away("the hub cannot say who is calling just now; try again in a moment")
    }
}
