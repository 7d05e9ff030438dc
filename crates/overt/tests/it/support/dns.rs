//! A name server on loopback that knows what a test tells it.

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, MX, PTR, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// Answers until it is dropped.
pub(crate) struct Dns {
    pub(crate) at: SocketAddr,
    task: JoinHandle<()>,
}

impl Dns {
    /// Who takes the mail of which domain, the first one to be tried first, and where that server is. Every other name does not exist.
    pub(crate) async fn start(zone: &[(&'static str, &[(&'static str, Ipv4Addr)])]) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut records = Vec::new();
        for (domain, servers) in zone {
            for (place, (server, address)) in servers.iter().enumerate() {
                let full = |name: &str| format!("{name}.").parse::<Name>().unwrap();
                let (domain, server) = (full(domain), full(server));
                let mx = MX::new(place as u16 * 10, server.clone());
                records.push(Record::from_rdata(domain, 60, RData::MX(mx)));
                records.push(Record::from_rdata(server, 60, RData::A(A(*address))));
            }
        }
        // The one to be tried first comes last, so that only its number tells.
        records.reverse();
        Self::serving(socket, records)
    }

    /// Texts at names, addresses of hosts, and the names of those addresses.
    pub(crate) async fn with(
        texts: &[(&str, &str)],
        hosts: &[(&str, Ipv4Addr)],
        names: &[(Ipv4Addr, &str)],
    ) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let full = |name: &str| format!("{name}.").parse::<Name>().unwrap();
        let text = |(name, text): &(&str, &str)| {
            let pieces = text.as_bytes().chunks(200);
            let pieces = pieces.map(|piece| String::from_utf8(piece.to_vec()).unwrap());
            Record::from_rdata(full(name), 60, RData::TXT(TXT::new(pieces.collect())))
        };
        let host = |(name, address): &(&str, Ipv4Addr)| {
            Record::from_rdata(full(name), 60, RData::A(A(*address)))
        };
        let name = |(address, name): &(Ipv4Addr, &str)| {
            let [a, b, c, d] = address.octets();
            let at = full(&format!("{d}.{c}.{b}.{a}.in-addr.arpa"));
            Record::from_rdata(at, 60, RData::PTR(PTR(full(name))))
        };
        let records = texts.iter().map(text).chain(hosts.iter().map(host));
        let records = records.chain(names.iter().map(name)).collect();
        Self::serving(socket, records)
    }

    fn serving(socket: UdpSocket, records: Vec<Record>) -> Self {
        let at = socket.local_addr().unwrap();
        let task = tokio::spawn(serve(socket, records));
        Self { at, task }
    }
}

async fn serve(socket: UdpSocket, records: Vec<Record>) {
    let mut datagram = [0; 4_096];
    loop {
        let (length, from) = socket.recv_from(&mut datagram).await.unwrap();
        let asked = Message::from_vec(&datagram[..length]).unwrap();
        let query = asked.queries[0].clone();
        let mut answer = asked.clone();
        answer.metadata.message_type = MessageType::Response;
        answer.metadata.recursion_available = true;
        let of_name = || records.iter().filter(|record| record.name == query.name);
        if of_name().next().is_none() {
            answer.metadata.response_code = ResponseCode::NXDomain;
        }
        let fitting = of_name().filter(|record| record.record_type() == query.query_type);
        answer.answers = fitting.cloned().collect();
        let bytes = answer.to_vec().unwrap();
        socket.send_to(&bytes, from).await.unwrap();
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.task.abort();
    }
}
