//! One keep-alive connection, and what goes over it.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    rc::Rc,
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Method, StatusCode,
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
    header,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpSocket;

use crate::Failure;

/// A request, to be sent as often as one likes.
#[derive(Clone)]
pub struct Request {
    method: Method,
    path: Rc<str>,
    token: Option<Rc<str>>,
    headers: Vec<(&'static str, Rc<str>)>,
    body: Option<Bytes>,
}

impl Request {
    /// A GET.
    pub fn get(path: &str) -> Self {
        Self::of(Method::GET, path, None)
    }

    /// A POST of a JSON document.
    pub fn post(path: &str, document: &serde_json::Value) -> Self {
        Self::of(Method::POST, path, Some(document))
    }

    /// A PUT of a JSON document, whatever version stands there.
    pub fn put(path: &str, document: &serde_json::Value) -> Self {
        Self::of(Method::PUT, path, Some(document)).header("if-match", "*")
    }

    fn of(method: Method, path: &str, document: Option<&serde_json::Value>) -> Self {
        let body = document.map(|document| Bytes::from(document.to_string()));
        Self { method, path: path.into(), token: None, headers: Vec::new(), body }
    }

    /// With one more header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a bearer token.
    pub fn token(self, token: &Rc<str>) -> Self {
        Self { token: Some(Rc::clone(token)), ..self }
    }
}

/// An answer.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Whether it says when to come again.
    pub retry_after: bool,
    /// Its body.
    pub body: Bytes,
}

/// A connection, opened when it is first used, and again after the server has closed it.
pub struct Connection {
    own: IpAddr,
    address: SocketAddr,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// A connection to come.
    pub fn new(address: SocketAddr) -> Self {
        Self::from(IpAddr::V4(Ipv4Addr::LOCALHOST), address)
    }

    /// A connection to come from an address of its own; every 127.0.0.0/8 is this machine.
    pub fn from(own: IpAddr, address: SocketAddr) -> Self {
        Self { own, address, sender: None }
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&mut self, request: &Request) -> Result<Answer, Failure> {
        let answer = self.attempt(request).await;
        if answer.is_err() {
            self.sender = None;
        }
        answer
    }

    async fn attempt(&mut self, request: &Request) -> Result<Answer, Failure> {
        let sender = match &mut self.sender {
            Some(sender) if !sender.is_closed() => sender,
            closed => closed.insert(connect(self.own, self.address).await?),
        };
        let Request { method, path, token, headers, body } = request;
        let mut message = hyper::Request::builder()
            .method(method)
            .uri(path.as_ref())
            .header(header::HOST, "127.0.0.1")
            .header(header::ACCEPT, "application/json");
        if let Some(token) = token {
            message = message.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            message = message.header(*name, value.as_ref());
        }
        if body.is_some() {
            message = message.header(header::CONTENT_TYPE, "application/json");
        }
        sender.ready().await?;
        let response =
            sender.send_request(message.body(Full::new(body.clone().unwrap_or_default()))?).await?;
        let (status, retry_after) = (response.status(), response.headers().contains_key(header::RETRY_AFTER));
        let body = response.into_body().collect().await?.to_bytes();
        Ok(Answer { status, retry_after, body })
    }
}

async fn connect(own: IpAddr, address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, Failure> {
    // Load goes to this machine and nowhere else.
    if !address.ip().is_loopback() {
        return Err(format!("{address} is not on loopback").into());
    }
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(own, 0))?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends with its sender; what went wrong on it the sender has been told.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}
